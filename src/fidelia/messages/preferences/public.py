"""Routes of the preference centre, open to whoever has a signed link. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from fidelia import profiles
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..service.outlet import signer
from ..tracking.edge import PAGE, Limits, address_of, form_of, from_elsewhere, page
from ..tracking.http import run_of
from . import fields, view
from .words import day, words

log = structlog.get_logger(__name__)

#: Within a minute: links from one address that are not ours, and presses of one person.
MOST_GUESSES = 30
MOST_PRESSES = 60
Form = Mapping[str, Sequence[str]]


async def person_of(tx: Tx, engines: Engines, token: str) -> tuple[profiles.PersonPage, bool] | None:
    """Return the page that a link leads to and whether it is only a sample; ``None`` for every other link.

    A link of a mail, one handed out for a person, and a sample are read alike. Whoever was merged is found as who they
    are now; an erased person's link is as unknown as a guessed one.
    """
    signs = await signer(engines)
    sample = signs.read("s", token)
    if sample is not None:
        return await _sample(tx, sample.run)
    direct = signs.read("e", token)
    if direct is not None:
        found = await profiles.person_page(tx, direct.run, direct.profile)
    else:
        known = await run_of(engines, "p", token)
        found = await profiles.person_page(tx, known[1].database_id, known[0].profile) if known else None
    return (found, False) if found is not None else None


async def _sample(tx: Tx, database_id: int) -> tuple[profiles.PersonPage, bool] | None:
    try:
        center = await profiles.preference_center(tx, database_id)
        database = await profiles.get_database(tx, database_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        return None
    found = [field for shown in center.fields if (field := database.field(shown.name)) is not None]
    return view.sample_page(center, found, tx.now), True


def guard(engines: Engines, request: Request[Any, Any, Any]) -> Response[str] | None:
    """Answer 429 to an address that tries links."""
    if Limits.of(engines).seen("guess", address_of(request)) > MOST_GUESSES:
        return slow()
    return None


def unknown(engines: Engines, request: Request[Any, Any, Any]) -> Response[str]:
    """Answer a link that leads nowhere, the same for every reason, and count it."""
    Limits.of(engines).count("guess", address_of(request))
    return page(view.plain("en", "unknown_title", "unknown_text"), 404)


def slow() -> Response[str]:
    """Answer whoever comes too often."""
    return page(view.plain("en", "slow_title", "slow_text"), 429, {**PAGE, "Retry-After": "60"})


class PreferenceController(Controller):
    """What somebody hears from us, and what we know of them."""

    path = "/t/p"
    tags = ("Tracking",)
    opt = {"public": True}

    @get("/{token:str}", summary="Preference centre", media_type="text/html")
    async def preferences(
        self, request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: FromPath[str]
    ) -> Response[str]:
        """Show what somebody is subscribed to, and their details."""
        found = await _entered(request, tx, engines, token)
        return found if isinstance(found, Response) else page(view.render(found[0], sample=found[1]))

    @post("/{token:str}", summary="Change preferences", status_code=200, media_type="text/html")
    async def change_preferences(
        self, request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: FromPath[str]
    ) -> Response[str]:
        """Save details; pause, resume, leave or join a resource; leave everything (each leaving is asked once more)."""
        found = await _entered(request, tx, engines, token)
        if isinstance(found, Response):
            return found
        person, sample = found
        form = await form_of(request)
        if Limits.of(engines).count("press", (person.database_id, person.profile_id)) > MOST_PRESSES:
            return slow()
        action, choice = _one(form, "action"), _choice(person, form)
        if (action == "leave_all" or (action == "leave" and choice is not None)) and not _one(form, "sure"):
            return page(view.ask_to_leave(person, choice if action == "leave" else None, sample=sample))
        if sample or from_elsewhere(request):
            return page(view.render(person, sample=sample))
        if action == "save":
            return await _save(tx, person, form)
        note, bad = await _act(tx, person, action, choice, form, address_of(request))
        now = await profiles.person_page(tx, person.database_id, person.profile_id)
        return page(view.render(now or person, note=note, bad=bad))


async def _entered(
    request: Request[Any, Any, Any], tx: Tx, engines: Engines, token: str
) -> tuple[profiles.PersonPage, bool] | Response[str]:
    """Return the page that a link leads to, or the answer to whoever does not get in."""
    if (refused := guard(engines, request)) is not None:
        return refused
    return await person_of(tx, engines, token) or unknown(engines, request)


def _one(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _choice(person: profiles.PersonPage, form: Form) -> profiles.Choice | None:
    """Return what a button is about: only what stands on the person's own page."""
    wanted = (_one(form, "resource"), _one(form, "channel"))
    return next((c for c in person.choices if (str(c.resource_id), c.channel) == wanted), None)


