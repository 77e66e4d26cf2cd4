"""What people and programs of others do with members: add, take out, give a level, read a person's card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field, not_found
from fidelia.platform.postgres import Tx

from ... import programs
from ..model import MemberSource
from ..store import listing
from ..store import members as store
from . import shown
from .finding import matched
from .joining import enrol, leave
from .levels import grant_level

MOST = 10_000
_SOURCES: dict[str, MemberSource] = {"token": "api", "user": "manual", "cli": "manual", "system": "manual"}


class MembersAdded(msgspec.Struct, frozen=True):
    """What came of adding people: how many joined, were members already, and who is not in the database."""

    joined: int
    already: int
    unknown: list[int | str]


async def add(
    tx: Tx,
    actor: Actor,
    program_id: int,
    ids: Sequence[int],
    *,
    matching: str | None = None,
    keys: Sequence[str] = (),
    at: datetime | None = None,
) -> MembersAdded:
    """Let people in by id, or by a key such as their e-mail address; repeating it changes nothing.

    ``at`` is when they registered, now if not given. Raises 404, 409 while the program is not active, 422.
    """
    program = await programs.program(tx, program_id)
    if len(ids) + len(keys) > MOST:
        raise invalid_field("/profile_ids", f"{MOST:,} people at most at a time")
    if at is not None and at > tx.now:
        raise invalid_field("/joined_at", "Nobody can have joined in the future")
    unknown: list[int | str] = []
    wanted = BitMap()
    for id_ in ids:
        if 0 < id_ < 2**32:
            wanted.add(id_)
        else:
            unknown.append(id_)
    if keys:
        found = await matched(tx, program.database_id, matching, keys)
        unknown += [key for key in dict.fromkeys(keys) if key not in found]
        wanted |= BitMap(found.values())
    living = await profiles.exists(tx, program.database_id, wanted)
    unknown += list(wanted - living)
    came = await enrol(tx, program_id, living, _SOURCES[actor.kind], at)
    if came:
        await audit(
            tx,
            actor,
            "loyalty_member.added",
            kind="loyalty_program",
            object_id=program.id,
            name=program.name,
            after={"profiles": list(came[:100]), "count": len(came)},
        )
    return MembersAdded(len(came), len(living) - len(came), unknown)


async def take_out(tx: Tx, actor: Actor, program_id: int, ids: Sequence[int]) -> int:
    """Take members out; return how many were. Their points and levels rest. Raises 404, 422."""
    if len(ids) > MOST:
        raise invalid_field("/profile_ids", f"{MOST:,} people at most at a time")
    return len(await leave(tx, actor, program_id, [id_ for id_ in ids if 0 < id_ < 2**32]))


async def take_out_one(tx: Tx, actor: Actor, program_id: int, profile_id: int) -> None:
    """Take a member out; raise 404 for who never was one."""
    await programs.program(tx, program_id)
    if await store.get(tx, program_id, profile_id) is None:
        raise not_found("Member", profile_id)
    await leave(tx, actor, program_id, [profile_id])


async def give_level(
    tx: Tx, actor: Actor, program_id: int, profile_id: int, level_id: int, reason: str
) -> shown.MemberDetail:
    """Give a member a level, also a lower one; it holds until the next review. Raises 404, 409; 422 without reason."""
    if not reason.strip() or len(reason) > 500 or "\x00" in reason:
        raise invalid_field("/reason", "Say why, in 500 characters at most")
    program = await programs.program(tx, program_id)
    found = await store.get(tx, program_id, profile_id)
    if found is None:
        raise not_found("Member", profile_id)
    if found.state != "active":
        raise conflict(f"Profile {profile_id} was removed from the program {program.name}")
    said = f"{actor.name}: {reason.strip()}"
    changed = await grant_level(tx, program_id, [profile_id], level_id, reason=said, lower=True)
    if changed:
        await audit(
            tx,
            actor,
            "loyalty_member.level_set",
            kind="loyalty_program",
            object_id=program.id,
            name=program.name,
            after={"profile": profile_id, "level": level_id, "reason": reason.strip()},
        )
    return await shown.detail(tx, program_id, profile_id)


async def of_person(tx: Tx, database_id: int, profile_id: int) -> list[shown.MemberDetail]:
    """Return what somebody is or was a member of, the active program first; archived ones are left out. Raises 404."""
    await profiles.get_profile(tx, database_id, profile_id)
    found = await programs.programs(tx, database_id=database_id)
    mine = {member.program_id for member in await store.of_person(tx, [program.id for program in found], profile_id)}
    ordered = sorted((p for p in found if p.id in mine), key=lambda p: (p.state != "active", -p.id))
    return [await shown.detail(tx, program.id, profile_id) for program in ordered]


async def figure(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return whom a figure of a program counts (a source of figures): ``5:members``, or ``5:level:12``.

    Raises 403, 404.
    """
    actor.require("loyalty:read")
    program = await programs.program(tx, profiles.figure_number(parts[0] if parts else ""))
    if program.database_id != database_id:
        raise not_found("Figure", ":".join(("program", *parts)))
    match list(parts[1:]):
        case ["members"]:
            title, people = f"Members of {program.name}", await store.everybody(tx, program.id)
        case ["level", number]:
            id_ = profiles.figure_number(number)
            names = {lv.id: lv.name for group in await programs.level_groups(tx, program.id) for lv in group.levels}
            if id_ not in names:
                raise not_found("Figure", ":".join(("program", *parts)))
            title, people = f"{names[id_]} in {program.name}", await listing.on_level(tx, program.id, id_)
        case _:
            raise not_found("Figure", ":".join(("program", *parts)))
    return profiles.Counted(title=title, link=f"/loyalty/members?program={program.id}", people=people)
