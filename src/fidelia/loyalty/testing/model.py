"""What is asked on the test page, and what it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.conditions import Verdict
from fidelia.platform.http import Body

from ..orders import Calculated, DraftLine

Mode = Literal["priority", "best"]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Number = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "12.50"')]
Versions = Annotated[dict[int, int], msgspec.Meta(max_length=50)]


class InventedParticipant(Body, frozen=True, kw_only=True):
    """Somebody made up: ``fields`` of a profile, ``points`` by type, ``levels`` by level group, ``segments``.

    ``orders`` is how many orders came before this one.
    """

    member: bool = True
    fields: dict[str, Any] = {}
    points: dict[str, Number] = {}
    levels: dict[str, Text] = {}
    segments: Annotated[list[int], msgspec.Meta(max_length=1000)] = []
    orders: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class TestOrder(Body, frozen=True, kw_only=True):
    """A basket to be tried: for a ``profile`` (or found by ``match``), a made-up ``participant``, or nobody known.

    ``at`` is the moment, now without it. ``mode`` is the program's without it. ``versions`` are those (a number by
    promotion) that are taken as if they were in force and active: drafts, or others than those of the moment.
    """

    __test__ = False  # no test of pytest's

    lines: Annotated[list[DraftLine], msgspec.Meta(min_length=1, max_length=500)]
    profile: int | None = None
    match: dict[str, Any] | None = None
    participant: InventedParticipant | None = None
    at: datetime | None = None
    mode: Mode | None = None
    versions: Versions = {}
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    channel: Text = ""
    touchpoint: Text | None = None
    region: Text | None = None
    payment: Text | None = None
    delivery: Number = "0"
    tags: list[Text] = []
    properties: dict[str, Any] = {}
    promo_codes: Annotated[list[Text], msgspec.Meta(max_length=20)] = []
    redeem: dict[str, Number] = {}


class OtherMode(msgspec.Struct, frozen=True):
    """What the other way to choose between promotions would give; ``applied`` are the promotions it applies.

    It is worth ``more`` to the customer (less below nought): discounts, gifts of a stated worth, and points earned, as
    far as they are worth something in the order's currency. ``points`` are those that it gives more, or less, by type.
    """

    __test__ = False

    mode: Mode
    final: str
    accrue: dict[str, str]
    applied: list[int]
    differs: bool
    more: str
    points: dict[str, str]


class TestedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A basket worked out, and how long the calculation took."""

    __test__ = False

    at: datetime
    mode: Mode
    took_ms: float
    result: Calculated
    other: OtherMode


class WhyAsked(TestOrder, frozen=True, kw_only=True):
    """A basket, and the ``promotion`` whose conditions are to be explained."""

    promotion: int


class WhyLine(msgspec.Struct, frozen=True):
    """Whether a line fits the products of a promotion: verdicts on every node, parents first."""

    line: str
    sku: str
    name: str | None
    holds: bool
    rules: list[Verdict]


class TestWhy(msgspec.Struct, frozen=True, kw_only=True):
    """Why a promotion fits a basket or not: its conditions with what each rule saw.

    ``condition`` is all that the order must meet (the promotion's own rules, its hours, its order segment), null for
    every order; ``rules`` are the verdicts on its nodes, parents first. ``products`` is what a line must meet, null for
    every line.
    """

    __test__ = False

    promotion: int
    name: str
    condition: dict[str, Any] | None
    holds: bool
    rules: list[Verdict]
    products: dict[str, Any] | None
    lines: list[WhyLine]


class AskedField(msgspec.Struct, frozen=True):
    """A field of people that promotions look at."""

    name: str
    label: str
    type: str
    options: list[str]


class AskedSegment(msgspec.Struct, frozen=True):
    """A segment of people that promotions look at."""

    id: int
    name: str


class TestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the promotions of a program look at of who buys; ``number``: which order of theirs it is."""

    __test__ = False

    fields: list[AskedField]
    segments: list[AskedSegment]
    number: bool


class FactsAsked(Body, frozen=True, kw_only=True):
    """With which versions of promotions, as in a basket that is tried, and when."""

    versions: Versions = {}
    at: datetime | None = None
