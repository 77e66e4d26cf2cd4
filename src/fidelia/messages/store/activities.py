"""Queries of what a campaign's mailings did, over all their runs: each is one question, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from .report import REASON

Raw = psycopg.AsyncConnection[Any]
#: Of so many reasons of failures each mailing's most frequent are told.
MOST_REASONS = 50


class MailingRow(NamedTuple):
    """A mailing of a campaign."""

    id: int
    name: str
    type: str
    channel: str
    state: str


class RunRow(NamedTuple):
    """A run that a campaign's mailing made as part of it."""

    id: int
    mailing_id: int
    selected: int | None


class Standing(NamedTuple):
    """Conversions that stand: of a mailing, in a currency, on a day. ``people`` are the recipients."""

    mailing_id: int
    currency: str | None
    day: date
    conversions: int
    amount: Decimal | None
    people: list[int]


async def mailings(raw: Raw, campaign_id: int) -> list[MailingRow]:
    """Return the mailings of a campaign, archived ones too, the oldest first."""
    cursor = await raw.execute(
        "select id, name, type, channel, state from mailing where campaign_id = %s order by id", (campaign_id,)
    )
    return [MailingRow(*row) for row in await cursor.fetchall()]


async def runs(raw: Raw, campaign_id: int) -> list[RunRow]:
    """Return the runs that a campaign's mailings made while they belonged to it."""
    cursor = await raw.execute(
        """
        select r.id, r.mailing_id, r.selected from mailing_run r join mailing m on m.id = r.mailing_id
        where m.campaign_id = %(campaign)s and (r.plan ->> 'campaign_id')::int = %(campaign)s and r.phase <> 'skipped'
        order by r.id
        """,
        {"campaign": campaign_id},
    )
    return [RunRow(*row) for row in await cursor.fetchall()]


async def reactions(raw: Raw, run_ids: Sequence[int]) -> list[tuple[int, str, int, int]]:
    """Return (run, kind, people, hits) of what people did, machines apart."""
    cursor = await raw.execute(
        "select run_id, kind, count(distinct profile_id), sum(hits) from reaction"
        " where run_id = any(%s::int[]) and not bot group by 1, 2",
        (list(run_ids),),
    )
    return [(run, kind, int(people), int(hits)) for run, kind, people, hits in await cursor.fetchall()]


async def left_out(raw: Raw, run_ids: Sequence[int]) -> list[tuple[int, str, int]]:
    """Return (run, reason, people) of those who were left out of the audience."""
    cursor = await raw.execute(
        "select run_id, reason, count from run_exclusion where run_id = any(%s::int[]) and count > 0", (list(run_ids),)
    )
    return [(run, reason, int(people)) for run, reason, people in await cursor.fetchall()]


async def not_sent(raw: Raw, found: Sequence[RunRow]) -> list[tuple[int, str, str, int]]:
    """Return (mailing, state, reason, messages) of those that failed or were blocked; addresses are blanked."""
    cursor = await raw.execute(
        f"""
        select mailing_id, state, why, many from (
            select mailing_id, state, why, count(*) as many,
                row_number() over (partition by mailing_id, state order by count(*) desc, why) as place
            from (
                select m.mailing_id, d.state::text as state, {REASON} as why
                from delivery d join unnest(%(runs)s::int[], %(mailings)s::int[]) as m (run_id, mailing_id)
                    on m.run_id = d.run_id
                where d.run_id = any(%(runs)s::int[]) and d.state in ('blocked', 'failed')
            ) each group by 1, 2, 3
        ) counted where place <= {MOST_REASONS} order by mailing_id, state, place
        """,
        _runs(found),
    )
    return [(mailing, state, why, int(many)) for mailing, state, why, many in await cursor.fetchall()]


async def by_day(raw: Raw, run_ids: Sequence[int], timezone: str) -> list[tuple[date, str, int]]:
    """Return (day, what, people) by day of a time zone: messages sent, and people's first opens and clicks of a run."""
    cursor = await raw.execute(
        """
        select (at at time zone %(zone)s)::date, 'sent', count(*) from delivery
        where run_id = any(%(runs)s::int[]) and state = 'sent' group by 1
        union all
        select (first at time zone %(zone)s)::date, kind, count(*) from (
            select kind, min(first_at) as first from reaction
            where run_id = any(%(runs)s::int[]) and not bot and kind in ('opened', 'clicked')
            group by run_id, kind, profile_id
        ) f group by 1, 2
        """,
        {"runs": list(run_ids), "zone": timezone},
    )
    return [(day, what, int(people)) for day, what, people in await cursor.fetchall()]


async def conversions(raw: Raw, found: Sequence[RunRow], kind: str, goal: str, timezone: str) -> list[Standing]:
    """Return what stands of the conversions that messages of some runs led to: orders, or one goal (by its key)."""
    cursor = await raw.execute(
        """
        select mailing_id, currency, day, count(*), sum(amount), array_agg(distinct profile_id) from (
            select m.mailing_id, c.profile_id, c.currency, sum(c.value) as amount,
                (min(c.at) at time zone %(zone)s)::date as day
            from conversion c join unnest(%(runs)s::int[], %(mailings)s::int[]) as m (run_id, mailing_id)
                on m.run_id = c.run_id
            where c.run_id = any(%(runs)s::int[]) and c.kind = %(kind)s and c.goal = %(goal)s
            group by m.mailing_id, c.run_id, c.profile_id, c.currency, c.touched_at, c.order_id,
                case when c.order_id is null then c.id end
            having sum(c.sign) > 0
        ) standing group by 1, 2, 3 order by 1, 3, 2
        """,
        {**_runs(found), "kind": kind, "goal": goal, "zone": timezone},
    )
    return [Standing(*row) for row in await cursor.fetchall()]


def _runs(found: Sequence[RunRow]) -> dict[str, Any]:
    return {"runs": [run.id for run in found], "mailings": [run.mailing_id for run in found]}
