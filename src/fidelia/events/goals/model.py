"""What callers see of goals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from fidelia.platform.postgres import Tx

#: Name of the port that reads tokens of messages; without one no token is known.
MESSAGES = "events.goal_messages"

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class PageVisited(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="address", tag_field="when"):
    """The address of a page contains a text, in whatever case; reached once a page."""

    contains: _Text


class TimeSpent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="seconds", tag_field="when"):
    """Somebody stayed on a page for so many seconds; with ``contains`` only where the address contains it."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)]
    contains: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Scrolled(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="scroll", tag_field="when"):
    """Somebody scrolled so far down a page; with ``contains`` only where the address contains it."""

    percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    contains: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Clicked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="click", tag_field="when"):
    """Somebody clicked on what a CSS selector finds; with ``contains`` only where the address contains it."""

    selector: _Text
    contains: Annotated[str, msgspec.Meta(max_length=300)] = ""


GoalCondition = PageVisited | TimeSpent | Scrolled | Clicked


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that visitors shall do. ``key`` is its name in code; with a ``currency`` its values count as money."""

    id: int
    database_id: int
    key: str
    name: str
    description: str
    default_value: str | None
    currency: str | None
    conditions: list[GoalCondition]
    active: bool
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class GoalCount(msgspec.Struct, frozen=True):
    """How often a goal was reached, by how many people, and what it was worth, in so many days."""

    days: int
    count: int
    people: int
    value: float | None


class GoalFigures(msgspec.Struct, frozen=True):
    """What happened with one goal lately. ``last_at`` is null when it was never reached."""

    goal_id: int
    last_at: datetime | None
    counts: list[GoalCount]


class GoalMessage(msgspec.Struct, frozen=True):
    """A message that a token is of: whose it was, of which mailing, and of which campaign, if of one."""

    profile: int
    mailing: int
    template: int
    channel: str
    campaign: int | None = None


#: Returns the messages of a database by the tokens that are valid: ``(tx, database_id, tokens)``.
ReadMessages = Callable[[Tx, int, Collection[str]], Awaitable[Mapping[str, GoalMessage]]]


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that somebody says was reached, before anything of it is checked."""

    goal: str
    value: Any = None
    message: str = ""
    url: str = ""
    properties: Mapping[str, Any] = {}
