"""Level groups of a program with their levels: make, change, delete. Who stands on them is the members' business."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy.exc
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import Downgrade, Level, LevelGroup, LevelMode, Program, Reset, Review, Upgrade
from ..store import parts
from ..tables import loyalty_level, loyalty_level_group
from .checks import KEY, KEY_RULE, Faults, free_key
from .manage import enrol_all, touched
from .shelf import note_part, opened

MOST_GROUPS = 20
MOST_LEVELS = 50
MOST_BENEFITS = 20
_OWN = ("name", "point_type_id", "mode", "upgrade", "downgrade", "review", "reset", "grace_days")
_CHANGING = (*_OWN, "entry", "levels")


class LevelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A level as it is wanted: an existing one by its ``key``. ``threshold`` is a decimal text."""

    name: str
    threshold: str
    key: str | None = None
    benefits: Sequence[str] = ()


class GroupSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a level group; ``levels`` from the lowest up, ``entry`` the key of the one to begin on."""

    name: str
    point_type_id: int
    levels: Sequence[LevelSettings]
    entry: str | None = None
    mode: LevelMode = "cumulative"
    upgrade: Upgrade = "immediate"
    downgrade: Downgrade = "none"
    review: Review = Review(kind="none")
    reset: Reset = Reset(when="none", how="keep")
    grace_days: int = 0


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a level group."""

    name: str | UnsetType = UNSET
    point_type_id: int | UnsetType = UNSET
    levels: Sequence[LevelSettings] | UnsetType = UNSET
    entry: str | UnsetType | None = UNSET
    mode: LevelMode | UnsetType = UNSET
    upgrade: Upgrade | UnsetType = UNSET
    downgrade: Downgrade | UnsetType = UNSET
    review: Review | UnsetType = UNSET
    reset: Reset | UnsetType = UNSET
    grace_days: int | UnsetType = UNSET


async def create_group(
    tx: Tx, actor: Actor, program_id: int, settings: GroupSettings, key: str | None = None
) -> LevelGroup:
    """Add a level group with its levels. Raises 404, 409, 422."""
    program = await opened(tx, program_id)
    groups = await parts.level_groups(tx, program_id)
    if len(groups) >= MOST_GROUPS:
        raise conflict(f"A program has {MOST_GROUPS} level groups at most")
    faults = Faults()
    key = faults.key(key, settings.name, [group.key for group in groups])
    found = await checked(tx, program, settings, faults, (), before=None)
    if faults:
        raise invalid(*faults)
    id_ = await parts.insert(tx, loyalty_level_group, {**_columns(settings), "program_id": program_id, "key": key})
    await _write_levels(tx, id_, (), found)
    await _set_entry(tx, program_id, id_, settings.entry)
    made = await parts.get_level_group(tx, program_id, id_)
    await note_part(tx, actor, "loyalty_levels.created", program, made.name, after=picture(made))
    await _after(tx, actor, program)
    return made


async def change_group(tx: Tx, actor: Actor, program_id: int, group_id: int, wanted: GroupChange) -> LevelGroup:
    """Change what is given; members move by a job. Raises 404, 409 while members are on a level to be gone, 422."""
    program = await opened(tx, program_id)
    before = await parts.get_level_group(tx, program_id, group_id)
    after = merged(before, wanted)
    faults = Faults()
    found = await checked(tx, program, after, faults, before.levels, before=before)
    if faults:
        raise invalid(*faults)
    await parts.update(tx, loyalty_level_group, group_id, {**_columns(after), "entry_level_id": None})
    await _write_levels(tx, group_id, before.levels, found)
    await _set_entry(tx, program_id, group_id, after.entry)
    now = await parts.get_level_group(tx, program_id, group_id)
    if picture(now) != picture(before):
        await note_part(
            tx, actor, "loyalty_levels.updated", program, now.name, before=picture(before), after=picture(now)
        )
        await _after(tx, actor, program)
    return now


async def delete_group(tx: Tx, actor: Actor, program_id: int, group_id: int) -> None:
    """Delete a level group with its levels and the history of its members. Raises 404, 409 while it is at work."""
    program = await opened(tx, program_id)
    found = await parts.get_level_group(tx, program_id, group_id)
    if program.state == "active":
        raise conflict(f"The program {program.name} is active: deactivate it before you delete levels of members")
    await parts.delete(tx, loyalty_level_group, group_id)
    await touched(tx, program)
    await note_part(tx, actor, "loyalty_levels.deleted", program, found.name, before=picture(found))


def merged(before: LevelGroup, wanted: GroupChange) -> GroupSettings:
    """Return the settings of a group after a change."""
    given = {name: value for name in _CHANGING if (value := getattr(wanted, name)) is not UNSET}
    return msgspec.structs.replace(settings_of(before), **given)


def settings_of(group: LevelGroup) -> GroupSettings:
    """Return what is said of a group."""
    kept = {name: getattr(group, name) for name in _CHANGING if name not in ("entry", "levels")}
    entry = next((level.key for level in group.levels if level.id == group.entry_level_id), None)
    levels = [
        LevelSettings(name=level.name, key=level.key, threshold=amount_text(level.threshold), benefits=level.benefits)
        for level in group.levels
    ]
    return GroupSettings(**kept, entry=entry, levels=levels)


