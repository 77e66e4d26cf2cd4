"""Dates and anniversaries: when their moment has come, the people whose date it is are written to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.conditions import Compare
from fidelia.kernel.errors import Problem
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...store import ledger, runs
from . import store
from .adding import add, within
from .model import Cause, DateTrigger
from .rules import LATEST, date_name, moments, occasion_of

#: People whose messages are made with one statement.
CHUNK = 20_000
_TROUBLE = "Its dates cannot be looked at: "

log = structlog.get_logger(__name__)


async def look(engines: Engines) -> int:
    """Write to the people whose dates have come, of every mailing that waits for dates; return how many messages."""
    async with engines.db.hot() as raw:
        found = await store.with_dates(raw)
    made = 0
    for mailing_id in found:
        if engines.stop.is_set():
            break
        try:
            async with engines.tx() as tx:
                made += await _look(tx, mailing_id)
        except (Problem, ClickHouseError) as exc:  # the other mailings must not wait for this one's fault
            text = exc.detail if isinstance(exc, Problem) else str(exc)
            log.warning("dates cannot be looked at", mailing=mailing_id, reason=text)
            await _say(engines, mailing_id, f"{_TROUBLE}{text}"[:1000])
    return made


async def _look(tx: Tx, mailing_id: int) -> int:
    raw = await tx.raw()
    active = await store.active(raw, mailing_id)
    if active is None or not await store.hold(raw, active.run_id, wait=False):
        return 0
    active = await store.active(raw, mailing_id)
    if active is None:
        return 0
    run = await runs.get(tx, active.run_id)
    database = await profiles.get_database(tx, active.database_id)
    since = max(active.dates_to, tx.now - LATEST)
    made = 0
    for trigger in active.triggers:
        if isinstance(trigger, DateTrigger):
            for moment, day in moments(trigger, since, tx.now, database.timezone):
                people = await _people(tx, database, trigger, day)
                for start in range(0, len(people), CHUNK):
                    causes = _causes(trigger, moment, day, people[start : start + CHUNK])
                    made += len(await add(tx, run, await within(tx, run.plan.segment_id, causes)))
    await store.dates_seen(raw, run.id, tx.now)
    if active.trouble is not None and active.trouble.startswith(_TROUBLE):
        await ledger.trouble(raw, run.id, None, tx.now)
    return made


async def _people(tx: Tx, database: profiles.Database, trigger: DateTrigger, day: date) -> BitMap:
    """Return whose date it is. Asked as of that day, an anniversary knows what leap years do."""
    field = f"profile.{trigger.field}"
    if trigger.yearly:
        condition = Compare(field=field, op="anniversary_in", value="P0D")
    else:
        condition = Compare(field=field, op="eq", value=day.isoformat())
    noon = datetime.combine(day, time(12), ZoneInfo(database.timezone))
    found = await segments.condition_people(tx.engines, segments.Unsaved(database.id, condition), now=noon)
    return await profiles.exists(tx, database.id, found)  # somebody may have been erased this moment


def _causes(trigger: DateTrigger, moment: datetime, day: date, people: BitMap) -> list[Cause]:
    occasion = occasion_of(date_name(trigger, day))
    properties: dict[str, Any] = {"field": trigger.field, "date": day.isoformat(), "days": trigger.days}
    due = moment + timedelta(minutes=trigger.wait)
    return [Cause(profile, occasion, "date", moment, properties, due) for profile in people]


async def _say(engines: Engines, mailing_id: int, text: str) -> None:
    async with engines.tx() as tx:
        raw = await tx.raw()
        active = await store.active(raw, mailing_id)
        if active is not None:
            await ledger.trouble(raw, active.run_id, text, tx.now)
