"""Programs: make, change, copy, activate, put away."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy.exc
from msgspec import UNSET, UnsetType

from fidelia import segments
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs, listeners
from fidelia.platform.postgres import Tx

from ..model import Audience, ClawBack, Mode, PriceBase, Program
from ..store import parts
from ..store import programs as store
from ..tables import loyalty_level, loyalty_level_group, loyalty_partner, loyalty_point_type
from .checks import Faults, database_of, description_fault, free_key, refuse_archived, segment_of

#: The job that lets in whom the audience allows, and brings levels up to the settings (done by members).
ENROL = "loyalty.enrol"
#: Who hears of new profiles for a program.
CONSUMER = "loyalty"
_CHANGING = ("name", "description", "audience", "segment_id", "claw_back")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a program at any time."""

    name: str
    description: str = ""
    audience: Audience = "everybody"
    segment_id: int | None = None
    claw_back: ClawBack = "allow_negative"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed; ``version`` is the one that was read."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    segment_id: int | UnsetType | None = UNSET
    claw_back: ClawBack | UnsetType = UNSET
    version: int | UnsetType = UNSET


async def create(tx: Tx, actor: Actor, database_id: int, settings: Settings, external_id: str | None = None) -> Program:
    """Store a draft: nobody is in it before it is activated. Raises 422."""
    database = await database_of(tx, database_id)
    faults = Faults(description_fault(settings.description))
    name = faults.name(settings.name, "program")
    taken = [external_id] if external_id is not None and await store.taken(tx, external_id) else []
    key = faults.key(external_id, name, taken, "/external_id")
    if faults:
        raise invalid(*faults)
    await _audience(tx, database_id, settings)
    if external_id is None:
        key = await _free(tx, name)
    values = {**_columns(settings), "database_id": database.id, "external_id": key}
    made = await store.get(tx, await store.insert(tx, values))
    await note(tx, actor, "created", made, after=picture(made))
    return made


async def change(tx: Tx, actor: Actor, program_id: int, wanted: Change) -> Program:
    """Change what is given. Members stay when the audience changes; whom the new one allows come in by a job.

    Raises 404, 409 when archived or when somebody else has changed it since, 422.
    """
    before = await store.get(tx, program_id, lock=True)
    refuse_archived(before)
    refuse_older(before, wanted.version)
    given = {name: value for name in _CHANGING if (value := getattr(wanted, name)) is not UNSET}
    if given.get("audience", before.audience) != "segment":
        given.setdefault("segment_id", None)
    after = Settings(**{name: given.get(name, getattr(before, name)) for name in _CHANGING})
    faults = Faults(description_fault(after.description))
    faults.name(after.name, "program")
    if faults:
        raise invalid(*faults)
    widened = (after.audience, after.segment_id) != (before.audience, before.segment_id)
    if widened:
        await _audience(tx, before.database_id, after)
    values = {key: value for key, value in _columns(after).items() if value != getattr(before, key)}
    if values:
        if widened:
            values["segment_version"] = None
        await store.update(tx, program_id, values, definition=True)
        now = await store.get(tx, program_id)
        await note(tx, actor, "updated", now, before=picture(before), after=picture(now))
        if widened:
            await follow(tx, now)
            if now.state == "active":
                await enrol_all(tx, actor, now)
    return await store.get(tx, program_id)


async def set_arbitration(tx: Tx, actor: Actor, program_id: int, mode: Mode, base: PriceBase) -> Program:
    """Say how promotions are weighed against each other. Raises 404, 409."""
    before = await store.get(tx, program_id, lock=True)
    refuse_archived(before)
    if (mode, base) != (before.mode, before.base):
        await store.update(tx, program_id, {"mode": mode, "base": base}, definition=True)
        now = await store.get(tx, program_id)
        await note(tx, actor, "updated", now, before=picture(before), after=picture(now))
    return await store.get(tx, program_id)


