"""Queries of conversions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from .model import Attribution, Conversion

Raw = psycopg.AsyncConnection[Any]


async def attribution(raw: Raw) -> Attribution:
    """Return how the installation attributes."""
    row = await (await raw.execute("select window_days, ways from attribution where id = 1")).fetchone()
    assert row is not None
    return Attribution(row[0], list(row[1]))


async def set_attribution(raw: Raw, wanted: Attribution, now: datetime) -> None:
    """Change how the installation attributes."""
    await raw.execute(
        "update attribution set window_days = %s, ways = %s, updated_at = %s where id = 1",
        (wanted.window_days, wanted.ways, now),
    )


async def has_runs(raw: Raw, database_id: int) -> bool:
    """Tell whether anything was ever sent in a database."""
    row = await (
        await raw.execute("select exists (select from mailing_run where database_id = %s)", (database_id,))
    ).fetchone()
    return row is not None and bool(row[0])


async def add(raw: Raw, found: Sequence[Conversion]) -> None:
    """Store conversions."""
    async with (
        raw.cursor() as cursor,
        cursor.copy(
            "copy conversion (run_id, profile_id, occasion, reached_by, event_id, kind, goal, order_id, value,"
            " currency, at, by, touched_at) from stdin"
        ) as copy,
    ):
        for one in found:
            what = one.what
            goal = (what.event_id, what.kind, what.goal, what.order_id, what.value, what.currency, what.at)
            await copy.write_row((*one.message, what.profile, *goal, one.by, one.touched_at))


async def mailings_of(raw: Raw, run_ids: Collection[int]) -> dict[int, int]:
    """Return the mailings of runs."""
    cursor = await raw.execute("select id, mailing_id from mailing_run where id = any(%s)", (list(run_ids),))
    rows = await cursor.fetchall()
    return {int(run): int(mailing) for run, mailing in rows}


class Turn(NamedTuple):
    """An order is taken back (-1) or stands again (1)."""

    order_id: int
    sign: int
    at: datetime
    event_id: str


async def turn(raw: Raw, database_id: int, turns: Sequence[Turn]) -> None:
    """Take orders off, or put them back; each turn sees what those before it did, and does nothing twice."""
    async with raw.cursor() as cursor:
        await cursor.executemany(
            """
            insert into conversion (run_id, profile_id, occasion, reached_by, event_id, kind, goal, order_id, sign,
                value, currency, at, by, touched_at)
            select run_id, profile_id, occasion, reached_by, %(event)s, kind, goal, order_id, %(sign)s,
                value * %(sign)s, currency, %(at)s, by, touched_at
            from (select c.*, sum(sign) over () as standing, row_number() over (order by c.id) as n from conversion c
                join mailing_run r on r.id = c.run_id and r.database_id = %(db)s where order_id = %(order)s) found
            where n = 1 and standing = case when %(sign)s = 1 then 0 else 1 end
            """,
            [{"event": t.event_id, "sign": t.sign, "at": t.at, "order": t.order_id, "db": database_id} for t in turns],
        )


def _standing(run: str) -> str:
    """Return a query of what stands: goals, and orders that are not taken off, each once."""
    return f"""
        select profile_id, kind, goal, by, currency, sum(value) as amount from conversion
        where run_id = {run} and (%(ways)s::text[] is null or by = any(%(ways)s))
        group by profile_id, kind, goal, by, currency, touched_at, order_id, case when order_id is null then id end
        having sum(sign) > 0 and (%(days)s::int is null or by = 'token'
            or touched_at > (array_agg(at order by id))[1] - make_interval(days => %(days)s))
    """


async def figures(
    raw: Raw, run_id: int, group: Sequence[str], ways: Sequence[str] | None, days: int | None
) -> list[tuple[Any, ...]]:
    """Return (group…, whole, currency, people, count, amount) of what stands in a run.

    ``whole`` is 1 where a row is of all currencies together: its amount means nothing. ``days``: only what came within
    so many days after the person was touched.
    """
    head = "".join(f"{name}, " for name in group)
    cursor = await raw.execute(
        f"""
        select {head} grouping(currency), currency, count(distinct profile_id), count(*), sum(amount)
        from ({_standing("%(run)s")}) standing
        group by grouping sets (({head} currency), ({head.rstrip(", ")}))
        """,
        {"run": run_id, "ways": None if ways is None else list(ways), "days": days},
    )
    return await cursor.fetchall()


async def forget(raw: Raw, database_id: int, ids: Sequence[int]) -> int:
    """Delete the conversions of erased people, as recipients or as who converted; return how many."""
    cursor = await raw.execute(
        "delete from conversion c using mailing_run r where r.id = c.run_id and r.database_id = %(db)s"
        " and (c.profile_id = any(%(ids)s::bigint[]) or c.reached_by = any(%(ids)s::bigint[]))",
        {"db": database_id, "ids": list(ids)},
    )
    return cursor.rowcount


async def merge(raw: Raw, database_id: int, source: int, into: int) -> int:
    """Give the conversions of one profile to another; return how many."""
    cursor = await raw.execute(
        """
        update conversion c set
            profile_id = case when profile_id = %(source)s then %(into)s else profile_id end,
            reached_by = case when reached_by = %(source)s then %(into)s else reached_by end
        from mailing_run r where r.id = c.run_id and r.database_id = %(db)s
            and (c.profile_id = %(source)s or c.reached_by = %(source)s)
        """,
        {"db": database_id, "source": source, "into": into},
    )
    return cursor.rowcount


async def personal(raw: Raw, database_id: int, profile_id: int) -> list[Mapping[str, Any]]:
    """Return the conversions of somebody, oldest first."""
    cursor = await raw.execute(
        "select c.at, m.name, c.kind, c.goal, c.sign, c.value, c.currency, c.by from conversion c"
        " join mailing_run r on r.id = c.run_id join mailing m on m.id = r.mailing_id"
        " where r.database_id = %(db)s and (c.profile_id = %(id)s or c.reached_by = %(id)s) order by c.at, c.id",
        {"db": database_id, "id": profile_id},
    )
    return [
        {
            "at": at.astimezone(UTC),
            "mailing": name,
            "kind": kind,
            "goal": goal or None,
            "taken_back": sign < 0,
            "value": None if value is None else str(value),
            "currency": currency,
            "by": by,
        }
        for at, name, kind, goal, sign, value, currency, by in await cursor.fetchall()
    ]
