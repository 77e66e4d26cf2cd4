"""Use cases of bulk updates: look before, start, read, forget."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Ending
from fidelia.platform.postgres import Tx
from fidelia.profiles import BulkOperation, Tally

from ..service import audience as audiences
from ..service.audience import Audience
from . import store
from .model import BulkPreview, BulkStarted, BulkUpdate

RUN = "segments.bulk_update"
PEOPLE = "segments.bulk_people"
#: A preview looks at as many people as it can in this time, and says at how many.
PREVIEW_SECONDS = 4.0
_LOOK = 20_000
SAMPLE = 10
#: Who was refused, and with which value, is not kept for ever; the figures are.
KEEP_ROWS = timedelta(days=30)
#: Whom the other figures count is known this long.
KEEP_PEOPLE = timedelta(days=90)
_HEADER = ("profile_id", "field", "value", "reason")


async def preview(
    engines: Engines, actor: Actor, database_id: int, audience: Audience, operations: Sequence[BulkOperation]
) -> BulkPreview:
    """Tell what a bulk update would do now; writes nothing. Raises 403, 404, 409, 422, 503, ``DrainBehind``."""
    _allowed(actor, operations)
    async with engines.tx() as tx:
        title = await audiences.check_audience(tx, actor, database_id, audience)
        plan = await profiles.plan_bulk(tx, database_id, operations)
        found = await audiences.people_at_once(tx, database_id, audience)
    if found is None:
        found = await audiences.audience_people(engines, database_id, audience, wait=False)
    tally = Tally()
    sample: list[profiles.BulkSample] = []
    until = time.monotonic() + PREVIEW_SECONDS
    for start in range(0, len(found), _LOOK):
        part = list(found[start : start + _LOOK])
        async with engines.tx() as tx:
            tally.add(await profiles.examine_bulk(tx, plan, part))
            if not start:
                sample = await profiles.sample_bulk(tx, plan, part, SAMPLE)
        if time.monotonic() > until:
            break
    return BulkPreview(
        title=title,
        people=len(found),
        examined=tally.people,
        changed=tally.changed,
        unchanged=tally.unchanged,
        refused=tally.refused,
        gone=tally.gone,
        events=tally.events,
        steps=profiles.step_counts(plan, tally),
        reasons=profiles.reasons_of(plan, tally),
        sample=sample,
        lowers=profiles.lowers_consent(operations),
    )


async def start(
    tx: Tx,
    actor: Actor,
    database_id: int,
    audience: Audience,
    operations: Sequence[BulkOperation],
    *,
    skip_triggers: bool = False,
) -> BulkStarted:
    """Begin a bulk update: whom it is about is frozen now, or by a job that has to work it out first.

    Raises 403; 404; 409 (archived segment, broken rules); 422 with a pointer for each fault.
    """
    _allowed(actor, operations)
    name = await audiences.check_audience(tx, actor, database_id, audience)
    plan = await profiles.plan_bulk(tx, database_id, operations)
    people = await audiences.people_at_once(tx, database_id, audience)
    titles = [step.title for step in plan.steps]
    kept = {
        "audience": audiences.stored(audience),
        "operations": msgspec.to_builtins([step.operation for step in plan.steps]),
    }
    values = {"database_id": database_id, "title": name, "titles": titles, "skip_triggers": skip_triggers, **kept}
    bulk_id = await store.insert(tx, {**values, "actor": actor.name})
    link = f"/databases/{database_id}/bulk-updates/{bulk_id}"
    args: dict[str, Any] = {"bulk_id": bulk_id, "people_job": None}
    if people is None:
        first = await jobs.create(
            tx,
            kind=PEOPLE,
            title=f"Find the people: {name}",
            actor=actor.name,
            args={"bulk_id": bulk_id},
            database_id=database_id,
            link=link,
        )
        args["people_job"] = first.id
    else:
        await store.set_people(tx, bulk_id, people)
    job = await jobs.create(
        tx,
        kind=RUN,
        title=f"{', '.join(titles)}: {name}",
        actor=actor.name,
        args=args,
        total=None if people is None else len(people),
        database_id=database_id,
        link=link,
    )
    await store.update(tx, bulk_id, job_id=job.id)
    after = {**kept, "people": None if people is None else len(people), "skip_triggers": skip_triggers}
    if audience.profile_ids is not None:
        after["audience"] = {**kept["audience"], "profile_ids": len(audience.profile_ids)}
    await audit(tx, actor, "bulk_update.started", kind="bulk_update", object_id=bulk_id, name=name, after=after)
    return BulkStarted(job, await get(tx, bulk_id))


def _allowed(actor: Actor, operations: Sequence[BulkOperation]) -> None:
    """Whoever changes subscriptions needs the right to; the one to change profiles is the route's."""
    if any(hasattr(operation, "resource_id") for operation in operations):
        actor.require("consent:update")


