"""What callers see of conversions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

import msgspec

from fidelia.platform.http import Body

#: How a conversion found its message: by the message's token, or by what the person did last.
By = Literal["token", "click", "open", "delivery"]
Way = Literal["click", "open", "delivery"]
Kind = Literal["goal", "order"]
WAYS: tuple[Way, ...] = ("click", "open", "delivery")


class Attribution(msgspec.Struct, frozen=True):
    """How what has no token is attributed: by the first of ``ways`` that happened in the ``window_days`` before."""

    window_days: int
    ways: list[Way]


class AttributionIn(Body, frozen=True):
    """What holds from now on; what was attributed stays."""

    window_days: Annotated[int, msgspec.Meta(ge=1, le=90)]
    ways: Annotated[tuple[Way, ...], msgspec.Meta(min_length=1, max_length=3)]


class Message(NamedTuple):
    """A message of the ledger."""

    run: int
    profile: int
    occasion: int


class Touch(NamedTuple):
    """Something that happened with a message of somebody."""

    way: Way
    at: datetime
    message: Message


class Occurred(msgspec.Struct, frozen=True, kw_only=True):
    """A goal or an order that may be the doing of a message."""

    profile: int
    event_id: str
    kind: Kind
    at: datetime
    goal: str = ""
    order_id: int | None = None
    value: Decimal | None = None
    currency: str | None = None
    token: str = ""


class Conversion(msgspec.Struct, frozen=True):
    """What occurred, which message led to it, and how that is known."""

    what: Occurred
    message: Message
    by: By
    touched_at: datetime


class Revenue(msgspec.Struct, frozen=True):
    """An amount of one currency, as a decimal text."""

    currency: str
    amount: str


class ConversionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """So many conversions of so many recipients; ``value`` is the sum of values that are no money."""

    people: int
    count: int
    revenue: list[Revenue]
    value: str | None


class GoalConversions(msgspec.Struct, frozen=True, kw_only=True):
    """Conversions to one goal, or orders (``goal`` is empty)."""

    kind: Kind
    goal: str
    name: str
    figures: ConversionFigures


class ByConversions(msgspec.Struct, frozen=True):
    """Conversions that found their message in one way."""

    by: By
    figures: ConversionFigures


class MailingConversions(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has led to. ``rate`` is recipients who converted of those it was delivered to."""

    run_id: int | None
    as_of: datetime
    attribution: Attribution
    by_way: list[By]
    within_days: int | None
    total: ConversionFigures
    rate: float | None
    goals: list[GoalConversions]
    by: list[ByConversions]
