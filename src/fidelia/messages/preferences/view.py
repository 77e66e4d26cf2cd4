"""The preference centre as a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fidelia import profiles

from . import fields, html
from .html import esc
from .words import Words, day, words


def masked(email: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it: a mail may be passed on."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


def render(
    person: profiles.PersonPage,
    *,
    note: str = "",
    bad: bool = False,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    sample: bool = False,
) -> str:
    """Return the page. ``typed`` and ``errors`` are of a form that could not be saved."""
    say = words(person.language)
    center = person.center
    parts = []
    if person.email:
        parts.append(f'<p class="soft">{esc(say("for", email=masked(person.email)))}</p>')
    if center.intro:
        parts.append(f"<p>{esc(center.intro)}</p>")
    if note:
        parts.append(html.message(note, bad=bad))
    elif person.left_everything:
        parts.append(html.message(say("left")))
    parts.append(f"<h2>{esc(say('hear'))}</h2>")
    parts += [_choice(say, n, choice) for n, choice in enumerate(person.choices)]
    if not person.choices:
        parts.append(f"<p>{esc(say('hear_nothing'))}</p>")
    parts.append(_details(say, person, typed or {}, errors or {}))
    if not person.left_everything:
        parts.append(html.form(html.button(say("leave_all"), "leave_all", plain=True), kind="last"))
    return html.frame(
        person.language,
        center.title or say("title"),
        "".join(parts),
        logo=center.logo_text,
        say=say if sample else None,
    )


def _choice(say: Words, number: int, choice: profiles.Choice) -> str:
    until = day(say, choice.paused_until) if choice.paused_until else ""
    state = say(choice.state, date=until) if choice.state == "paused" else say(choice.state)
    channel = say(f"channel_{choice.channel}")
    about = f'<p class="soft">{esc(choice.description)}</p>' if choice.description else ""
    buttons = _buttons(say, number, choice)
    if buttons:
        sent = html.hidden(resource=choice.resource_id, channel=choice.channel)
        buttons = html.form(f'{sent}<div class="row">{buttons}</div>')
    return (
        f'<section class="card"><h3>{esc(choice.name)}</h3>{about}'
        f'<p><strong>{esc(state)}</strong> <span class="soft">· {esc(channel)}</span></p>{buttons}</section>'
    )


def _buttons(say: Words, number: int, choice: profiles.Choice) -> str:
    leave = html.button(say("leave"), "leave", plain=True, about=choice.name)
    if choice.state == "subscribed":
        pairs = [(str(n), say("days", n=n)) for n in profiles.PAUSES]
        label = f'<label class="hidden" for="days-{number}">{esc(say("pause_for", name=choice.name))}</label>'
        pick = f'{label}<select id="days-{number}" name="days">{html.options(pairs, "30")}</select>'
        return pick + html.button(say("pause"), "pause", about=choice.name) + leave
    if choice.state == "paused":
        return html.button(say("resume"), "resume", about=choice.name) + leave
    if choice.state == "unconfirmed":
        return html.button(say("again"), "again", about=choice.name) + leave
    if choice.state == "unsubscribed":
        return html.button(say("join"), "join", about=choice.name)
    return ""


def _details(say: Words, person: profiles.PersonPage, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    if not person.fields:
        return ""
    allowed = {field.name for field in person.fields} & {f.name for f in person.center.fields if f.editable}
    rows = []
    for field in person.fields:
        value = person.values.get(field.name)
        if field.name in allowed and profiles.can_edit(field):
            text = typed.get(field.name, fields.as_text(value))
            first = field.name == next(iter(errors), "")
            rows.append(fields.control(say, field, text, errors.get(field.name), focus=first))
        else:
            own = masked(value) if field.name == "email" and value else fields.shown(say, field, value)
            rows.append(f'<div class="field"><strong>{esc(fields.label_of(say, field))}</strong><br>{esc(own)}</div>')
    can_save = any(profiles.can_edit(field) for field in person.fields if field.name in allowed)
    made = "".join(rows) + (html.button(say("save"), "save") if can_save else "")
    return (
        f"<h2>{esc(say('details'))}</h2>{html.form(made, kind='card') if can_save else f'<div class=card>{made}</div>'}"
    )


def ask_to_leave(person: profiles.PersonPage, choice: profiles.Choice | None, *, sample: bool = False) -> str:
    """Return the question before leaving: one resource, or everything."""
    say = words(person.language)
    if choice is None:
        title, text, action, sent = say("leave_all_sure"), say("leave_all_text"), "leave_all", html.hidden(sure=1)
    else:
        title, text, action = say("leave_sure", name=choice.name), say("leave_text"), "leave"
        sent = html.hidden(resource=choice.resource_id, channel=choice.channel, sure=1)
    go = html.button(say("leave_all" if choice is None else "leave"), action)
    keep = html.form(html.button(say("keep"), "keep", plain=True))
    body = f'<p>{esc(text)}</p><div class="row">{html.form(sent + go)}{keep}</div>'
    return html.frame(person.language, title, body, logo=person.center.logo_text, say=say if sample else None)


def plain(language: str, title: str, text: str) -> str:
    """Return a page that only says something."""
    say = words(language)
    return html.frame(language or "en", say(title), f"<p>{esc(say(text))}</p>")


def sample_page(center: profiles.PreferenceCenter, found: list[profiles.Field], now: datetime) -> profiles.PersonPage:
    """Return the page of somebody who does not exist, to look at."""
    values = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "city": "London"}

    def choice(number: int, name: str, state: profiles.ChoiceState, until: datetime | None = None) -> profiles.Choice:
        return profiles.Choice(
            resource_id=number,
            name=name,
            description="",
            channel="email",
            contact="ada@example.com",
            state=state,
            paused_until=until,
        )

    return profiles.PersonPage(
        database_id=center.database_id,
        profile_id=0,
        version=0,
        language=center.language,
        email="ada@example.com",
        left_everything=False,
        center=center,
        fields=found,
        values=values,
        choices=[
            choice(1, "News", "subscribed"),
            choice(2, "Offers", "paused", now),
            choice(3, "Events", "unsubscribed"),
        ],
    )
