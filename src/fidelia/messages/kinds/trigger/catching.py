"""Events that trigger mailings listen to: matched with their triggers, and turned into messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from fidelia import events, profiles
from fidelia.platform import listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, CaughtEvent, Listener
from fidelia.platform.postgres import Tx

from ...store import runs
from . import store
from .adding import add, within
from .filters import Filter, filter_of, values_of
from .model import Cause, EventTrigger
from .rules import ITS_OWN, occasion_of

CONSUMER = "trigger"
_PORT = "messages.triggers.round"

log = structlog.get_logger(__name__)

#: A trigger with its filter, if it has one.
Armed = tuple[EventTrigger, Filter | None]


async def round_of(engines: Engines) -> int:
    """Deal with everything that was caught for trigger mailings; return how many events it was.

    Each mailing deals with one chunk after the other, all of them in turn. In one process one round runs at a time.
    """
    if engines.ports.get(_PORT):
        return 0
    engines.ports[_PORT] = True
    try:
        done = 0
        while not engines.stop.is_set() and (some := await listeners.consume(engines, CONSUMER, catch)):
            done += some
        return done
    finally:
        engines.ports[_PORT] = False


async def catch(tx: Tx, listener: Listener, caught: Caught) -> None:
    """Turn a chunk of events into messages, inside the transaction that takes it off the queue."""
    raw = await tx.raw()
    active = await store.active(raw, listener.object_id)
    if active is None:
        return  # it was stopped, and listens no more
    run = await runs.get(tx, active.run_id)
    database = await profiles.get_database(tx, run.database_id)
    armed = await _arm(tx, database, [t for t in active.triggers if isinstance(t, EventTrigger)])
    mine = [event for event in caught.events() if not _own(event, run.mailing_id)]
    now = await profiles.living(tx, run.database_id, {event.profile_id for event in mine})
    mine = [event._replace(profile_id=now[event.profile_id]) for event in mine if event.profile_id in now]
    filters = [filter_ for some in armed.values() for _, filter_ in some if filter_ is not None]
    people = await values_of(tx, database, filters, {event.profile_id for event in mine})
    causes = await asyncio.to_thread(_causes, armed, mine, people, tx.now)
    await add(tx, run, await within(tx, run.plan.segment_id, causes))


async def _arm(tx: Tx, database: profiles.Database, triggers: Sequence[EventTrigger]) -> dict[str, list[Armed]]:
    """Return the triggers by the type of event they wait for; deleted types set nothing off."""
    types = {t.name: t for t in await events.event_types(tx, database.id, archived=True)}
    armed: dict[str, list[Armed]] = {}
    for trigger in triggers:
        known = types.get(trigger.type)
        if known is not None and known.archived_at is not None:
            continue
        condition = None if trigger.where is None else await filter_of(tx, database, known, trigger.where)
        armed.setdefault(trigger.type, []).append((trigger, condition))
    return armed


def _own(event: CaughtEvent, mailing_id: int) -> bool:
    return event.type in ITS_OWN and event.properties.get("mailing") == mailing_id


def _causes(
    armed: Mapping[str, Sequence[Armed]],
    happened: Sequence[CaughtEvent],
    people: Mapping[int, Mapping[str, Any]],
    now: datetime,
) -> list[Cause]:
    """Match events with triggers: the first that fits makes the message, so an event makes one at most."""
    causes = []
    for event in happened:
        for trigger, condition in armed.get(event.type, ()):
            if condition is None or condition.holds(event, people.get(event.profile_id, {}), now):
                due = event.at + timedelta(minutes=trigger.wait)
                occasion = occasion_of(f"event {event.id}")
                causes.append(Cause(event.profile_id, occasion, event.type, event.at, dict(event.properties), due))
                break
    return causes
