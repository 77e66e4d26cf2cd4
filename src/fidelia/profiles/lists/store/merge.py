"""From the staging of a file to the rows of a sheet: a new generation, or merged into the present one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from ..sheet import Sheet, SheetColumn
from . import content, ddl


class Merged(msgspec.Struct, frozen=True):
    """What became of the copied rows; ``distinct`` of them have different keys."""

    distinct: int
    added: int
    updated: int
    first_id: int = 0
    last_id: int = 0


async def copy_in(
    raw: psycopg.AsyncConnection[Any], load_id: int, columns: Sequence[SheetColumn], payload: bytes
) -> None:
    """Append a block of rows (``n`` and the stored columns, tab-separated) to the staging."""
    names = ", ".join(name for column in columns for name in column.stored)
    async with raw.cursor() as cursor, cursor.copy(f"copy {ddl.staging(load_id)} (n, {names}) from stdin") as copy:
        await copy.write(payload)


async def _frugally(raw: psycopg.AsyncConnection[Any]) -> None:
    """Sort on disk rather than in memory, in one process: a long load must not be felt by others."""
    await raw.execute("set local work_mem = '64MB'")
    await raw.execute("set local max_parallel_workers_per_gather = 0")


def _distinct(sheet: Sheet, load_id: int, names: str) -> str:
    """Return the copied rows with each key once: of a list the first, of a table the last, as an upsert would."""
    way = "asc" if sheet.kind == "list" else "desc"
    key = ", ".join(sheet.identity)
    return f"select distinct on ({key}) {names} from {ddl.staging(load_id)} order by {key}, n {way}"


async def build(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, load_id: int, columns: Sequence[SheetColumn]
) -> Merged:
    """Make the table of a new generation out of the staging."""
    await _frugally(raw)
    await ddl.create(raw, sheet)
    names = ", ".join(name for column in columns for name in column.stored)
    cursor = await raw.execute(f"insert into {sheet.pg} ({names}) {_distinct(sheet, load_id, names)}")
    added = cursor.rowcount
    await ddl.add_indexes(raw, sheet)
    return Merged(distinct=added, added=added, updated=0, first_id=1, last_id=await content.last_id(raw, sheet))


async def merge(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, load_id: int, columns: Sequence[SheetColumn]
) -> tuple[Merged, list[int]]:
    """Add the staged rows to a sheet, and update those that a table has; return what happened and the changed ids."""
    await _frugally(raw)
    stored = [name for column in columns for name in column.stored]
    names = ", ".join(stored)
    stage = f"{ddl.staging(load_id)}_distinct"
    await raw.execute(f"create temp table {stage} on commit drop as {_distinct(sheet, load_id, names)}")
    await raw.execute(f"analyze {stage}")
    found = await (await raw.execute(f"select count(*) from {stage}")).fetchone()
    distinct = int(found[0]) if found else 0
    same = " and ".join(f"t.{name} = s.{name}" for name in sheet.identity)
    changed: list[int] = []
    others = [name for name in stored if name not in sheet.key.stored]
    if sheet.kind == "table" and others:
        cursor = await raw.execute(
            f"""
            update {sheet.pg} t set version = t.version + 1, {", ".join(f"{n} = s.{n}" for n in others)}
            from {stage} s where {same}
            and ({", ".join(f"t.{n}" for n in others)}) is distinct from ({", ".join(f"s.{n}" for n in others)})
            returning t.id
            """
        )
        changed = [int(row[0]) for row in await cursor.fetchall()]
    before = await content.last_id(raw, sheet)
    # Sorted by the key, as calls add theirs: whoever meets here waits, and nobody crosses.
    cursor = await raw.execute(
        f"insert into {sheet.pg} ({names}) select {names} from {stage} s"
        f" where not exists (select from {sheet.pg} t where {same}) order by {', '.join(sheet.identity)}"
        " on conflict do nothing"
    )
    added = cursor.rowcount
    last = await content.last_id(raw, sheet)
    return Merged(distinct, added, len(changed), before + 1 if added else 0, last if added else 0), changed
