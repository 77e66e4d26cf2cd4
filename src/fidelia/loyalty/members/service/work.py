"""Work that goes over many members: letting them in, bringing levels up to the settings, reviews and resets.

All of it goes by id in parts, each a transaction of its own that leaves nothing to be done twice: whoever is killed in
between begins again and passes over what is done. A day is judged once, since whoever is judged has the next day set.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import segments
from fidelia.kernel.errors import conflict
from fidelia.platform import jobs, listeners
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext
from fidelia.platform.listeners import Caught, Listener
from fidelia.platform.postgres import Tx

from ... import programs
from ...programs import LevelGroup, Program
from .. import rules
from ..model import MemberSource
from ..store import members as store
from ..store import reviews, standings
from .joining import AT_ONCE, allowed_of, enrol, outsiders
from .levels import Judge, Judged, judge, zone_of

REVIEW = "loyalty.review"
_ONE_AT_A_TIME = sa.text("select pg_advisory_xact_lock(hashtext('loyalty.review'), :id)")
_ROUND = "loyalty.members.round"
_KINDS: Mapping[str, tuple[str, Judge]] = {"review": ("review_on", rules.review), "reset": ("reset_on", rules.reset)}


async def run_enrol(ctx: JobContext, *, program_id: int) -> dict[str, Any]:
    """Let in whom the audience allows, then bring the level of every member up to the settings of the groups."""
    async with ctx.tx() as tx:
        program = await programs.program(tx, program_id)
        if program.state != "active":
            raise conflict(f"The program {program.name} is not active any more")
        version = await _version(tx, program)
        new = await outsiders(tx, program)
        members = len(await store.everybody(tx, program_id))
    total = members + 2 * len(new)
    source: MemberSource = "segment" if program.audience == "segment" else "everybody"
    came = 0
    for start in range(0, len(new), AT_ONCE):
        await ctx.check()
        async with ctx.tx() as tx:
            came += len(await enrol(tx, program_id, new[start : start + AT_ONCE], source))
        ctx.progress(min(len(new), start + AT_ONCE), total)
    if program.segment_id is not None:
        async with ctx.tx() as tx:
            await programs.seen_segment(tx, program_id, version)
    moved = await _resettle(ctx, program, came, total)
    return {"joined": came, "raised": moved.raised, "lowered": moved.lowered}


async def _resettle(ctx: JobContext, program: Program, done: int, total: int) -> Judged:
    """Judge every member anew by the present settings: up at once where the group says so, and days of review."""
    async with ctx.tx() as tx:
        everybody = await store.everybody(tx, program.id)
        groups = await programs.level_groups(tx, program.id)
    whole = Judged()
    for start in range(0, len(everybody), AT_ONCE) if groups else ():
        await ctx.check()
        some = list(everybody[start : start + AT_ONCE])
        async with ctx.tx() as tx:
            await store.lock(tx, program.id, some)
            for group in groups:
                whole = _sum(whole, await judge(tx, program, group, some, _by_settings, "settings"))
        ctx.progress(min(total, done + start + len(some)), total)
    return whole


def _by_settings(group: LevelGroup, standing: Any, total: Any, at: Any, days: rules.Days) -> Any:
    return rules.planned(group, rules.settle(group, standing, total, at, days), days)


async def run_review(ctx: JobContext, *, group_id: int, program_id: int, kind: str) -> dict[str, Any]:
    """Review the levels of a group, or begin counting anew, for every member whose day has come.

    Repeating it for a day changes nothing. Takes members in the order of their ids, ten thousand in a transaction.
    """
    column, verdict = _KINDS[kind]
    async with ctx.tx() as tx:
        program = await programs.program(tx, program_id)
        group = await programs.level_group(tx, program_id, group_id)
        today = tx.now.astimezone(await zone_of(tx, program)).date()
        total = await standings.due_count(tx, group_id, column, today)
        await reviews.begin(tx, group_id, today, kind)
    after, done = 0, Judged()
    while True:
        await ctx.check()
        async with ctx.tx() as tx:
            some = await standings.due(tx, group_id, column, today, after, AT_ONCE)
            if not some:
                await reviews.finish(tx, group_id, today, kind)
                break
            await store.lock(tx, program_id, some)
            # Somebody else may have judged them while the lock was waited for.
            still = BitMap(await standings.due(tx, group_id, column, today, after, AT_ONCE)) & BitMap(some)
            step = await judge(tx, program, group, list(still), verdict, "review")
            await reviews.add(tx, group_id, today, kind, step)
        after, done = some[-1], _sum(done, step)
        ctx.progress(done.seen, max(total, done.seen))
    return msgspec.structs.asdict(done) | {"day": today.isoformat()}


async def tick_reviews(engines: Engines) -> None:
    """Start the reviews and resets whose day has come in the program's time zone; several processes may call this."""
    async with engines.tx() as tx:
        every = await programs.programs(tx, states=["active"])
    for program in every:
        async with engines.tx() as tx:
            await tx.execute(_ONE_AT_A_TIME, {"id": program.id})
            today = tx.now.astimezone(await zone_of(tx, program)).date()
            for group in await programs.level_groups(tx, program.id):
                for kind, (column, _) in _KINDS.items():
                    if await standings.due(tx, group.id, column, today, 0, 1):
                        await _start(tx, program, group, kind, today)


