"""Questions to the history: what a hook is to be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.outbox import clickhouse_time

from ...projection import events_table
from ...store.history import HistoryRow

Position = tuple[datetime, str, int, str]
_FINAL = "settings do_not_merge_across_partitions_select_final = 1"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def _where(types: Sequence[str], since: datetime, until: datetime) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {"since": clickhouse_time(since), "until": clickhouse_time(until)}
    where = "at >= {since:DateTime64(3, 'UTC')} and at < {until:DateTime64(3, 'UTC')}"
    if types:
        params["types"] = list(types)
        where += " and type in {types:Array(String)}"
    return where, params


async def count(ch: ClickHouse, database_id: int, types: Sequence[str], since: datetime, until: datetime) -> int:
    """Return how many events of some types (all, when none are named) lie in a period."""
    where, params = _where(types, since, until)
    rows = await ch.query(f"select count() from {events_table(database_id)} final where {where} {_FINAL}", params)
    return int(rows[0][0])


async def forwards(
    ch: ClickHouse,
    database_id: int,
    types: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    after: Position | None,
    limit: int,
) -> list[HistoryRow]:
    """Return events of a period, the oldest first, that come after a position."""
    where, params = _where(types, since, until)
    if after is not None:
        at, type_, profile, id_ = after
        where += (
            " and (at, type, profile, id) > ({at:DateTime64(3, 'UTC')}, {type:String}, {profile:UInt32}, {id:String})"
        )
        params |= {"at": clickhouse_time(at), "type": type_, "profile": profile, "id": id_}
    rows = await ch.query(
        f"select type, profile, at, id, toString(props) from {events_table(database_id)} final where {where}"
        f" order by at, type, profile, id limit {int(limit)} {_FINAL}",
        params,
    )
    return [HistoryRow(type_, who, at, id_, _decode(props)) for type_, who, at, id_, props in rows]
