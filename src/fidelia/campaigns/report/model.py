"""The report of a campaign, as frozen values: the effect by intention to treat, what activities claim beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from fidelia.segments import ControlWarning, Verdict

Unit = Literal["share", "money", "number"]
MetricKey = Literal["conversion", "revenue", "order_average", "orders"]


class CampaignSide(msgspec.Struct, frozen=True, kw_only=True):
    """Plain sums of one side: ``revenue`` is in the report's currency, as a decimal text."""

    people: int
    converted: int
    conversions: int
    revenue: str


class CampaignMetric(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of both sides, the difference (test − control) with its 95 % interval, and the same relative to the
    control group. ``extra`` is the difference times the people of the test group. ``detectable``: the smallest
    difference that groups of this size show in four of five cases; ``needed``: people kept back to show the one found.
    """

    key: MetricKey
    label: str
    unit: Unit
    control: float | None
    test: float | None
    difference: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    extra: float | None
    extra_low: float | None
    extra_high: float | None
    detectable: float | None
    needed: int | None
    verdict: Verdict
    sentence: str


class CampaignStratumReport(msgspec.Struct, frozen=True, kw_only=True):
    """A stratum: its sums and how its sides compare."""

    key: str
    label: str
    control: CampaignSide
    test: CampaignSide
    metrics: list[CampaignMetric]


class CampaignReportDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the database's zone: what was sent and done on it, who came in, what activities claim of it, and the
    course of both sides up to its end: shares of those assigned by then who converted, revenue a person; null while
    nobody is on that side.
    """

    day: date
    sent: int
    opened: int
    clicked: int
    joined: int
    conversions: int
    revenue: str
    control_share: float | None
    test_share: float | None
    control_revenue: float | None
    test_revenue: float | None


class CampaignActivityReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one activity did, over all its runs. ``sent``, ``delivered`` and ``bounced`` are messages; people who
    opened, clicked and left count once for each run. ``converted`` people and ``conversions`` are those attributed to
    its messages; their ``revenue`` is in the report's currency. Rates are of ``delivered``.
    """

    kind: str
    id: int
    name: str
    type: str
    channel: str
    state: str
    exempt: bool
    selected: int
    left_out: int
    sent: int
    delivered: int
    failed: int
    blocked: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int
    converted: int
    conversions: int
    revenue: str
    brought: int


class CampaignChannelReport(msgspec.Struct, frozen=True, kw_only=True):
    """The same of all activities of one channel; people are counted once in it."""

    channel: str
    name: str
    activities: int
    people: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    converted: int
    conversions: int
    revenue: str


class CampaignLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """So many people whom an activity did not reach, for a reason: ``left_out`` of its audience, ``blocked`` or
    ``failed`` when it was their turn. ``figure`` and ``reason`` open them as people of that activity; somebody counts
    once for each of its runs.
    """

    kind: str
    id: int
    name: str
    figure: str
    reason: str
    words: str
    people: int


class CampaignInflow(msgspec.Struct, frozen=True, kw_only=True):
    """People who came in one way: ``activity`` brought them, 0 and no name where it was the segment."""

    source: str
    activity: int
    name: str | None
    people: int
    test: int
    control: int


class CampaignMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Cost and return, in the report's currency. ``incremental`` is the extra revenue of the test group with its
    interval, null where it cannot be told; ``profit`` is that less the cost, ``return_on_cost`` profit by cost.
    """

    cost: str | None
    attributed: str
    incremental: str | None
    incremental_low: str | None
    incremental_high: str | None
    profit: str | None
    return_on_cost: float | None


class CampaignReach(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who was ever in the campaign, each counted once: ``reached`` got at least one message, ``converted``
    did by one. Kept out by the global control group are the ``withheld``.
    """

    audience: int
    test: int
    control: int
    withheld: int
    reached: int
    opened: int
    clicked: int
    unsubscribed: int
    converted: int


class CampaignReport(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign from its start (or ``since``) until ``until``: the verdict first. Days that are asked for narrow the
    comparison and its course; what activities did is of the whole campaign.

    ``verdict`` and ``headline`` are of the conversion; null and a sentence about what is missing without a control
    group, where ``test`` is everybody in it. Compared are people assigned while the present control group existed;
    ``unmatched`` of them have nobody to be compared with, ``global_control`` dropped out because the global group keeps
    them back.
    """

    campaign_id: int
    name: str
    state: str
    since: datetime
    until: datetime
    as_of: datetime
    running: bool
    timezone: str
    goal: str | None
    currency: str | None
    currencies: list[str]
    verdict: Verdict | None
    headline: str
    control: CampaignSide | None
    test: CampaignSide | None
    unmatched: int
    global_control: int
    reach: CampaignReach
    metrics: list[CampaignMetric]
    strata: list[CampaignStratumReport]
    days: list[CampaignReportDay]
    activities: list[CampaignActivityReport]
    total: CampaignActivityReport
    channels: list[CampaignChannelReport]
    left_out: list[CampaignLeftOut]
    inflow: list[CampaignInflow]
    money: CampaignMoney
    warnings: list[ControlWarning]
