"""Questions to the events table of a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.outbox import clickhouse_time

from ..projection import events_table

Position = tuple[datetime, str, int, str]
#: How far the latest events of everybody are searched back, step by step, before everything is.
_STEPS = (timedelta(days=1), timedelta(days=31), timedelta(days=366))
#: Copies of a row have the same moment, so they lie in the same month and need not be looked for in others.
_FINAL = "settings do_not_merge_across_partitions_select_final = 1"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class HistoryRow(NamedTuple):
    """An event as it lies in history."""

    type: str
    profile: int
    at: datetime
    id: str
    properties: dict[str, Any]


async def page(
    ch: ClickHouse,
    database_id: int,
    limit: int,
    *,
    profile: int | None = None,
    types: Sequence[str] | None = None,
    before: Position | None = None,
    now: datetime,
) -> list[HistoryRow]:
    """Return up to ``limit`` events, newest first, that come after the position ``before`` of the page before.

    ``types`` limits them.
    """
    where = ["1"]
    params: dict[str, Any] = {}
    if profile is not None:
        where.append("profile = {profile:UInt32}")
        params["profile"] = profile
    if types is not None:
        where.append("type in {types:Array(String)}")
        params["types"] = list(types)
    if before is not None:
        where.append(
            "(at, type, profile, id) < ({at:DateTime64(3, 'UTC')}, {type:String}, {before:UInt32}, {id:String})"
        )
        at, type_, who, id_ = before
        params |= {"at": clickhouse_time(at), "type": type_, "before": who, "id": id_}
    steps: list[timedelta | None] = [None] if profile is not None else [*_STEPS, None]
    rows: list[tuple[Any, ...]] = []
    for step in steps:
        bound = ""
        if step is not None:
            params["since"] = clickhouse_time((before[0] if before else now) - step)
            bound = " and at >= {since:DateTime64(3, 'UTC')}"
        rows = await ch.query(
            f"select type, profile, at, id, toString(props) from {events_table(database_id)} final"
            f" where {' and '.join(where)}{bound} order by at desc, type desc, profile desc, id desc limit {int(limit)}"
            f" {_FINAL}",
            params,
        )
        if len(rows) >= limit:
            break
    return [HistoryRow(type_, who, at, id_, _decode(props)) for type_, who, at, id_, props in rows]


class TypeCount(msgspec.Struct, frozen=True):
    """How often a type happened in all and of late, and when the last time."""

    count: int
    last_seen_at: datetime
    count_7d: int
    count_30d: int


async def type_counts(ch: ClickHouse, database_id: int, now: datetime) -> dict[str, TypeCount]:
    """Return for each type of a database how often it happened.

    Repeats that the table has not collapsed yet count too: these are figures for orientation.
    """
    sql = (
        "select type, count(), max(at), countIf(at >= {week:DateTime64(3, 'UTC')}),"
        f" countIf(at >= {{month:DateTime64(3, 'UTC')}}) from {events_table(database_id)} group by type"
    )
    params = {"week": clickhouse_time(now - timedelta(days=7)), "month": clickhouse_time(now - timedelta(days=30))}
    rows = await ch.query(sql, params)
    return {type_: TypeCount(int(count), last, int(week), int(month)) for type_, count, last, week, month in rows}


async def counts(ch: ClickHouse, database_id: int, profile: int | None = None) -> dict[str, tuple[int, datetime]]:
    """Return for each type how many events there are, and when the last one was.

    Of a whole database, repeats that the table has not collapsed yet count too: it is a figure for orientation.
    """
    if profile is None:
        sql, params = f"select type, count(), max(at) from {events_table(database_id)} group by type", {}
    else:
        sql = (
            f"select type, count(), max(at) from {events_table(database_id)} final"
            f" where profile = {{profile:UInt32}} group by type {_FINAL}"
        )
        params = {"profile": profile}
    return {type_: (int(count), last) for type_, count, last in await ch.query(sql, params)}
