"""Queries of counters, locked in the order of their ids: after members and accounts, before codes and figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fidelia.platform.cursors import plain_array, text_array
from fidelia.platform.postgres import Asked, Tx

from ..limits import CounterKey

#: In so many rows the figures of a promotion are kept.
SHARDS = 16
_COLUMNS = "c.promotion_id, c.what, c.profile_id, c.period, c.since"
_ASKED = """unnest(%s::int[], %s::text[], %s::bigint[], %s::text[], %s::date[])
            as a (promotion_id, what, profile_id, period, since)"""
_SAME = """c.promotion_id = a.promotion_id and c.what = a.what and c.profile_id = a.profile_id
           and c.period = a.period and c.since = a.since"""
_FOUND = f"{_COLUMNS}, c.id, c.used from {_ASKED} join promotion_counter c on {_SAME}"


def _found(rows: list[Any]) -> dict[CounterKey, tuple[int, Decimal]]:
    return {CounterKey(*row[:5]): (row[5], row[6]) for row in rows}


def _columns(keys: Sequence[CounterKey]) -> tuple[str, ...]:
    return (
        plain_array(key.promotion_id for key in keys),
        text_array(key.what for key in keys),
        plain_array(key.profile_id for key in keys),
        text_array(key.period for key in keys),
        plain_array(key.since for key in keys),
    )


async def used(tx: Tx, keys: Sequence[CounterKey]) -> dict[CounterKey, Decimal]:
    """Return what has been used of counters; those that nothing was taken of are left out."""
    if not keys:
        return {}
    return {key: used for key, (_, used) in (await (await ask_used(tx, keys)).answer()).items()}


async def ask_used(tx: Tx, keys: Sequence[CounterKey]) -> Asked[dict[CounterKey, tuple[int, Decimal]]]:
    """Ask for the ids of counters and what has been used of them, together with other questions; nothing is locked."""
    return await tx.ask(f"select {_FOUND}", _columns(keys), _found)


async def hold(tx: Tx, keys: Collection[CounterKey]) -> Asked[dict[CounterKey, tuple[int, Decimal]]]:
    """Lock counters in the order of their ids; the answer has the id of each that is there, and what is used of it."""
    return await tx.ask(f"select {_FOUND} order by c.id for update of c", _columns(list(keys)), _found)


async def ask_open(tx: Tx, keys: Collection[CounterKey]) -> Asked[dict[CounterKey, tuple[int, Decimal]]]:
    """Make counters of a member whose row is locked, so that nobody else makes them; the answer is as of ``hold``."""
    query = f"""insert into promotion_counter as c (promotion_id, what, profile_id, period, since)
                select a.* from {_ASKED} on conflict (promotion_id, what, profile_id, period, since)
                do update set used = c.used returning {_COLUMNS}, c.id, c.used"""
    return await tx.ask(query, _columns(sorted(keys)), _found)


async def ask_take(tx: Tx, asked: Sequence[tuple[int, Decimal, Decimal]]) -> Asked[bool]:
    """Lock counters in the order of their ids and take from them, all or nothing; the answer tells which.

    ``asked`` are ids, amounts and the most that each may reach. Sent as late as can be, so that nobody waits for long.
    """
    query = """
        with held as (
            select c.id, a.amount, c.used + a.amount <= a.most as fits
            from unnest(%s::bigint[], %s::numeric[], %s::numeric[]) as a (id, amount, most)
            join promotion_counter c on c.id = a.id order by c.id for update of c),
        took as (
            update promotion_counter c set used = c.used + held.amount from held
            where c.id = held.id and not exists (select from held where not fits))
        select count(*) = %s and bool_and(fits) from held"""
    ids, amounts, most = (plain_array(column) for column in zip(*asked, strict=True))
    return await tx.ask(query, (ids, amounts, most, len(asked)), lambda rows: bool(rows[0][0]))


async def open_missing(tx: Tx, keys: Collection[CounterKey]) -> None:
    """Make counters that nothing was ever taken of."""
    await (await tx.raw()).execute(
        f"""insert into promotion_counter (promotion_id, what, profile_id, period, since)
            select a.* from {_ASKED} on conflict do nothing""",
        _columns(sorted(keys)),
    )


async def keep(tx: Tx, amounts: Mapping[CounterKey, Decimal]) -> None:
    """Add to counters by key, which are locked; those of members, whose rows are locked, are made where missing."""
    if not amounts:
        return
    raw = await tx.raw()
    many = sorted(amounts)
    await raw.execute(
        """insert into promotion_counter as c (promotion_id, what, profile_id, period, since, used)
           select * from unnest(%s::int[], %s::text[], %s::bigint[], %s::text[], %s::date[], %s::numeric[])
           on conflict (promotion_id, what, profile_id, period, since) do update set used = c.used + excluded.used""",
        (*_columns(many), [amounts[key] for key in many]),
    )


async def add(tx: Tx, amounts: Mapping[int, Decimal]) -> None:
    """Add to counters that are locked; never below nought."""
    if not amounts:
        return
    raw = await tx.raw()
    await raw.execute(
        """update promotion_counter c set used = greatest(c.used + a.amount, 0)
           from unnest(%s::bigint[], %s::numeric[]) as a (id, amount) where c.id = a.id""",
        (plain_array(amounts), plain_array(amounts.values())),
    )


async def give_back(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Lock counters in the order of their ids; return what each of them counts."""
    if not ids:
        return {}
    raw = await tx.raw()
    cursor = await raw.execute(
        "select id, what from promotion_counter where id = any(%s::bigint[]) order by id for update", (list(ids),)
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def count_use(tx: Tx, shard_of: int, rows: Mapping[int, tuple[int, Decimal, Decimal]]) -> None:
    """Add to the figures of promotions: uses, money, points by promotion; in the order of their ids."""
    if not rows:
        return
    ids = sorted(rows)
    raw = await tx.raw()
    await raw.execute(
        """insert into promotion_usage as u (promotion_id, shard, uses, money, points)
           select a.id, %s, a.uses, a.money, a.points
           from unnest(%s::int[], %s::bigint[], %s::numeric[], %s::numeric[]) as a (id, uses, money, points)
           on conflict (promotion_id, shard) do update
           set uses = u.uses + excluded.uses, money = u.money + excluded.money, points = u.points + excluded.points""",
        (
            shard_of % SHARDS,
            plain_array(ids),
            plain_array(rows[i][0] for i in ids),
            plain_array(rows[i][1] for i in ids),
            plain_array(rows[i][2] for i in ids),
        ),
    )


async def count_uses(tx: Tx, promotion_id: int, rows: Mapping[int, tuple[int, Decimal]]) -> None:
    """Add to the figures of a promotion: how often, and how many points, by profile."""
    shards: dict[int, tuple[int, Decimal]] = {}
    for profile_id, (uses, points) in rows.items():
        before = shards.get(profile_id % SHARDS, (0, Decimal(0)))
        shards[profile_id % SHARDS] = before[0] + uses, before[1] + points
    many = sorted(shards)
    raw = await tx.raw()
    await raw.execute(
        """insert into promotion_usage as u (promotion_id, shard, uses, money, points)
           select %s, a.shard, a.uses, 0, a.points
           from unnest(%s::smallint[], %s::bigint[], %s::numeric[]) as a (shard, uses, points)
           on conflict (promotion_id, shard) do update
           set uses = u.uses + excluded.uses, points = u.points + excluded.points""",
        (promotion_id, many, [shards[n][0] for n in many], [shards[n][1] for n in many]),
    )


async def usage(tx: Tx, promotion_ids: Collection[int]) -> dict[int, tuple[int, Decimal, Decimal]]:
    """Return what promotions have given: uses, money, points."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """select promotion_id, sum(uses)::bigint, sum(money), sum(points) from promotion_usage
           where promotion_id = any(%s::int[]) group by 1""",
        (list(promotion_ids),),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in await cursor.fetchall()}


async def of_programs(tx: Tx, promotion_ids: Collection[int]) -> dict[tuple[int, str, str, str], Decimal]:
    """Return counters of whole programs by (promotion, what, period, first day)."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """select promotion_id, what, period, since::text, used from promotion_counter
           where promotion_id = any(%s::int[]) and profile_id = 0""",
        (list(promotion_ids),),
    )
    return {tuple(row[:4]): row[4] for row in await cursor.fetchall()}


async def forget(tx: Tx, promotion_ids: Collection[int], profile_ids: Collection[int]) -> None:
    """Delete the counters of people of some promotions."""
    raw = await tx.raw()
    await raw.execute(
        "delete from promotion_counter where profile_id = any(%s::bigint[]) and promotion_id = any(%s::int[])",
        (list(profile_ids), list(promotion_ids)),
    )
