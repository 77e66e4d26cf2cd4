"""The group's definition: make, change, switch off and on, delete; who is kept back, and on which side somebody is."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import DONE

from .. import rules as segment_rules
from ..model import SegmentSchedule
from ..service.lists import source_of
from . import refresh, rules, store
from . import strata as strata_rules
from .model import Activity, ControlGroup, ControlPlace, GroupRow, Picture, StratumField
from .store import RUNS

DAILY = SegmentSchedule(at="03:00")
MAX_EXCEPTIONS = 1000
MAX_CAP = 2**31 - 1


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a group is made of. ``schedule`` is when newcomers are assigned; null only when asked."""

    percent: float
    cap: int | None = None
    strata: list[StratumField] = []
    exceptions: list[Activity] = []
    schedule: SegmentSchedule | None = DAILY
    active: bool = True


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed; ``UNSET`` stays. ``version`` is the one that was read, to notice somebody else's change."""

    percent: float | UnsetType = UNSET
    cap: int | UnsetType | None = UNSET
    strata: list[StratumField] | UnsetType = UNSET
    exceptions: list[Activity] | UnsetType = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    version: int | UnsetType = UNSET


async def create(tx: Tx, actor: Actor, database_id: int, made: Definition) -> ControlGroup:
    """Make the group of a database; a job draws its first members. Raises 404, 409 when there is one, 422."""
    database = await profiles.get_database(tx, database_id)
    _refuse(database, made, tx)
    if await store.find(tx, database_id, lock=True) is not None:
        raise conflict("This database has a control group already: change it, or delete it and make it again")
    values = {
        "database_id": database_id,
        "active": made.active,
        "active_since": tx.now,
        "switched_off_at": None if made.active else tx.now,
        "share": rules.millionths(made.percent),
        "cap": made.cap,
        "strata": msgspec.to_builtins(made.strata),
        "exceptions": msgspec.to_builtins(_distinct(made.exceptions)),
        "schedule": msgspec.to_builtins(made.schedule),
        "next_refresh_at": _next(tx, made.schedule, database.timezone) if made.active else None,
        "salt": secrets.token_hex(16),
    }
    await store.add(tx, values)
    group = await store.get(tx, database_id)
    await RUNS.start(tx, group.id, await refresh.work_of(tx, group), source=source_of(actor), actor=actor.name)
    await audit(
        tx,
        actor,
        "control_group.created",
        kind="control_group",
        object_id=database_id,
        name=database.name,
        after=picture(group),
    )
    return await read(tx, database_id)


async def change(tx: Tx, actor: Actor, database_id: int, wanted: Change) -> ControlGroup:
    """Change what is given; nobody who was assigned changes sides.

    A new share or cap counts for people who are assigned from now on, and begins a new epoch that reports compare by
    itself. Raises 404; 409 for strata once members are drawn, or a version that is not the present one; 422.
    """
    database = await profiles.get_database(tx, database_id)
    before = await store.get(tx, database_id, lock=True)
    if wanted.version is not UNSET and wanted.version != before.version:
        raise conflict(
            "Somebody has changed this control group since you read it",
            FieldError("/version", f"The present version is {before.version}"),
            version=before.version,
        )
    names = Definition.__struct_fields__
    given = {name: value for name in names if (value := getattr(wanted, name)) is not UNSET}
    after = Definition(**{**{name: getattr(before, name) for name in names}, **given})
    if after.strata != before.strata and before.started_at is not None:
        raise conflict(
            "The strata are fixed once members are drawn: another division would compare people who were drawn by "
            "different rules. Delete the group and make it again",
            FieldError("/strata", "The strata of a group with members cannot be changed"),
        )
    _refuse(database, after, tx)
    values: dict[str, Any] = {
        "active": after.active,
        "share": rules.millionths(after.percent),
        "cap": after.cap,
        "strata": msgspec.to_builtins(after.strata),
        "exceptions": msgspec.to_builtins(_distinct(after.exceptions)),
        "schedule": msgspec.to_builtins(after.schedule),
    }
    if (values["share"], after.cap) != (before.share, before.cap) and before.people:
        values["epoch"] = before.epoch + 1
    if after.active and not before.active:
        values |= {"active_since": tx.now, "switched_off_at": None}
    elif before.active and not after.active:
        values["switched_off_at"] = tx.now
    if not after.active or after.schedule is None:
        values["next_refresh_at"] = None
    elif after.schedule != before.schedule or not before.active:
        values["next_refresh_at"] = _next(tx, after.schedule, database.timezone)
    await store.update(tx, before.id, values, definition=True)
    group = await store.get(tx, database_id)
    await audit(
        tx,
        actor,
        "control_group.updated",
        kind="control_group",
        object_id=database_id,
        name=database.name,
        before=picture(before),
        after=picture(group),
    )
    return await read(tx, database_id)


async def delete(tx: Tx, actor: Actor, database_id: int) -> int:
    """Delete the group: everybody in it leaves and may be written to. Return how many; raise 404.

    A group that is made again draws other people.
    """
    database = await profiles.get_database(tx, database_id)
    group = await store.get(tx, database_id, lock=True)
    left = await store.members(tx, group.id)
    if left:
        properties = {"control": group.id, "source": source_of(actor)}
        await tx.emit_bulk(database_id, "control.left", left, tx.now, properties)
    await store.delete(tx, group.id)
    await audit(
        tx,
        actor,
        "control_group.deleted",
        kind="control_group",
        object_id=database_id,
        name=database.name,
        before=picture(group) | {"size": len(left)},
    )
    return len(left)


