"""What others see of returned mail."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Source = Literal["smtp", "api", "provider"]
Outcome = Literal["bounced", "complained", "ignored", "unmatched", "unreadable"]
OUTCOMES = ("bounced", "complained", "ignored", "unmatched", "unreadable")


class ReturnedMail(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came back, and what became of it.

    ``ignored``: a delay, an automatic reply, or something told before. ``unmatched``: it names no mail of ours.
    ``unreadable``: a person has to look. ``hard`` is null for what is no bounce.
    """

    id: int
    received_at: datetime
    source: Source
    outcome: Outcome
    hard: bool | None
    code: str
    reason: str
    run_id: int | None
    mailing_id: int | None
    mailing_name: str | None
    database_id: int | None
    profile_id: int | None
    sender: str
    subject: str
    size: int


class ReturnedMailDetail(ReturnedMail, frozen=True, kw_only=True):
    """With what came in, as text; null where it was understood and not kept. Show it as text only."""

    content: str | None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of something that was handed in."""

    id: int
    outcome: Outcome
    reason: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came back, in a mail or by a provider's call, before anything is known to be ours."""

    outcome: Literal["bounced", "complained", "ignored", "unreadable"]
    tokens: tuple[str, ...] = ()
    hard: bool = False
    why: str = "other"
    code: str = ""
    detail: str = ""
    addresses: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""
    size: int = 0
    content: bytes | None = None
