"""The few pages that recipients see without their preferences: in the words and the frame of the preference centre."""

from __future__ import annotations

from dataclasses import dataclass

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..preferences import html
from ..preferences.html import esc
from ..preferences.words import words


@dataclass(frozen=True)
class Look:
    """The language that a page speaks, and the text above it."""

    language: str = "en"
    logo: str = ""


async def look_of(tx: Tx, database_id: int, profile_id: int) -> Look:
    """Return how the pages of somebody look; of nobody, in English."""
    person = await profiles.person_page(tx, database_id, profile_id)
    return Look(person.language, person.center.logo_text) if person is not None else Look()


def confirm(look: Look, sender: str) -> str:
    """Ask before leaving: a program that only looks at the link must not unsubscribe anybody."""
    say = words(look.language)
    press = html.form(f'<div class="row">{html.button(say("leave"), "leave")}</div>')
    body = f"<p>{esc(say('sender_leave_text', name=sender))}</p>{press}"
    return html.frame(look.language, say("sender_leave_sure"), body, logo=look.logo)


def done(look: Look, sender: str) -> str:
    """Say that it is done."""
    return _plain(look, "sender_left_title", "sender_leave_text", name=sender)


def unknown() -> str:
    """Say that a link is not one of ours, or is cut off."""
    return _plain(Look(), "unknown_title", "unknown_text")


def cannot_show(look: Look) -> str:
    """Say that a message can no longer be shown."""
    return _plain(look, "gone_title", "gone_text")


def _plain(look: Look, title: str, text: str, **values: object) -> str:
    say = words(look.language)
    return html.frame(look.language, say(title), f"<p>{esc(say(text, **values))}</p>", logo=look.logo)
