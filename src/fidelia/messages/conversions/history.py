"""What happened with people's messages, asked of the history: only the core can do that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fidelia import events
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import clickhouse_time

from .model import Occurred, Touch
from .rules import touches_of


async def touches(
    engines: Engines, database_id: int, wanted: Sequence[Occurred], window: timedelta
) -> dict[int, list[Touch]]:
    """Return deliveries, opens and clicks of these people in the windows before what occurred; machines' are none."""
    if not wanted:
        return {}
    await events.ensure_events(engines, database_id)
    rows = await engines.clickhouse.query(
        f"""
        select type, profile, at, id from {events.events_table(database_id)}
        where type in ('message.clicked', 'message.opened', 'message.sent', 'message.bounced')
            and profile in {{people:Array(UInt32)}} and at > {{since:DateTime64(3, 'UTC')}}
            and (at <= {{until:DateTime64(3, 'UTC')}} or type = 'message.bounced')
        """,  # noqa: S608 (a name of our own)
        {
            "people": sorted({one.profile for one in wanted}),
            "since": clickhouse_time(min(one.at for one in wanted) - window),
            "until": clickhouse_time(max(one.at for one in wanted)),
        },
    )
    return touches_of((str(row[0]), int(row[1]), _aware(row[2]), str(row[3])) for row in rows)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