async def activate(tx: Tx, actor: Actor, program_id: int) -> tuple[Program, jobs.JobRef]:
    """Set a program to work: a job lets in whom its audience allows.

    Raises 404; 409 while another program of the database is active (the database's constraint says so), for an
    archived one, and for one that has no points yet.
    """
    before = await store.get(tx, program_id, lock=True)
    refuse_archived(before)
    if before.state == "active":
        raise conflict(f"The program {before.name} is active already")
    if not await parts.point_types(tx, program_id):
        raise conflict(f"The program {before.name} has no points yet: say first what members earn")
    if before.segment_id is not None:
        await segment_of(tx, before.database_id, before.segment_id)
    try:
        async with tx.savepoint():
            await store.update(tx, program_id, {"state": "active", "activated_at": tx.now, "updated_at": tx.now})
    except sqlalchemy.exc.IntegrityError as exc:
        other = await store.active(tx, before.database_id)
        named = "" if other is None else f" ({other.name})"
        raise conflict(f"Another program of this database is active{named}: deactivate that one first") from exc
    now = await store.get(tx, program_id)
    await follow(tx, now)
    await note(tx, actor, "activated", now, before={"state": before.state}, after={"state": now.state})
    return now, await enrol_all(tx, actor, now)


async def deactivate(tx: Tx, actor: Actor, program_id: int) -> Program:
    """Let a program rest: points and levels stay as they are, nobody comes in. Raises 404, 409 unless it is active."""
    before = await store.get(tx, program_id, lock=True)
    if before.state != "active":
        raise conflict(f"The program {before.name} is not active")
    await store.update(tx, program_id, {"state": "inactive", "updated_at": tx.now})
    now = await store.get(tx, program_id)
    await follow(tx, now)
    await note(tx, actor, "deactivated", now, before={"state": before.state}, after={"state": now.state})
    return now


async def archive(tx: Tx, actor: Actor, program_id: int) -> None:
    """Put a program away, with all it knows of its members. Raises 404; 409 while it is active."""
    before = await store.get(tx, program_id, lock=True)
    if before.state == "active":
        raise conflict(f"The program {before.name} is active: deactivate it before you archive it")
    if before.state != "archived":
        await store.update(tx, program_id, {"state": "archived", "archived_at": tx.now, "updated_at": tx.now})
        await note(tx, actor, "archived", before, before=picture(before))


async def restore(tx: Tx, actor: Actor, program_id: int) -> Program:
    """Bring an archived program back; it rests until it is activated. Raises 404."""
    before = await store.get(tx, program_id, lock=True)
    if before.state == "archived":
        state = "draft" if before.activated_at is None else "inactive"
        await store.update(tx, program_id, {"state": state, "archived_at": None, "updated_at": tx.now})
        await note(tx, actor, "restored", before)
    return await store.get(tx, program_id)


async def clone(tx: Tx, actor: Actor, program_id: int, name: str | None) -> Program:
    """Copy a program as a draft: its points, levels and partners. Members and their points stay where they are.

    Raises 404, 422.
    """
    origin = await store.get(tx, program_id)
    settings = Settings(**{field: getattr(origin, field) for field in _CHANGING})
    called = name or f"{origin.name} (copy)"[:200]
    made = await create(tx, actor, origin.database_id, msgspec.structs.replace(settings, name=called))
    await store.update(tx, made.id, {"mode": origin.mode, "base": origin.base})
    types: dict[int, int] = {}
    for kind in (await parts.point_types(tx, program_id)).values():
        types[kind.id] = await parts.insert(tx, loyalty_point_type, _copied(kind, made.id))
    for group in await parts.level_groups(tx, program_id):
        row = _copied(group, made.id, without=("levels", "entry_level_id"))
        copy = await parts.insert(tx, loyalty_level_group, row | {"point_type_id": types[group.point_type_id]})
        for level in group.levels:
            row = {**_plain(level, ("id", "group_id")), "group_id": copy}
            id_ = await parts.insert(tx, loyalty_level, row)
            if level.id == group.entry_level_id:
                await parts.update(tx, loyalty_level_group, copy, {"entry_level_id": id_})
    for partner in await parts.partners(tx, program_id):
        await parts.insert(tx, loyalty_partner, _copied(partner, made.id))
    return await store.get(tx, made.id)