async def checked(
    tx: Tx,
    program: Program,
    settings: GroupSettings,
    faults: Faults,
    there: Sequence[Level],
    *,
    before: LevelGroup | None,
) -> list[Level]:
    """Check a group that is wanted; return its levels, with the ids of those there are, 0 for new ones."""
    faults.name(settings.name, "level group")
    types = {kind.id: kind for kind in (await parts.point_types(tx, program.id)).values()}
    kind = types.get(settings.point_type_id)
    if kind is None:
        faults.say("/point_type_id", f"The program has no points {settings.point_type_id}")
    elif kind.kind != "qualification":
        faults.say("/point_type_id", f"{kind.name} are spent: levels are decided by qualification points")
    faults.review(settings.review)
    faults.reset(settings.reset, settings.review, settings.mode)
    if settings.upgrade == "at_review" and settings.review.kind == "none":
        faults.say("/upgrade", "Levels are never reviewed here: let members rise at once, or choose a review")
    if not 0 <= settings.grace_days <= 3650:
        faults.say("/grace_days", "Give 0 to 3650 days")
    levels = _levels(settings, faults, 4 if kind is None else kind.places, there)
    if settings.entry is not None and settings.entry not in {level.key for level in levels}:
        faults.say("/entry", f"There is no level {settings.entry[:50]!r} to begin on")
    return levels


def _levels(settings: GroupSettings, faults: Faults, places: int, there: Sequence[Level]) -> list[Level]:
    if not 1 <= len(settings.levels) <= MOST_LEVELS:
        faults.say("/levels", f"A group has 1 to {MOST_LEVELS} levels")
        return []
    known = {level.key: level for level in there}
    taken = set(known) | {level.key for level in settings.levels if level.key}
    found: list[Level] = []
    for number, wanted in enumerate(settings.levels):
        at = f"/levels/{number}"
        name = faults.name(wanted.name, "level", f"{at}/name")
        threshold = faults.number(wanted.threshold, f"{at}/threshold", places=places, least=Decimal(0))
        if found and threshold <= found[-1].threshold:
            faults.say(f"{at}/threshold", f"This level needs more points than {found[-1].name}, the one below it")
        key = wanted.key or free_key(name, taken)
        if wanted.key is not None and not KEY.fullmatch(wanted.key):
            faults.say(f"{at}/key", KEY_RULE)
        if key in {level.key for level in found}:
            faults.say(f"{at}/key", f"Another level has the key {key}")
        taken.add(key)
        if len(wanted.benefits) > MOST_BENEFITS or any(len(text) > 500 for text in wanted.benefits):
            faults.say(f"{at}/benefits", f"{MOST_BENEFITS} benefits of 500 characters at most")
        found.append(
            Level(
                id=known[key].id if key in known else 0,
                group_id=0,
                key=key,
                name=name,
                position=number,
                threshold=threshold,
                benefits=[text.strip() for text in wanted.benefits if text.strip()],
            )
        )
    return found


async def _write_levels(tx: Tx, group_id: int, before: Sequence[Level], wanted: Sequence[Level]) -> None:
    kept = {level.id for level in wanted}
    for level in before:
        if level.id not in kept:
            try:
                async with tx.savepoint():
                    await parts.delete(tx, loyalty_level, level.id)
            except sqlalchemy.exc.IntegrityError as exc:
                said = f"Members are on the level {level.name}, or were when counting began: it cannot be taken away"
                raise conflict(said) from exc
    for level in wanted:
        values = {name: getattr(level, name) for name in ("key", "name", "position", "threshold", "benefits")}
        if level.id:
            await parts.update(tx, loyalty_level, level.id, values)
        else:
            await parts.insert(tx, loyalty_level, {**values, "group_id": group_id})


async def _set_entry(tx: Tx, program_id: int, group_id: int, entry: str | None) -> None:
    if entry is not None:
        group = await parts.get_level_group(tx, program_id, group_id)
        id_ = next(level.id for level in group.levels if level.key == entry)
        await parts.update(tx, loyalty_level_group, group_id, {"entry_level_id": id_})


def _columns(settings: GroupSettings) -> dict[str, Any]:
    kept = ("point_type_id", "mode", "upgrade", "downgrade", "grace_days")
    review, reset = msgspec.to_builtins(settings.review), msgspec.to_builtins(settings.reset)
    return {name: getattr(settings, name) for name in kept} | {
        "name": settings.name.strip(),
        "review": {k: v for k, v in review.items() if v not in (None, [])},
        "reset": {k: v for k, v in reset.items() if v is not None},
    }


def picture(group: LevelGroup) -> dict[str, Any]:
    """Return a level group as the audit log keeps it."""
    told: dict[str, Any] = msgspec.to_builtins(settings_of(group))
    return {"key": group.key, **told}


async def _after(tx: Tx, actor: Actor, program: Program) -> None:
    await touched(tx, program)
    if program.state == "active":
        await enrol_all(tx, actor, program)
