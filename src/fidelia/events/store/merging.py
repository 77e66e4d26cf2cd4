"""Queries of events about people who are merged or split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from fidelia import profiles
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.outbox import clickhouse_time

from ..projection import events_table

_COLUMNS = "at, id, mailing, campaign, scenario, template, channel, link, total, props"


async def move_visitors(raw: psycopg.AsyncConnection[Any], source: profiles.Person, into: profiles.Person) -> int:
    """Make the visitors that somebody was another one; a visitor that both databases know stays as it is there."""
    cursor = await raw.execute(
        """
        update visitor v set database_id = %(to)s, profile = %(into)s
        where v.database_id = %(from)s and v.profile = %(source)s and (%(from)s = %(to)s or not exists (
            select from visitor w where w.database_id = %(to)s and w.visitor = v.visitor))
        """,
        {
            "to": into.database_id,
            "into": into.profile_id,
            "from": source.database_id,
            "source": source.profile_id,
        },
    )
    return cursor.rowcount


async def learn_types(raw: psycopg.AsyncConnection[Any], source: int, into: int, now: datetime) -> None:
    """Give a database the types of events that another one has and it does not."""
    await raw.execute(
        "insert into event_type (database_id, name, label, description, declared, properties, seen, created_at,"
        " updated_at) select %s, name, label, description, declared, properties, seen, %s, %s from event_type"
        " where database_id = %s and archived_at is null on conflict (database_id, name) do nothing",
        (into, now, now, source),
    )


async def move(ch: ClickHouse, source: int, into: int, people: Mapping[int, int]) -> None:
    """Make what happened to some people what happened to others; repeating it changes nothing.

    The rows are written under their new person first, so that a kill in between loses none, then the old ones go.
    """
    params: dict[str, Any] = {"old": list(people), "new": list(people.values())}
    await ch.command(
        f"insert into {events_table(into)} (type, profile, {_COLUMNS})"
        " select type, transform(profile, {old:Array(UInt32)}, {new:Array(UInt32)}, profile),"
        f" {_COLUMNS} from {events_table(source)} final where profile in ({{old:Array(UInt32)}})"
        " settings insert_deduplicate = 0",
        params,
    )
    await ch.command(
        f"delete from {events_table(source)} where profile in ({{old:Array(UInt32)}}) settings mutations_sync = 1",
        {"old": params["old"]},
    )


async def copy(ch: ClickHouse, source: profiles.Person, copies: Sequence[tuple[profiles.Person, datetime]]) -> None:
    """Write what happened to somebody until a moment under others as well; repeating it changes nothing."""
    for into, until in copies:
        await ch.command(
            f"insert into {events_table(into.database_id)} (type, profile, {_COLUMNS})"
            f" select type, {{into:UInt32}}, {_COLUMNS} from {events_table(source.database_id)} final"
            " where profile = {source:UInt32} and at <= {until:DateTime64(3, 'UTC')} settings insert_deduplicate = 0",
            {"into": into.profile_id, "source": source.profile_id, "until": clickhouse_time(until)},
        )
