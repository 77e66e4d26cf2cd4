"""Building and refreshing: everybody who is not assigned yet gets a side. Always a job, in the core.

The people are found first, without a lock; then the group is locked and the newcomers are assigned in one transaction.
A run that was killed begins again and assigns only who is not assigned by then, so nobody is ever drawn twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem, conflict, unavailable
from fidelia.platform import schedules
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import Work

from ..service import answer
from ..service.lists import source_of
from ..service.refusals import in_words, reason
from . import measure, rules, store, store_clickhouse
from . import strata as strata_rules
from .assigning import assign, order_of, summary, words
from .model import ControlPlan, GroupRow, StratumOut
from .store import RUNS
from .strata import Division, label_of
from .tables import control_group

REFRESH = "control.refresh"
#: The share of buyers that the smallest visible effect is told for while nothing is known.
TYPICAL_SHARE = 0.05


async def ask(tx: Tx, actor: Actor, database_id: int) -> JobRef:
    """Have newcomers assigned now; while a refresh waits or works, return that one. Raises 404, 409 (switched off)."""
    group = await store.get(tx, database_id, lock=True)
    if not group.active:
        raise conflict("The control group is switched off: switch it on first")
    return await RUNS.ask(tx, group.id, await work_of(tx, group), source=source_of(actor), actor=actor.name)


async def start_due(engines: Engines) -> None:
    """Start the refreshes whose time has come; several processes may call this at once."""
    await schedules.start_due(engines, TIMETABLE)


async def work_of(tx: Tx, group: GroupRow) -> Work:
    """Return the job that draws a group, or gives newcomers a side."""
    database = await profiles.get_database(tx, group.database_id)
    verb = "Refresh" if group.started_at else "Draw"
    return Work(
        kind=REFRESH,
        title=f"{verb} the control group of {database.name}",
        args={"database_id": group.database_id},
        database_id=group.database_id,
        link=f"/databases/{group.database_id}/control-group",
        lock=f"control-group-{group.database_id}",
    )


async def _following(tx: Tx, group: GroupRow) -> datetime | None:
    zone = (await profiles.get_database(tx, group.database_id)).timezone
    return None if group.schedule is None else schedules.next_run(group.schedule, tx.now, zone)


TIMETABLE = schedules.Timetable(
    table=control_group,
    row=GroupRow,
    due="next_refresh_at",
    where=control_group.c.active,
    runs=RUNS,
    settle=RUNS.settle_all,
    following=_following,
    work=work_of,
)


async def run_refresh(ctx: JobContext, *, database_id: int, run_id: int) -> dict[str, Any]:
    """Assign everybody who is not assigned yet; the result tells the figures."""
    async with RUNS.telling(ctx, run_id, reason):
        with in_words():
            return await _run(ctx, database_id, run_id)


async def _run(ctx: JobContext, database_id: int, run_id: int) -> dict[str, Any]:
    started = time.perf_counter()
    async with ctx.tx() as tx:
        if not await RUNS.begin(tx, run_id):
            raise Cancelled
        group = await store.get(tx, database_id)
        made = await _divisions(tx, group)
    await answer.catch_up(ctx.engines, database_id, wait=True)
    found = await store_clickhouse.people_by_stratum(ctx.engines.clickhouse, database_id, made, tag=ctx.tag)
    ctx.progress(0, sum(len(people) for people in found.values()))
    await ctx.check()
    async with ctx.tx() as tx:
        latest = await store.find(tx, database_id, lock=True)
        if latest is None or latest.id != group.id:
            raise conflict("The control group was deleted meanwhile")
        if latest.strata != group.strata:
            raise conflict("The strata were changed meanwhile; refresh the group again")
        everybody = await profiles.all_ids(tx, database_id)  # whoever was erased meanwhile is not drawn
        found = {key: people & everybody for key, people in found.items()}
        figures = await _assign(tx, latest, made, found, run_id, started)
    ctx.progress(figures["people"], figures["people"])
    return figures


async def _assign(
    tx: Tx, group: GroupRow, made: list[Division], found: Mapping[str, BitMap], run_id: int, started: float
) -> dict[str, Any]:
    before = await store.strata(tx, group.id)
    control = await store.members(tx, group.id)
    # A second of a million people: the process answers others meanwhile.
    epoch, made_split, after = await asyncio.to_thread(
        assign, group, before, control, found, lambda key: label_of(key, made)
    )
    parts = summary(after, made_split.control, group.share, control)
    warnings = words(made_split, made, group.cap)
    for (number, key), (label, people) in after.items():
        if (number, key) not in before or before[number, key][1] != people:
            await store.set_stratum(tx, group.id, number, key, label, people)
    assigned = sum(len(inside) for _, inside in after.values())
    values: dict[str, Any] = {"epoch": epoch, "size": len(made_split.control), "people": assigned}
    if group.started_at is None:
        values["started_at"] = tx.now
    await store.update(tx, group.id, values)
    if made_split.added:
        await store.set_members(tx, group.id, made_split.control)
        run = await RUNS.find(tx, run_id)
        properties = {"control": group.id, "source": run.source if run else "system"}
        await tx.emit_bulk(group.database_id, "control.entered", made_split.added, tx.now, properties)
    figures = {
        "people": assigned,
        "size": len(made_split.control),
        "joined": len(made_split.joined),
        "entered": len(made_split.added),
        "took_ms": round((time.perf_counter() - started) * 1000),
    }
    joined = BitMap(made_split.joined)
    joined.run_optimize()
    stored = {
        **figures,
        "target": made_split.target,
        "strata": msgspec.to_builtins(parts),
        "warnings": msgspec.to_builtins(warnings),
        "members": joined.serialize() if joined else None,
    }
    if not await RUNS.end(tx, run_id, "done", columns=stored):
        raise Cancelled
    return figures


async def plan(
    engines: Engines, database_id: int, share: int, cap: int | None, made: list[Division], tag: str | None = None
) -> ControlPlan:
    """Return what a new group would be as things stand; changes nothing. Raises 503."""
    with in_words():
        await answer.catch_up(engines, database_id, wait=False)
        found = await store_clickhouse.people_by_stratum(engines.clickhouse, database_id, made, tag=tag)
    split = await asyncio.to_thread(rules.split, found, share, "plan", cap=cap)
    size = len(split.control)
    return ControlPlan(
        people=split.people,
        size=size,
        target=rules.target_size(split.people, share),
        parts=[
            StratumOut(
                key=row.key,
                label=label_of(row.key, made),
                people=row.people,
                expected=row.expected,
                control=row.control,
            )
            for row in sorted(split.strata, key=lambda row: order_of(row.key))
            if row.people
        ],
        warnings=words(split, made, cap),
        detectable=measure.detectable_share(TYPICAL_SHARE, size, split.people - size),
    )


def behind() -> Problem:
    """Return the problem of a question that cannot be answered because too much was written just now."""
    return unavailable("So much was written just now that nobody can say yet who would be kept back; ask again")


async def _divisions(tx: Tx, group: GroupRow) -> list[Division]:
    made, errors = strata_rules.divisions(await profiles.get_database(tx, group.database_id), group.strata)
    if errors:
        raise conflict(f"The strata do not fit the database any more: {errors[0].message}", *errors)
    return made