async def _save(tx: Tx, person: profiles.PersonPage, form: Form) -> Response[str]:
    say = words(person.language)
    database = await profiles.get_database(tx, person.database_id)
    allowed = profiles.editable(database, person.center)
    typed, changed, errors = fields.read(allowed, person.values, form)
    if not errors and changed:
        errors = await profiles.choices.change_fields(tx, database, person.center, person.profile_id, changed)
    if errors:
        beside = fields.errors_by_field(say, person.language, errors)
        return page(view.render(person, note=say("wrong"), bad=True, typed=typed, errors=beside), 422)
    now = await profiles.person_page(tx, person.database_id, person.profile_id)
    return page(view.render(now or person, note=say("saved")))


@dataclass(frozen=True)
class _Press:
    """A button that was pressed: whose, about what, and what came with it."""

    tx: Tx
    person: profiles.PersonPage
    choice: profiles.Choice
    form: Form
    ip: str

    @property
    def what(self) -> tuple[Tx, int, int, int, str]:
        """Return what the rules of the buttons take."""
        choice = self.choice
        return self.tx, self.person.database_id, self.person.profile_id, choice.resource_id, choice.channel


async def _act(
    tx: Tx, person: profiles.PersonPage, action: str, choice: profiles.Choice | None, form: Form, ip: str
) -> tuple[str, bool]:
    """Do what a button says; return what to tell and whether it is bad news.

    A button that the page does not have, or has no more since another window changed it, does nothing.
    """
    say = words(person.language)
    if action == "leave_all":
        await profiles.choices.leave_everything(tx, person.database_id, person.profile_id)
        return say("done_leave_all"), False
    states, act = _BUTTONS.get(action, ((), None))
    if choice is None or act is None or choice.state not in states:
        return "", False
    key, bad = await act(_Press(tx, person, choice, form, ip))
    if key == "done_pause":
        until = tx.now + timedelta(days=_days(form) or 0)
        return say(key, name=choice.name, date=day(say, until)), bad
    return (say(key, name=choice.name) if key else ""), bad


def _days(form: Form) -> int | None:
    return next((n for n in profiles.PAUSES if str(n) == _one(form, "days")), None)


async def _pause(press: _Press) -> tuple[str, bool]:
    days = _days(press.form)
    done = days is not None and await profiles.choices.pause(*press.what, days)
    return ("done_pause" if done else ""), False


async def _resume(press: _Press) -> tuple[str, bool]:
    await profiles.choices.resume(*press.what)
    return "done_resume", False


async def _leave(press: _Press) -> tuple[str, bool]:
    await profiles.choices.leave(*press.what)
    return "done_leave", False


async def _join(press: _Press) -> tuple[str, bool]:
    became = await profiles.choices.join(*press.what, press.ip)
    return {"unconfirmed": ("done_asked", False), "subscribed": ("done_join", False)}.get(became, ("blocked", True))


async def _again(press: _Press) -> tuple[str, bool]:
    try:
        await profiles.choices.ask_person_again(*press.what[:4])
    except Problem as exc:
        log.info("a confirmation was not sent again", resource=press.choice.resource_id, reason=exc.detail)
        return ("asked_enough" if exc.status == 429 else "blocked"), True
    return "done_asked", False


_Act = Callable[[_Press], Awaitable[tuple[str, bool]]]
#: What each button does, and the states in which the page shows it.
_BUTTONS: Mapping[str, tuple[Sequence[str], _Act]] = {
    "pause": (("subscribed",), _pause),
    "resume": (("paused",), _resume),
    "leave": (("subscribed", "paused", "unconfirmed"), _leave),
    "join": (("unsubscribed",), _join),
    "again": (("unconfirmed",), _again),
}
