"""How a mailing is split over several templates, and how the best of them is found: plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

#: Links of variant ``n`` are numbered from ``n`` times this: what was clicked says which variant it was in.
LINK_STRIDE = 1_000
MOST_VARIANTS = 16
MOST_TESTED = 8

Line = Annotated[str, msgspec.Meta(max_length=500)]
Metric = Literal["opened", "clicked", "clicks_of_opens", "goal", "revenue", "manual"]
Tie = Literal["more_clicks", "first", "random"]
Fallback = Literal["leader", "first", "random", "nobody", "person"]
#: Where a test stands: its mails leave; people are waited for; a person has to choose; a variant was chosen; the rest
#: gets nothing; everybody was in the test.
TestState = Literal["sending", "waiting", "person", "decided", "nobody", "no_rest"]


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the templates. What is empty is as the template and the mailing say."""

    template_id: int
    subject: Line = ""
    from_name: Line = ""


class SplitTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the winner is found.

    ``share`` percent of the audience, or ``count`` people, get the test, in equal parts. The winner is chosen ``wait``
    seconds after the last of them was written to, or at the moment ``until``, by ``metric``; for ``goal`` by who had an
    event of type ``event`` since the message. ``confidence`` is the least, in percent, that must speak for the leader
    against each other variant; 0 asks for none. Is it missed, or nobody has reacted, the test is extended by its wait
    once with ``extend``, and then ``fallback`` says what the rest gets. ``tie`` decides between equal variants.
    """

    share: float | None = 20.0
    count: int | None = None
    metric: Metric = "clicked"
    event: Annotated[str, msgspec.Meta(max_length=200)] = ""
    wait: int | None = 14_400
    until: datetime | None = None
    confidence: float = 0.0
    tie: Tie = "more_clicks"
    extend: bool = False
    fallback: Fallback = "leader"


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several templates: with a ``test`` the best of some goes to the rest, without one everybody gets one of them."""

    variants: Annotated[list[Variant], msgspec.Meta(max_length=100)]
    test: SplitTest | None = None


class VariantPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as a run was started with it; ``uses`` are the values its own subject needs."""

    template_id: int
    version_id: int
    subject: str = ""
    from_name: str = ""
    uses: list[str] = []


class Share(msgspec.Struct, frozen=True):
    """``people`` of ``of``, and between which rates the true one lies in 95 of 100 cases (Wilson); null of nobody."""

    people: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


class VariantFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of those who got a variant. ``opened`` counts who has clicked too: images may be switched off.

    ``goals`` are people who reached the goal. ``revenue`` is the sum of the orders in ``currency``, that of most of
    them, and ``squares`` the sum of the squares of each person's sum. They are null unless the metric asks for them.
    """

    variant: int
    people: int = 0
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    blocked: int = 0
    unknown: int = 0
    bounced: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    goals: int | None = None
    revenue: float | None = None
    squares: float | None = None
    currency: str | None = None

    @property
    def delivered(self) -> int:
        """How many have got it, as far as is known."""
        return max(0, self.sent - self.bounced)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Where the test of a run stands, and once it is decided: what, when, by whom, why, on which figures.

    ``leader`` and ``confidence`` (percent) are those of ``figures``; ``held`` is how many waited for the winner.
    """

    state: TestState = "sending"
    decides_at: datetime | None = None
    extended: bool = False
    winner: int | None = None
    leader: int | None = None
    confidence: float | None = None
    why: str = ""
    by: str = ""
    decided_at: datetime | None = None
    held: int = 0
    figures: list[VariantFigures] = []


class VariantReport(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in the report: everybody who got it, those of the test and after it."""

    variant: int
    template_id: int
    template_name: str
    subject: str
    from_name: str
    people: int
    waiting: int
    sent: int
    failed: int
    blocked: int
    unknown: int
    delivered: int
    bounced: int
    unsubscribed: int
    complained: int
    opened: Share
    clicked: Share
    clicks_of_opens: Share
    goal: Share | None
    revenue: str | None
    currency: str | None


class TestReport(msgspec.Struct, frozen=True, kw_only=True):
    """The test of a run. ``variants`` are the figures of the test alone: frozen once it is decided."""

    __test__ = False

    state: TestState
    metric: Metric
    event: str
    minimum: float
    decides_at: datetime | None
    extended: bool
    leader: int | None
    confidence: float | None
    winner: int | None
    why: str
    by: str
    decided_at: datetime | None
    held: int
    variants: list[VariantReport]


class SplitSizes(msgspec.Struct, frozen=True):
    """How many would get each variant, and how many would wait for the winner."""

    variants: list[int]
    rest: int
