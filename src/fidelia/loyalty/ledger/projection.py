"""How points get to ClickHouse: lots, not balances, so that what has lapsed there is decided by time as well.

``pt_{database}`` has a row an account with its open lots in an array, which fields like
``loyalty.club.points.stars.active`` add up for a moment; ``lots_{database}`` has a row a lot, for the link
``loyalty.lots``. Ids of lots fit 32 bits: over four thousand million of them in one installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.platform.batches import slices
from fidelia.platform.clickhouse import TABLE_SETTINGS
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

POINTS = "loyalty_points"
LOTS = "loyalty_lots"
GONE = 2**63
NEVER = "2298-12-31 00:00:00.000"
_AT_ONCE = 50_000
_MADE = "loyalty.points.made"

_POINT_TABLE = """
create table if not exists pt_{db} (
    program UInt32, type UInt32, profile UInt32,
    lots Array(Tuple(Decimal(18, 4), DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))), debt Decimal(18, 4),
    version UInt64, is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by (type, profile) settings {settings}
"""
_LOT_TABLE = """
create table if not exists lots_{db} (
    id UInt32, profile UInt32, program UInt32, type UInt32, amount Decimal(18, 4), remaining Decimal(18, 4),
    active_from DateTime64(3, 'UTC'), expires_at Nullable(DateTime64(3, 'UTC')), version UInt64, is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by id settings {settings}
"""
_AT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')"
_POINT_ROWS = f"""
select a.program_id, a.point_type_id, a.profile_id,
    coalesce((select '[' || string_agg('(' || l.remaining || ',''' || {_AT.format("l.active_from")} || ''','''
        || coalesce({_AT.format("l.expires_at")}, '{NEVER}') || ''')', ',') || ']'
        from loyalty_lot l where l.account_id = a.id and l.remaining > 0), '[]'),
    a.debt, (extract(epoch from statement_timestamp()) * 1000000)::bigint, (a.heir_id is not null)::int
from loyalty_account a where a.database_id = %s and a.profile_id = any(%s)
"""
_LOT_ROWS = f"""
select l.id, greatest(a.profile_id, 0), a.program_id, a.point_type_id, l.amount, l.remaining,
    {_AT.format("l.active_from")}, {_AT.format("l.expires_at")},
    (extract(epoch from statement_timestamp()) * 1000000)::bigint, (a.profile_id < 0)::int
from loyalty_lot l join loyalty_account a on a.id = l.account_id
where a.database_id = %s and l.id = any(%s)
"""


def changed(tx: Tx, database_id: int, profile_ids: Iterable[int], lot_ids: Iterable[int]) -> None:
    """Say that accounts of these people and these lots have changed and must be projected."""
    tx.mark_dirty(POINTS, database_id, (id_ for id_ in profile_ids if id_ > 0))
    tx.mark_dirty(LOTS, database_id, lot_ids)


async def ensure_points(engines: Engines, database_id: int) -> None:
    """Make the tables of a database, once a process."""
    made: set[int] = engines.ports.setdefault(_MADE, set())
    if database_id not in made:
        for table in (_POINT_TABLE, _LOT_TABLE):
            await engines.clickhouse.command(table.format(db=int(database_id), settings=TABLE_SETTINGS))
        made.add(database_id)


async def drop_database(engines: Engines, database_id: int) -> None:
    """Forget the ledger of a database that is gone, in both engines."""
    async with engines.db.hot() as raw:
        await raw.execute("set local fidelia.ledger_purge = 'on'")
        await raw.execute("update loyalty_account set heir_id = null where database_id = %s", (database_id,))
        await raw.execute(
            "delete from loyalty_consumption c using loyalty_transaction t, loyalty_account a"
            " where c.transaction_id = t.id and t.account_id = a.id and a.database_id = %s",
            (database_id,),
        )
        await raw.execute("delete from loyalty_account where database_id = %s", (database_id,))
    for name in ("pt", "lots"):
        await engines.clickhouse.command(f"drop table if exists {name}_{int(database_id)} sync")
    engines.ports.setdefault(_MADE, set()).discard(database_id)


class Points:
    """Stream ``loyalty_points``: ids are of profiles whose accounts changed."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present accounts; of people who have none, tombstones in every point type."""
        await ensure_points(engines, database_id)
        for part in slices(ids, _AT_ONCE):
            async with engines.db.hot() as raw:
                rows = await _copied(raw, _POINT_ROWS, database_id, list(part))
                found = await raw.execute(
                    "select t.program_id, t.id from loyalty_point_type t join loyalty_program p on p.id = t.program_id"
                    " where p.database_id = %s",
                    (database_id,),
                )
                types = await found.fetchall()
            if rows:
                await engines.clickhouse.insert_bytes(f"pt_{database_id}", None, rows, "TabSeparated")
            gone = part - BitMap(int(line.split(b"\t", 3)[2]) for line in rows.split(b"\n") if line)
            dead = "".join(f"{program}\t{type_}\t{id_}\t{GONE}\t1\n" for program, type_ in types for id_ in gone)
            if dead:
                columns = ["program", "type", "profile", "version", "is_deleted"]
                await engines.clickhouse.insert_bytes(f"pt_{database_id}", columns, dead.encode(), "TabSeparated")


class Lots:
    """Stream ``loyalty_lots``: ids are of lots. Spent ones stay, with nothing left."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present state of these lots."""
        await ensure_points(engines, database_id)
        for part in slices(ids, _AT_ONCE):
            async with engines.db.hot() as raw:
                rows = await _copied(raw, _LOT_ROWS, database_id, list(part))
            if rows:
                await engines.clickhouse.insert_bytes(f"lots_{database_id}", None, rows, "TabSeparated")


async def rebuild(engines: Engines, database_ids: Sequence[int]) -> None:
    """Mark every account and lot as to be projected again; the drain does the work."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        for database_id in database_ids:
            people = await raw.execute(
                "select distinct profile_id from loyalty_account where database_id = %s and profile_id > 0",
                (database_id,),
            )
            lots = await raw.execute(
                "select l.id from loyalty_lot l join loyalty_account a on a.id = l.account_id where a.database_id = %s",
                (database_id,),
            )
            changed(tx, database_id, [r[0] for r in await people.fetchall()], [r[0] for r in await lots.fetchall()])


async def _copied(raw: psycopg.AsyncConnection[Any], query: str, *params: Any) -> bytes:
    parts: list[bytes] = []
    async with raw.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout".encode(), params) as copy:
        async for chunk in copy:
            parts.append(bytes(chunk))
    return b"".join(parts)