async def get(tx: Tx, bulk_id: int) -> BulkUpdate:
    """Return a bulk update with its figures; raise 404."""
    return (await _current(tx, [store.as_bulk_update(await store.find(tx, bulk_id))]))[0]


async def list_bulk_updates(tx: Tx, page: PageRequest, database_id: int) -> Page[BulkUpdate]:
    """Return a page of a database's bulk updates, newest first; raise 404."""
    await profiles.get_database(tx, database_id)
    found = await store.page(tx, database_id, page)
    return Page(await _current(tx, found.items), found.next_cursor, found.total)


async def _current(tx: Tx, shown: Sequence[BulkUpdate]) -> list[BulkUpdate]:
    """Those whose job has ended without saying so (cancelled before it began, killed for good) end with it."""
    active = [item.job_id for item in shown if item.state in store.ACTIVE and item.job_id is not None]
    ended = await jobs.outcomes(tx, active) if active else {}
    return [_as_ended(item, *ended[item.job_id]) if item.job_id in ended else item for item in shown]


def _as_ended(item: BulkUpdate, state: Ending, error: str | None) -> BulkUpdate:
    error = item.error or error or (None if item.done else "Stopped before anybody was changed")
    return msgspec.structs.replace(item, state=state, error=error)


async def settle(tx: Tx) -> None:
    """Note of bulk updates that their job has ended without saying so, and forget whom they were about."""
    open_ = await store.active(tx)
    for before, now in zip(open_, await _current(tx, open_), strict=True):
        if now.state != before.state:
            await store.update(tx, now.id, state=now.state, error=now.error, people=None, finished_at=tx.now)


async def refused_csv(tx: Tx, bulk_id: int) -> AsyncIterator[bytes]:
    """Return a CSV of who was refused, with the value that stood in the way and the reason; raise 404."""
    await store.find(tx, bulk_id)
    return _lines(tx.engines, bulk_id)


async def _lines(engines: Engines, bulk_id: int) -> AsyncIterator[bytes]:
    """Read block by block, each in a transaction of its own: a slow reader must not hold one open."""
    yield b"\xef\xbb\xbf" + profiles.files.csv_line(_HEADER).encode()
    last = 0
    while True:
        async with engines.tx() as tx:
            found = await store.next_refused(tx, bulk_id, last)
        if found is None:
            return
        last, rows = found
        yield "".join(profiles.files.csv_line(msgspec.structs.astuple(row)) for row in rows).encode()


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of bulk updates that wait or work, and of what is known of refused ones."""
    await store.forget(tx, database_id, gone)


async def forget_old(engines: Engines) -> None:
    """Forget who was refused by bulk updates of long ago."""
    async with engines.tx() as tx:
        await settle(tx)
        await store.forget_rows(tx, tx.now - KEEP_ROWS)
        await store.forget_lists(tx, tx.now - KEEP_PEOPLE)
