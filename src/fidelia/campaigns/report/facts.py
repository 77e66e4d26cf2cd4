"""What a report is made of: who is compared, as PostgreSQL knows it; what both sides did, as the history knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pyroaring import BitMap

from fidelia import events, messages, profiles, segments
from fidelia.kernel.days import midnight
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.segments import Purchases, PurchaseSource

from ..store import campaigns as campaign_store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from ..store.people import Entry, People
from . import store

MAX_DAYS = 3660
Cell = tuple[int, str]


class Period(msgspec.Struct, frozen=True):
    """What is reported: what happened from ``since`` until ``until``; ``start`` is null for all there is. ``open``
    while something may still be added: the campaign runs, or its window after the end does.
    """

    start: datetime | None
    since: datetime
    until: datetime
    now: datetime
    open: bool


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign and its people. ``cells`` are those who are compared, by epoch and stratum, ``labels`` the strata's
    names; ``before`` were assigned before there was a control group, ``dropped`` are kept back by the global one.
    """

    campaign: CampaignRow
    timezone: str
    period: Period
    people: People
    cells: dict[Cell, BitMap]
    labels: dict[str, str]
    before: BitMap
    dropped: BitMap
    entries: list[Entry]
    goal: events.Goal | None
    exempt: set[int]
    figures: messages.CampaignFigures
    channels: dict[str, str]

    @property
    def has_group(self) -> bool:
        """Whether somebody can be kept back."""
        return self.campaign.share is not None

    @property
    def success(self) -> str | None:
        """The name of the goal that counts as success; null for orders."""
        return self.campaign.goal if self.goal is None else self.goal.name


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides did: sums by cell and side, and by day; ``reached`` are people by what they did and channel."""

    currency: str | None
    currencies: list[str]
    sums: Sequence[Mapping[str, Any]]
    by_day: Sequence[tuple[date, bool, int, float]]
    reached: Mapping[str, Mapping[str, BitMap]]


async def read(tx: Tx, campaign_id: int, since: date | None, until: date | None) -> Facts:
    """Return what PostgreSQL knows. Raises 404; 409 while the campaign has not begun; 422 for an impossible period."""
    row = await campaign_store.get(tx, campaign_id)
    database = await profiles.get_database(tx, row.database_id)
    zone = ZoneInfo(database.timezone)
    period = period_of(row, since, until, zone, tx.now)
    people = await lists.people(tx, campaign_id)
    entries = distinct(await lists.entries(tx, campaign_id))
    strata = await lists.strata(tx, campaign_id)
    dropped = people.assigned & await segments.kept_back(tx, row.database_id, "campaign", campaign_id, people.assigned)
    last = (period.until - timedelta(microseconds=1)).astimezone(zone).date()
    out = BitMap.union(dropped, *(entry.people for entry in entries if entry.day > last))
    grouped = row.share is not None
    cells = {
        cell: counted
        for cell, (_, inside) in strata.items()
        if (not grouped or cell[0] >= row.first_epoch) and (counted := inside - out)
    }
    before = BitMap.union(BitMap(), *(inside for cell, (_, inside) in strata.items() if cell[0] < row.first_epoch))
    goals = {} if row.goal is None else await events.goals_of(tx, row.database_id, living=False)
    return Facts(
        campaign=row,
        timezone=database.timezone,
        period=period,
        people=people,
        cells=cells,
        labels={key: label for (_, key), (label, _) in strata.items()},
        before=before - out if grouped else BitMap(),
        dropped=dropped,
        entries=entries,
        goal=None if row.goal is None else goals.get(row.goal),
        exempt=await store.exempt(tx, campaign_id),
        figures=await messages.campaign_figures(tx, campaign_id, database.timezone, row.goal),
        channels={key: info.name for key, info in (await profiles.known_channels(tx)).items()},
    )


def period_of(row: CampaignRow, since: date | None, until: date | None, zone: ZoneInfo, now: datetime) -> Period:
    """Return what is reported: from the start until the window after the end is over, or the days that are asked for.

    Raises 409 while the campaign has not begun; 422 for days that cannot be.
    """
    if row.started_at is None:
        raise conflict("The campaign has not begun: there is nothing to report yet")
    over = None if row.completed_at is None else row.completed_at + timedelta(days=row.window_days)
    end = now if over is None else min(now, over)
    if until is not None:
        end = min(end, midnight(until + timedelta(days=1), zone))
    start = None if since is None else max(midnight(since, zone), row.started_at)
    first = row.started_at if start is None else start
    if end < first or (end == first and (since, until) != (None, None)):
        raise invalid_field("/to" if until is not None else "/from", "The period must end after it begins")
    if (end - first).days > MAX_DAYS:
        raise invalid_field("/from", "A report covers ten years at most")
    return Period(start, first, max(end, first + timedelta(milliseconds=1)), now, over is None or now < over)


def distinct(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with everybody in the first of theirs only: who came back came in once."""
    seen = BitMap()
    found = []
    for entry in entries:
        fresh = entry.people - seen
        seen |= fresh
        found.append(Entry(entry.day, entry.source, entry.activity, fresh))
    return found


async def ask(engines: Engines, facts: Facts, currency: str | None) -> History:
    """Return what the history knows; raise 422 for a currency that nobody paid in, 503."""
    row, period = facts.campaign, facts.period
    if row.goal is None:
        source: PurchaseSource = engines.port(segments.PURCHASES)
        sql, given = source(row.database_id), {}
    else:
        sql, given = store.reached_goal(row.database_id), _goal(row.goal, facts.goal)
    async with segments.present_history(engines, row.database_id):
        bought = Purchases(
            engines.clickhouse,
            sql,
            list(facts.cells.values()),
            facts.people.control,
            period.start,
            period.until,
            entered=store.entered(row.database_id, row.id),
            given=given,
        )
        currencies = [name for name, _ in await bought.currencies() if name]
        chosen = _chosen(currency, currencies, row.currency)
        sums, by_day, reached = await asyncio.gather(
            bought.sums(chosen or ""),
            bought.by_day(facts.timezone, chosen or ""),
            store.reached(engines.clickhouse, row.database_id, row.id),
        )
    return History(currency=chosen, currencies=currencies, sums=sums, by_day=by_day, reached=reached)


def _goal(key: str, goal: events.Goal | None) -> dict[str, Any]:
    worth = 0.0 if goal is None or goal.default_value is None else float(goal.default_value)
    return {"goal": key, "worth": worth, "money": "" if goal is None or goal.currency is None else goal.currency}


def _chosen(asked: str | None, currencies: list[str], own: str | None) -> str | None:
    """Return the report's currency: the one asked for, else that of the campaign's cost, else the most used."""
    known = [*currencies, *([own] if own is not None and own not in currencies else [])]
    if asked is not None and asked not in known:
        some = f"one of {', '.join(known)}" if known else "left out: nobody bought anything yet"
        raise invalid_field("/currency", f"This must be {some}")
    if asked is not None:
        return asked
    return own if own in currencies or not currencies else currencies[0]