async def page(
    tx: Tx, request: PageRequest, *, archived: bool = False, database_id: int | None = None
) -> Page[Program]:
    """Return a page of programs, the newest first."""
    return await store.page(tx, request, archived=archived, database_id=database_id)


async def follow(tx: Tx, program: Program) -> None:
    """Hear of new profiles while everybody of the database is a member; otherwise of nothing."""
    if program.state == "active" and program.audience == "everybody":
        await listeners.listen(tx, CONSUMER, program.id, database_id=program.database_id, types=["profile.created"])
    else:
        await listeners.unlisten(tx, CONSUMER, program.id)


async def enrol_all(tx: Tx, actor: Actor | None, program: Program) -> jobs.JobRef:
    """Have everybody let in whom the audience allows, and every level brought up to the settings."""
    return await jobs.create(
        tx,
        kind=ENROL,
        title=f"Bring the members of {program.name} up to date",
        actor="Fidelia" if actor is None else actor.name,
        args={"program_id": program.id},
        database_id=program.database_id,
        link=f"/loyalty/programs/{program.id}?tab=members",
        lock=f"loyalty-{program.id}",
    )


async def segment_name(tx: Tx, program: Program) -> str | None:
    """Return the name of a program's segment."""
    if program.segment_id is None:
        return None
    return (await segments.names(tx, [program.segment_id])).get(program.segment_id, f"#{program.segment_id}")


def refuse_older(program: Program, version: int | UnsetType) -> None:
    """Raise 409 when somebody has changed the program since it was read."""
    if version is not UNSET and version != program.version:
        raise conflict(f"Somebody has changed the program {program.name} since you opened it", version=program.version)


async def touched(tx: Tx, program: Program) -> None:
    """Say that a part of a program has changed."""
    await store.update(tx, program.id, {}, definition=True)


def picture(program: Program) -> dict[str, Any]:
    """Return a program as the audit log keeps it."""
    kept = ("database_id", "external_id", "state", "mode", "base", *_CHANGING)
    return {name: getattr(program, name) for name in kept}


async def note(tx: Tx, actor: Actor, verb: str, program: Program, *, before: Any = None, after: Any = None) -> None:
    """Write down what somebody did with a program."""
    await audit(
        tx,
        actor,
        f"loyalty_program.{verb}",
        kind="loyalty_program",
        object_id=program.id,
        name=program.name,
        before=before,
        after=after,
    )


async def _audience(tx: Tx, database_id: int, settings: Settings) -> None:
    if settings.audience != "segment":
        if settings.segment_id is not None:
            raise invalid_field("/segment_id", "Only a program whose members are a segment has one")
        return
    if settings.segment_id is None:
        raise invalid_field("/segment_id", "Choose the segment whose people are members")
    await segment_of(tx, database_id, settings.segment_id)


async def _free(tx: Tx, name: str) -> str:
    taken: list[str] = []
    while await store.taken(tx, key := free_key(name, taken)):
        taken.append(key)
    return key


def _columns(settings: Settings) -> dict[str, Any]:
    return msgspec.structs.asdict(settings) | {"name": settings.name.strip()}


def _plain(part: msgspec.Struct, without: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: getattr(part, name) for name in part.__struct_fields__ if name not in without}
    return {k: msgspec.to_builtins(v) if isinstance(v, msgspec.Struct) else v for k, v in kept.items()}


def _copied(part: msgspec.Struct, program_id: int, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {**_plain(part, ("id", "program_id", "archived_at", *without)), "program_id": program_id}
