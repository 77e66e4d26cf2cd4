"""Coming into a program and leaving it. Everybody comes in by ``enrol``, whoever asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

from ... import ledger, programs
from ...programs import Program
from .. import projection, rules
from ..model import MemberSource
from ..store import members as store
from .levels import judge, need_active

#: People written together: some seconds of work.
AT_ONCE = 10_000
_ALL = 10_000


async def enrol(tx: Tx, program_id: int, people: BitMap, source: MemberSource, at: datetime | None = None) -> BitMap:
    """Let people into a program; return who came in by it.

    Members stay as they are. Who was removed comes back by hand, API or scenario, with the points they had. Who never
    was a member gets the initial balance of every point type, and the entry level of every group. ``at`` dates the
    registration. Ids of nobody are passed over. Raises 404; 409 for a program that is not active.
    """
    program = await need_active(tx, program_id)
    found = await _living(tx, program.database_id, people)
    came = BitMap()
    for start in range(0, len(found), AT_ONCE):
        came |= await _enrol(tx, program, found[start : start + AT_ONCE], source, at or tx.now)
    return came


async def _enrol(tx: Tx, program: Program, people: BitMap, source: MemberSource, at: datetime) -> BitMap:
    came, fresh = await store.join(tx, program.id, people, source, at)
    if not came:
        return came
    rows = [
        ledger.Accrual(
            profile_id=profile_id,
            point_type_id=kind.id,
            amount=kind.initial,
            type="initial",
            reference=f"initial:{kind.id}:{profile_id}",
            because=ledger.Because(source_type="registration"),
        )
        for kind in (await programs.point_types(tx, program.id)).values()
        if kind.initial
        for profile_id in fresh
    ]
    # Where they begin is written down before any points count, so that the level they reach by those is a move.
    for group in await programs.level_groups(tx, program.id):
        await judge(tx, program, group, list(came), lambda group, standing, total, at, days: standing, "joined")
    if rows:
        await ledger.accrue(tx, program.id, rows)
    for group in await programs.level_groups(tx, program.id):
        await judge(tx, program, group, list(came), rules.settle, "joined")
    await tx.emit_bulk(program.database_id, "loyalty.joined", came, at, {"program": program.id, "source": source})
    projection.changed(tx, program.database_id, came, program.id)
    return came


async def require(tx: Tx, program_id: int, profile_ids: Collection[int]) -> Program:
    """Make sure that all of these are members, and lock their rows until the transaction ends; return the program.

    Whom the audience allows comes in now: anybody of the database, or who is on the segment's list. Raises 404 for
    nobody; 409 for whom it does not allow, who was removed, and while the program is not active.
    """
    program = await need_active(tx, program_id)
    states = await store.lock(tx, program_id, profile_ids)
    if gone := sorted(id_ for id_, state in states.items() if state == "removed"):
        raise conflict(f"Profile {gone[0]} was removed from the program {program.name}")
    strangers = BitMap(profile_ids) - BitMap(states)
    if not strangers:
        return program
    for profile_id in strangers:
        await profiles.get_profile(tx, program.database_id, profile_id)  # 404 for nobody
    allowed = await allowed_of(tx, program, strangers)
    if refused := strangers - allowed:
        raise conflict(f"Profile {refused[0]} is no member of the program {program.name}")
    await enrol(tx, program_id, strangers, "order")
    await store.lock(tx, program_id, strangers)
    return program


async def admit(tx: Tx, program_id: int, people: BitMap) -> BitMap:
    """Return who of these is a member or comes in now, as :func:`require` would have it; their rows are locked.

    Whom it would refuse is left out. Raises 404; 409 while the program is not active.
    """
    program = await need_active(tx, program_id)
    states = await store.lock(tx, program_id, people)
    inside = BitMap([id_ for id_, state in states.items() if state == "active"])
    strangers = await allowed_of(tx, program, people - BitMap(states))
    if strangers:
        await enrol(tx, program_id, strangers, "order")
        came = await store.lock(tx, program_id, strangers)
        inside |= BitMap([id_ for id_, state in came.items() if state == "active"])
    return inside


async def allowed_of(tx: Tx, program: Program, people: BitMap) -> BitMap:
    """Return which of these people come in by themselves."""
    if program.audience == "everybody":
        return people
    if program.segment_id is None:
        return BitMap()
    return people & await segments.members(tx, program.segment_id)


async def leave(tx: Tx, actor: Actor, program_id: int, profile_ids: Iterable[int]) -> BitMap:
    """Take members out of a program; return who was one. Their points and levels rest, and are kept. Raises 404."""
    program = await programs.program(tx, program_id)
    gone = await store.remove(tx, program_id, profile_ids)
    if gone:
        projection.changed(tx, program.database_id, gone, program.id)
        await audit(
            tx,
            actor,
            "loyalty_member.removed",
            kind="loyalty_program",
            object_id=program.id,
            name=program.name,
            after={"profiles": list(gone[:100]), "count": len(gone)},
        )
    return gone


async def outsiders(tx: Tx, program: Program) -> BitMap:
    """Return who comes in by themselves and never was in: newcomers of the database or of the segment."""
    if program.audience == "manual":
        return BitMap()
    everybody = await profiles.all_ids(tx, program.database_id)
    if program.segment_id is not None:
        everybody &= await segments.members(tx, program.segment_id)
    return everybody - await store.everybody(tx, program.id, removed=True)


async def _living(tx: Tx, database_id: int, people: BitMap) -> BitMap:
    if len(people) > _ALL:
        return people & await profiles.all_ids(tx, database_id)
    return await profiles.exists(tx, database_id, people)
