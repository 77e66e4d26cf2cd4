"""How members get to ClickHouse: ``m_{database}``, a row for each with the levels, and a list of them by program.

The list is what ``member`` asks, the table what fields like ``loyalty.club.levels.status`` read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyroaring import BitMap

from fidelia.conditions import BASES
from fidelia.platform.batches import slices
from fidelia.platform.clickhouse import TABLE_SETTINGS
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.segments import ListedPeople

from .. import programs
from .store import members as store

STREAM = "members"
BASE = BASES["program"]
GONE = 2**63
STATES = ("draft", "active", "inactive", "archived")
_AT_ONCE = 50_000
_MADE = "loyalty.members.made"
_TABLE = """
create table if not exists m_{db} (
    program UInt32, profile UInt32, joined_at DateTime64(3, 'UTC'), levels Map(UInt32, String), version UInt64,
    is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by (program, profile) settings {settings}
"""
_ROWS = """
select m.program_id, m.profile_id, to_char(m.joined_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'),
    '{' || coalesce(string_agg(s.group_id || ':''' || l.key || '''', ',' order by s.group_id), '') || '}',
    (extract(epoch from statement_timestamp()) * 1000000)::bigint, (m.state <> 'active')::int
from loyalty_member m join loyalty_program p on p.id = m.program_id
left join loyalty_level_group g on g.program_id = p.id
left join loyalty_standing s on s.group_id = g.id and s.profile_id = m.profile_id and s.level_id is not null
left join loyalty_level l on l.id = s.level_id
where p.database_id = %s and m.profile_id = any(%s)
group by m.program_id, m.profile_id
"""


def changed(tx: Tx, database_id: int, profile_ids: Iterable[int], program_id: int | None = None) -> None:
    """Say that members have changed and must be projected; with a program, also who is in it."""
    tx.mark_dirty(STREAM, database_id, profile_ids)
    if program_id is not None:
        tx.mark_dirty("segments", database_id, [BASE + program_id])


async def ensure_members(engines: Engines, database_id: int) -> None:
    """Make the table of a database, once a process."""
    made: set[int] = engines.ports.setdefault(_MADE, set())
    if database_id not in made:
        await engines.clickhouse.command(_TABLE.format(db=int(database_id), settings=TABLE_SETTINGS))
        made.add(database_id)


async def drop_database(engines: Engines, database_id: int) -> None:
    """Drop the table of a database that is gone."""
    await engines.clickhouse.command(f"drop table if exists m_{int(database_id)} sync")


class Members:
    """Stream ``members``: ids are of profiles that came into programs of the database, left, or changed level."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present rows; of people who are nowhere any more, tombstones in every program."""
        await ensure_members(engines, database_id)
        for part in slices(ids, _AT_ONCE):
            rows: list[bytes] = []
            async with engines.db.hot() as raw:
                async with (
                    raw.cursor() as cursor,
                    cursor.copy(f"copy ({_ROWS}) to stdout".encode(), (database_id, list(part))) as copy,
                ):
                    async for chunk in copy:
                        rows.append(bytes(chunk))
                found = await raw.execute("select id from loyalty_program where database_id = %s", (database_id,))
                of_database = [row[0] for row in await found.fetchall()]
            text = b"".join(rows)
            if text:
                await engines.clickhouse.insert_bytes(f"m_{database_id}", None, text, "TabSeparated")
            gone = part - BitMap(int(line.split(b"\t", 2)[1]) for line in text.split(b"\n") if line)
            dead = "".join(f"{program}\t{id_}\t{GONE}\t1\n" for program in of_database for id_ in gone)
            if dead:
                columns = ["program", "profile", "version", "is_deleted"]
                await engines.clickhouse.insert_bytes(f"m_{database_id}", columns, dead.encode(), "TabSeparated")


class MemberLists:
    """Who is a member of programs, and who ever was (a port of segments)."""

    async def numbers(self, tx: Tx, database_id: int) -> Sequence[int]:
        """Return the numbers of the lists of all programs of a database."""
        return [BASE + program.id for program in await programs.programs(tx, database_id=database_id, states=STATES)]

    async def lists(self, tx: Tx, database_id: int, numbers: BitMap) -> Mapping[int, ListedPeople]:
        """Return those of these lists that there are."""
        known = set(await self.numbers(tx, database_id))
        return {
            number: ListedPeople(
                await store.everybody(tx, number - BASE), await store.everybody(tx, number - BASE, removed=True)
            )
            for number in numbers
            if number in known
        }


async def rebuild(engines: Engines, database_ids: Sequence[int]) -> None:
    """Mark every member as to be projected again; the drain does the work."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        for database_id in database_ids:
            cursor = await raw.execute(
                "select distinct m.profile_id from loyalty_member m join loyalty_program p on p.id = m.program_id"
                " where p.database_id = %s",
                (database_id,),
            )
            tx.mark_dirty(STREAM, database_id, (row[0] for row in await cursor.fetchall()))
