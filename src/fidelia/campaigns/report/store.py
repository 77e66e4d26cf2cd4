"""What the report of a campaign asks PostgreSQL and ClickHouse beside the lists of people."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import events
from fidelia.platform.clickhouse import ClickHouse, decode_bitmap
from fidelia.platform.postgres import Tx

from ..tables import campaign_activity

_a = campaign_activity.c
#: What people do with messages, as the history calls it.
DONE = ("sent", "opened", "clicked", "unsubscribed")


async def exempt(tx: Tx, campaign_id: int) -> set[int]:
    """Return the mailings of a campaign that reach its control group too."""
    query = sa.select(_a.object_id).where(_a.campaign_id == campaign_id, _a.kind == "mailing", _a.exempt)
    return {row.object_id for row in await tx.all(query)}


def entered(database_id: int, campaign_id: int) -> str:
    """Return SQL for when each person was assigned: when they came in first."""
    return (
        f"select profile, min(at) as entered from {events.events_table(database_id)}"
        f" where type = 'campaign.entered' and campaign = {int(campaign_id)} group by profile"
    )


def reached_goal(database_id: int) -> str:
    """Return SQL for how often a goal was reached, as purchases are told; it takes ``goal``, ``worth`` and ``money``.

    ``worth`` is what the goal is worth when nothing else is said, ``money`` its currency, empty when it has none.
    """
    return f"""
        select profile, at, currency, if(isFinite(said) and abs(said) <= 1e14, said, {{worth:Float64}}) as total from (
            select profile, at, ifNull(toFloat64OrNull(toString(props.value)), {{worth:Float64}}) as said,
                if({{money:String}} = '', '', ifNull(nullIf(toString(props.currency), ''), {{money:String}}))
                    as currency
            from {events.events_table(database_id)} final
            where type = 'goal.reached' and toString(props.goal) = {{goal:String}}
        )
    """


async def reached(ch: ClickHouse, database_id: int, campaign_id: int) -> dict[str, dict[str, BitMap]]:
    """Return who got, opened and clicked messages of a campaign, and left by one: people by what and channel."""
    rows = await ch.query(
        f"""
        select type, channel, hex(groupBitmapState(profile)) from {events.events_table(database_id)}
        where type in {{types:Array(String)}} and campaign = {{campaign:UInt32}} group by type, channel
        """,
        {"types": [f"message.{what}" for what in DONE], "campaign": campaign_id},
    )
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for type_, channel, state in rows:
        found[str(type_).partition(".")[2]][str(channel)] = decode_bitmap(bytes.fromhex(state))
    return dict(found)