async def _start(tx: Tx, program: Program, group: LevelGroup, kind: str, today: date) -> None:
    link = f"/loyalty/programs/{program.id}?tab=levels&group={group.id}&of={kind}"
    last = await jobs.last_of(tx, REVIEW, link)
    if last is not None and last.state in ("queued", "running"):
        return
    if last is not None and last.state == "failed" and (tx.now - last.created_at).total_seconds() < 600:
        return  # the same fault is not run into every minute
    verb = "Review the levels" if kind == "review" else "Begin counting anew"
    await jobs.create(
        tx,
        kind=REVIEW,
        title=f"{verb} of {group.name} in {program.name}",
        actor="Fidelia",
        args={"group_id": group.id, "program_id": program.id, "kind": kind},
        database_id=program.database_id,
        link=link,
        lock=f"loyalty-{program.id}",
    )


async def tick_segments(engines: Engines) -> None:
    """Let in who has come onto the segments of programs; several processes may call this at once."""
    async with engines.tx() as tx:
        seen = await programs.segment_versions(tx)
        present = await segments.list_versions(tx, {segment for _, segment, _ in seen})
        late = [id_ for id_, segment, version in seen if present.get(segment, 0) != version]
        for program_id in late:
            program = await programs.program(tx, program_id)
            last = await jobs.last_of(tx, programs.ENROL, f"/loyalty/programs/{program_id}?tab=members")
            waits = last is not None and last.state in ("queued", "running")
            failed = last is not None and last.state == "failed" and (tx.now - last.created_at).total_seconds() < 300
            if not waits and not failed:
                await programs.enrol_all(tx, None, program)


async def round_of(engines: Engines) -> int:
    """Let in who has been made since; return how many profiles it was. One round at a time runs in a process."""
    if engines.ports.get(_ROUND):
        return 0
    engines.ports[_ROUND] = True
    try:
        done = 0
        while not engines.stop.is_set() and (some := await listeners.consume(engines, programs.CONSUMER, catch)):
            done += some
        return done
    finally:
        engines.ports[_ROUND] = False


async def catch(tx: Tx, listener: Listener, caught: Caught) -> None:
    """Let the people of a chunk of new profiles in, inside the transaction that takes it off the queue."""
    program = await programs.program(tx, listener.object_id)
    if program.state != "active":
        return
    people = caught.profiles if caught.profiles is not None else BitMap(event.profile_id for event in caught.events())
    await enrol(tx, program.id, await allowed_of(tx, program, people), "everybody")


async def _version(tx: Tx, program: Program) -> int:
    if program.segment_id is None:
        return 0
    return (await segments.list_versions(tx, [program.segment_id])).get(program.segment_id, 0)


def _sum(a: Judged, b: Judged) -> Judged:
    return Judged(*(getattr(a, name) + getattr(b, name) for name in Judged.__struct_fields__))