async def read(tx: Tx, database_id: int) -> ControlGroup:
    """Return the group of a database with its figures; raise 404."""
    database = await profiles.get_database(tx, database_id)
    group = await store.get(tx, database_id)
    done = await RUNS.last(tx, group.id, DONE)
    values = {name: getattr(group, name) for name in ControlGroup.__struct_fields__ if hasattr(group, name)}
    return ControlGroup(
        **values,
        waiting=max(0, database.profile_count - group.people),
        parts=[] if done is None else done.strata,
        warnings=[] if done is None else done.warnings,
        open_run=await RUNS.open_of(tx, group.id),
        last_run=await RUNS.last(tx, group.id),
    )


# -- who is kept back -----------------------------------------------------------------------------------------------


async def control_people(tx: Tx, database_id: int) -> BitMap:
    """Return the members of a database's group, as a bitmap of one's own; nobody without a group.

    They are members while it is switched off too: that only lets them be written to.
    """
    group = await store.find(tx, database_id)
    return BitMap() if group is None else await store.members(tx, group.id)


async def kept_back(tx: Tx, database_id: int, kind: str, activity_id: int, people: BitMap) -> BitMap:
    """Return which of some people an activity must not reach: members, unless it is an exception or all are let off.

    Read anew at each call, so that whoever sends sees a change of the group at once.
    """
    found = await store.active_list(tx, database_id)
    if found is None:
        return BitMap()
    members, exceptions = found
    return BitMap() if Activity(kind, activity_id) in exceptions else members & people


async def place(tx: Tx, database_id: int, profile_id: int) -> ControlPlace:
    """Return on which side somebody stands; raise 404 for the group and the person."""
    group = await store.get(tx, database_id)
    if not 0 < profile_id <= MAX_PROFILE_ID or not await profiles.exists(tx, database_id, [profile_id]):
        raise not_found("Profile", profile_id)
    stratum = next(
        (label for label, people in (await store.strata(tx, group.id)).values() if profile_id in people), None
    )
    inside = profile_id in await store.members(tx, group.id)
    return ControlPlace(
        database_id=database_id,
        profile_id=profile_id,
        active=group.active,
        side="control" if inside else "waiting" if stratum is None else "rest",
        stratum=stratum,
        since=await store.assigned_at(tx, group.id, profile_id),
    )


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of the group, its strata and its runs (a port of profiles)."""
    group = await store.find(tx, database_id, lock=True)
    if group is None:
        return
    before = await store.members(tx, group.id)
    after = before - gone
    if len(after) < len(before):
        await store.set_members(tx, group.id, after)
    people = 0
    for (epoch, key), (label, inside) in (await store.strata(tx, group.id)).items():
        kept = inside - gone
        people += len(kept)
        if len(kept) < len(inside):
            await store.set_stratum(tx, group.id, epoch, key, label, kept)
    await store.update(tx, group.id, {"size": len(after), "people": people})
    await store.forget(tx, group.id, gone)


async def field_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> list[str]:
    """Answer whether the control group divides people by a field (a port of profiles); the group goes with its
    database.
    """
    if field is None:
        return []
    chosen = await store.users_of_field(tx, database_id)
    return ["the global control group"] if any(item.field == field.name for item in chosen) else []


def picture(group: GroupRow) -> Picture:
    """Return a group as the audit log keeps it."""
    kept = ("active", "percent", "cap", "strata", "exceptions", "schedule")
    return {name: msgspec.to_builtins(getattr(group, name)) for name in kept}


def faults(database: profiles.Database, made: Definition, tx: Tx) -> list[FieldError]:
    """Return what is wrong with a definition."""
    errors: list[FieldError] = []
    try:
        share = rules.millionths(Decimal(str(made.percent)))
    except (ValueError, ArithmeticError):
        errors.append(FieldError("/percent", "A share has four decimal places at most"))
    else:
        if not 0 < share < rules.MILLION:
            errors.append(FieldError("/percent", "Keep back more than 0 % and less than 100 %"))
    if made.cap is not None and not 1 <= made.cap <= MAX_CAP:
        errors.append(FieldError("/cap", f"The cap lies between 1 and {MAX_CAP:,} people"))
    if len(made.exceptions) > MAX_EXCEPTIONS:
        errors.append(FieldError("/exceptions", f"Name {MAX_EXCEPTIONS} exceptions at most"))
    errors += strata_rules.divisions(database, made.strata)[1]
    errors += segment_rules.schedule_errors(made.schedule, tx.now.date())
    return errors


def _refuse(database: profiles.Database, made: Definition, tx: Tx) -> None:
    errors = faults(database, made, tx)
    if errors:
        raise invalid(*errors)


def _next(tx: Tx, schedule: SegmentSchedule | None, timezone: str) -> Any:
    return None if schedule is None else segment_rules.next_run(schedule, tx.now, timezone)


def _distinct(exceptions: Iterable[Activity]) -> list[Activity]:
    return list(dict.fromkeys(exceptions))
