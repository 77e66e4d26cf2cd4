"""Changing many profiles at once: what it would do, and doing it chunk by chunk.

Somebody for whom one operation cannot be done is refused as a whole and stays as they are. Everything else is written
set-based: the people are locked, then each kind of change is one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import invalid
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..store import bulk as store
from ..store import bulk_consent, consent
from ..store import databases as databases_store
from .bulk_model import (
    BulkOperation,
    BulkOutcome,
    BulkPlan,
    BulkReason,
    BulkSample,
    PauseSubscriptions,
    Refusal,
    SetGlobalStatus,
    Step,
    StepCount,
    SuspendSubscriptions,
    Tally,
    UnsubscribePeople,
    ValueChange,
)
from .bulk_rules import read_steps
from .databases import get_database
from .search import conditions
from .subscriptions import announce

TOO_LONG = "The values of this profile are too many and too long together"
TAKEN = "Another profile has this value already"
_SINGLE_EVENTS = 100
#: What one person's row may be refused for although every value by itself fits.
_OWN_FAULT = (psycopg.errors.ProgramLimitExceeded, psycopg.errors.UniqueViolation)


async def plan_bulk(
    tx: Tx, database_id: int, operations: Sequence[BulkOperation], *, pointer: str = "/operations", write: bool = False
) -> BulkPlan:
    """Read operations against a database as it is now. Raises 404; 422 with a pointer for each fault.

    ``write``: the fields may not change until the transaction ends.
    """
    database = await (databases_store.open_for_write if write else get_database)(tx, database_id)
    wanted = {
        number
        for operation in operations
        for number in (getattr(operation, "resource_id", None), getattr(operation, "contact_of", None))
        if number is not None
    }
    resources = await consent.resources_by_id(tx, wanted) if wanted else {}
    steps, errors = read_steps(database, operations, resources, pointer)
    if errors:
        raise invalid(*errors)
    order = {True: 0, False: 2}
    steps.sort(key=lambda s: 1 if isinstance(s.operation, SetGlobalStatus) else order[s.field is not None])
    return BulkPlan(database=database, steps=tuple(steps))


async def examine_bulk(tx: Tx, plan: BulkPlan, ids: Iterable[int]) -> Tally:
    """Count what the operations would do to some thousand people; writes nothing."""
    wanted = list(ids)
    found = await store.figures(await tx.raw(), store.compile_plan(plan, tx.now), wanted)
    return Tally(
        people=len(wanted),
        changed=found["changed"],
        refused=found["refused"],
        unchanged=found["people"] - found["changed"] - found["refused"],
        gone=len(wanted) - found["people"],
        events=found["events"],
        steps=found["steps"],
    )


async def sample_bulk(tx: Tx, plan: BulkPlan, ids: Iterable[int], count: int = 10) -> list[BulkSample]:
    """Return what would become of a few of these people; those who change or are refused first."""
    rows = await store.sample(await tx.raw(), store.compile_plan(plan, tx.now), ids, count)
    return [_sample(plan, row) for row in rows]


def _sample(plan: BulkPlan, row: dict[str, Any]) -> BulkSample:
    refused = None if row["bad"] is None else refusal_of(plan.steps[row["bad"]])
    changes: dict[str, ValueChange] = {}
    for step, (before, after, changed) in zip(plan.steps, row["steps"], strict=True):
        what = what_of(step)
        first = changes.get(what)
        if changed or first is not None:
            changes[what] = ValueChange(what=what, before=first.before if first else before, after=after)
    shown = [] if refused else [c for c in changes.values() if c.before != c.after]
    return BulkSample(profile_id=row["id"], name=row["name"], changes=shown, refused=refused)


def what_of(step: Step) -> str:
    """Name what a step changes: a field by its name, a subscription by its resource and channel."""
    if step.field is not None:
        return step.field.name
    operation: Any = step.operation
    if isinstance(operation, SetGlobalStatus):
        return "status"
    return f"{step.value}, {operation.channel}" if operation.channel else str(step.value)


def refusal_of(step: Step) -> str:
    """Say why a step refuses somebody."""
    return step.refusal


def step_counts(plan: BulkPlan, tally: Tally) -> list[StepCount]:
    """Return the figures of each operation."""
    rows = tally.steps or [[0, 0, 0] for _ in plan.steps]
    return [
        StepCount(title=step.title, changed=changed, kept=kept, refused=refused)
        for step, (changed, kept, refused) in zip(plan.steps, rows, strict=True)
    ]


def reasons_of(plan: BulkPlan, tally: Tally) -> list[BulkReason]:
    """Return why people are refused, the most frequent first."""
    found = [
        BulkReason(operation=n, field=what_of(step), reason=refusal_of(step), people=row[2])
        for n, (step, row) in enumerate(zip(plan.steps, tally.steps, strict=False))
        if row[2]
    ]
    return sorted(found, key=lambda reason: -reason.people)


async def write_bulk(
    tx: Tx, actor: Actor, plan: BulkPlan, ids: Sequence[int], *, bulk_id: int, triggers: bool
) -> BulkOutcome:
    """Do the operations on some thousand people in the caller's transaction; ``plan`` is of this transaction.

    Without ``triggers`` nothing goes into the history. Raises the driver's deadlocks, for the caller to try again.
    """
    raw = await tx.raw()
    database = plan.database
    bulk = store.compile_plan(plan, tx.now)
    there = await store.lock(raw, database.table, ids)
    looked = await store.figures(raw, bulk, there)
    refusals = [
        Refusal(profile, n, what_of(plan.steps[n]), value, refusal_of(plan.steps[n]))
        for profile, n, value in (await store.refusals(raw, bulk, there) if looked["refused"] else [])
    ]
    out = {refusal.profile_id for refusal in refusals}
    fit = [i for i in there if i not in out]
    written, faults = await _write_fields(tx, bulk, fit)
    if faults:
        refusals += faults
        out |= {refusal.profile_id for refusal in faults}
        fit = [i for i in fit if i not in out]
    changed = BitMap(i for people in written.values() for i in people)
    steps = [[0, kept, refused] for _, kept, refused in looked["steps"]]
    for flags, people in written.items():
        for n, flag in enumerate(flags):
            steps[n][0] += len(people) if flag else 0
    events = await _announce_fields(tx, actor, plan, written, bulk_id, triggers=triggers)
    for n, step in enumerate(plan.steps):
        if step.field is None and not isinstance(step.operation, SetGlobalStatus):
            subscriptions = await bulk_consent.write(raw, database.id, step, fit, tx.now)
            affected = BitMap(c.profile_id for c in subscriptions)
            steps[n][0] = len(affected)
            changed |= affected
            events += len(subscriptions) if triggers else 0
            await announce(
                tx, database.id, subscriptions, "bulk", bulk=bulk_id, triggers=triggers, more=_more(step, tx.now)
            )
    for refusal in faults:
        steps[refusal.step][2] += 1
    tally = Tally(
        people=len(ids),
        changed=len(changed),
        refused=len(refusals),
        unchanged=len(there) - len(changed) - len(refusals),
        gone=len(ids) - len(there),
        events=events,
        steps=steps,
    )
    stayed = BitMap(there) - changed - BitMap(out)
    return BulkOutcome(tally=tally, refusals=refusals, changed=changed, unchanged=stayed)


def _more(step: Step, now: datetime) -> dict[str, Any]:
    """Return what the events of an operation tell beside the status."""
    if isinstance(step.operation, PauseSubscriptions):
        return {"change": "paused", "paused_until": (now + timedelta(days=step.operation.days)).isoformat()}
    return {"reason": reason} if (reason := getattr(step.operation, "reason", "")) else {}


async def _write_fields(
    tx: Tx, bulk: store.Bulk, ids: Sequence[int]
) -> tuple[dict[tuple[bool, ...], list[int]], list[Refusal]]:
    """Write; when one row makes the statement fail, find it by halving and refuse it alone."""
    if not ids or not bulk.finals:
        return {}, []
    try:
        async with tx.savepoint():
            return await store.write_fields(await tx.raw(), bulk, ids, tx.now), []
    except _OWN_FAULT as exc:
        if len(ids) == 1:
            step = next(n for n, s in enumerate(bulk.plan.steps) if s.field is not None)
            why = TAKEN if isinstance(exc, psycopg.errors.UniqueViolation) else TOO_LONG
            return {}, [Refusal(ids[0], step, "", "", why)]
    middle = len(ids) // 2
    written, faults = await _write_fields(tx, bulk, ids[:middle])
    more, other = await _write_fields(tx, bulk, ids[middle:])
    for flags, people in more.items():
        written.setdefault(flags, []).extend(people)
    return written, [*faults, *other]


async def _announce_fields(
    tx: Tx,
    actor: Actor,
    plan: BulkPlan,
    written: dict[tuple[bool, ...], list[int]],
    bulk_id: int,
    *,
    triggers: bool,
) -> int:
    """Have ClickHouse see the rows, and put into the history which fields changed for whom; return how many events."""
    database = plan.database
    events = 0
    for flags, people in written.items():
        tx.mark_dirty("profiles", database.id, people)
        if not triggers:
            continue
        properties: dict[str, Any] = {
            "fields": store.names_of(plan, flags),
            "source": "bulk",
            "bulk_update": bulk_id,
            "by": actor.name,
        }
        events += len(people)
        for step, flag in zip(plan.steps, flags, strict=True):
            if flag and isinstance(step.operation, SetGlobalStatus):
                properties["status"] = step.operation.status
        if len(people) > _SINGLE_EVENTS:
            await tx.emit_bulk(database.id, "profile.updated", BitMap(people), tx.now, properties)
        else:
            tx.emit_many(EventOut(database.id, i, "profile.updated", tx.now, properties) for i in people)
    return events


async def search_ids(tx: Tx, database_id: int, q: str, *, most: int | None = None) -> BitMap:
    """Return everybody whom a search of the list of profiles finds, or some of them. Raises 404, 422."""
    database = await get_database(tx, database_id)
    return await store.matching(await tx.raw(), database.table, conditions(database, q), most)


def lowers_consent(operations: Iterable[BulkOperation]) -> bool:
    """Tell whether operations stop messages to people who get them now."""
    for operation in operations:
        if isinstance(operation, UnsubscribePeople | SuspendSubscriptions | PauseSubscriptions):
            return True
        if isinstance(operation, SetGlobalStatus) and operation.status != "subscribed":
            return True
    return False
