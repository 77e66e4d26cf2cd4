"""Queries that segments ask ClickHouse themselves; conditions bring their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pyroaring import BitMap

from fidelia.platform.clickhouse import ClickHouse, bitmap_parameter, bitmap_sql

from .. import rules
from ..model import SegmentRange


async def marks(ch: ClickHouse, tables: Iterable[str]) -> dict[str, int]:
    """Return how far each of these tables has been written: a number that every insert and mutation changes, no merge.

    Names of no table, and empty tables, are left out.
    """
    names = sorted(tables)
    rows = await ch.query(
        "select table, groupBitXor(cityHash64(partition_id, block, version)) from ("
        " select table, partition_id, max(max_block_number) as block, max(data_version) as version"
        " from system.parts where database = currentDatabase() and active and table in ({names:Array(String)})"
        " group by table, partition_id) group by table",
        {"names": names},
    )
    return {str(name): int(mark) for name, mark in rows}


async def written(ch: ClickHouse, table: str, numbers: Collection[int]) -> dict[int, int]:
    """Return the versions of stored bitmaps; those that were never written are left out."""
    if not numbers:
        return {}
    rows = await ch.query(
        f"select segment, max(version) from {table} where segment in ({{numbers:Array(UInt32)}}) group by segment",
        {"numbers": sorted(numbers)},
    )
    return {int(number): int(version) for number, version in rows}


async def draw(
    ch: ClickHouse,
    database_id: int,
    found: BitMap,
    part: SegmentRange | None,
    limit: int | None,
    tag: str | None = None,
) -> BitMap:
    """Return those whose position in the database's order lies in a range, and of them the first up to a limit.

    The order is :func:`fidelia.segments.rules.position`, worked out by ClickHouse for all at once. The bitmap is one's
    own.
    """
    if part is None and (limit is None or len(found) <= limit):
        return BitMap(found)
    first, last = rules.edges(part)
    few = "" if limit is None else f"order by at limit {int(limit)}"
    return await ch.bitmap(
        f"with {bitmap_sql('found')} as found select groupBitmapState(id) from ("
        " select arrayJoin(bitmapToArray(found)) as id, intHash64(bitXor(toUInt64(id), {key:UInt64})) as at"
        f" where at >= {{first:UInt64}} and at <= {{last:UInt64}} {few})",
        {"found": bitmap_parameter(found), "key": rules.sampling_key(database_id), "first": first, "last": last},
        tag=tag,
    )


async def rows(
    ch: ClickHouse,
    table: str,
    columns: Sequence[str],
    key: str,
    values: Sequence[Any],
    *,
    where: str,
    final: bool,
    limit: int,
    tag: str | None = None,
) -> list[tuple[Any, ...]]:
    """Return expressions over the rows whose ``key`` is one of some whole numbers. Expressions are developers' own."""
    shown = ", ".join(f"{column} as c{n}" for n, column in enumerate(columns))
    also = f" and ({where})" if where else ""
    return await ch.query(
        f"select {shown} from {table}{' final' if final else ''}"
        f" where {key} in ({{values:Array(UInt64)}}){also} limit {int(limit)}",
        {"values": [int(value) for value in values]},
        tag=tag,
    )


async def inside(
    ch: ClickHouse, table: str, column: str, numbers: Collection[int], profile_id: int, tag: str | None = None
) -> dict[int, bool]:
    """Return for each bitmap whether a profile is in it; ``column`` is ``bm`` (now) or ``ever``.

    In one that was never written there is nobody.
    """
    if not numbers:
        return {}
    found = await ch.query(
        f"select segment, bitmapContains({column}, {{id:UInt32}}) from (select * from {table}"
        " where segment in ({numbers:Array(UInt32)}) order by version desc limit 1 by segment)",
        {"id": profile_id, "numbers": sorted(numbers)},
        tag=tag,
    )
    return {**dict.fromkeys(numbers, False), **{number: bool(yes) for number, yes in found}}


def literal(text: str) -> str:
    """Quote a text of our own vocabulary."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
