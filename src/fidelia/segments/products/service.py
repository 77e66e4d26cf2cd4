"""Use cases of definitions: make, change, archive, restore, read."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import conditions
from fidelia.access import Actor, audit
from fidelia.conditions import Condition
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, name_taken
from fidelia.platform import schedules
from fidelia.platform.postgres import Tx

from . import store
from .asking import ZONE, ask, ask_segment, said
from .model import (
    WORDS,
    Entity,
    ProductSchedule,
    ProductSegment,
    ProductSegmentDetail,
    ProductSegmentType,
)
from .ports import PRODUCTS_USED_BY, ProductsUsedBy
from .recalculate import fill
from .store import RUNS

T = TypeVar("T")


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides about a product segment."""

    entity: Entity
    name: str
    type: ProductSegmentType
    description: str = ""
    condition: Condition | None = None
    limit: int | None = None
    schedule: ProductSchedule | None = None
    active: bool = True


def definition(segment: ProductSegment) -> Definition:
    """Return what is stored."""
    return Definition(**{name: getattr(segment, name) for name in Definition.__struct_fields__})


async def create(tx: Tx, actor: Actor, made: Definition) -> ProductSegmentDetail:
    """Store a new segment; a job fills an updatable one at once. Raises 409 for a name that is taken, 422."""
    await _check(tx, made, own=None, before=None)
    segment_id = await _named(tx, store.add(tx, _columns(made) | {"next_run_at": _due(tx, made)}), made.name)
    await store.replace(tx, segment_id, BitMap())  # an empty list from the start, so that conditions always find one
    segment = await store.find(tx, segment_id)
    if made.type == "updatable":
        await fill(tx, actor, segment)
    await _told(tx, actor, "created", segment, after=picture(segment))
    return await detail(tx, segment_id)


async def change(
    tx: Tx, actor: Actor, segment_id: int, changes: Mapping[str, Any], version: int | None
) -> ProductSegmentDetail:
    """Change what is given; rules that change have the list filled again.

    Raises 404; 409 for a name that is taken, for another version, for an archived segment, for what is fixed; 422.
    """
    before = await store.find(tx, segment_id, lock=True)
    refuse_archived(before)
    if version is not None and version != before.version:
        text = f"The present version is {before.version}"
        raise conflict(
            "Somebody has changed this segment since you read it",
            FieldError("/version", text),
            version=before.version,
        )
    old = definition(before)
    made = msgspec.structs.replace(old, **changes)
    for what in ("entity", "type"):
        if getattr(made, what) != getattr(old, what):
            text = f"The {what} of a segment is fixed once it is made: make another segment instead"
            raise conflict(text, FieldError(f"/{what}", text))
    await _check(tx, made, own=segment_id, before=old)
    if made == old:
        return await detail(tx, segment_id)
    values = _columns(made) | {"version": before.version + 1, "updated_at": tx.now}
    if (made.schedule, made.active) != (old.schedule, old.active):
        values["next_run_at"] = _due(tx, made)
    await _named(tx, store.update(tx, segment_id, values), made.name)
    after = await store.find(tx, segment_id)
    if (made.condition, made.limit) != (old.condition, old.limit):
        await fill(tx, actor, after)
    await _told(tx, actor, "updated", after, before=picture(before), after=picture(after))
    return await detail(tx, segment_id)


async def archive(tx: Tx, actor: Actor, segment_id: int) -> None:
    """Take a segment out of use; its list stays. Raises 404; 409 naming its users."""
    segment = await store.find(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        return
    users = await used_by(tx, segment)
    if users:
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        raise conflict(f"The segment {segment.name} is used by {', '.join(users[:10])}{more}", used_by=users)
    await store.update(tx, segment_id, {"archived_at": tx.now, "next_run_at": None})
    await _told(tx, actor, "archived", segment, before=picture(segment))


async def restore(tx: Tx, actor: Actor, segment_id: int) -> ProductSegmentDetail:
    """Bring an archived segment back. Raises 404; 409 when another one has its name by now."""
    segment = await store.find(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        values = {"archived_at": None, "next_run_at": _due(tx, definition(segment))}
        await _named(tx, store.update(tx, segment_id, values), segment.name)
        await _told(tx, actor, "restored", segment)
    return await detail(tx, segment_id)


async def detail(tx: Tx, segment_id: int) -> ProductSegmentDetail:
    """Return a segment with its rules in words, what is wrong with them, its users and its runs; raise 404."""
    open_run, last_run = await RUNS.open_of(tx, segment_id), await RUNS.last(tx, segment_id)
    segment = await store.find(tx, segment_id)
    sentence = conditions.Sentence("", ())
    problems: tuple[str, ...] = ()
    if segment.condition is not None:
        try:
            sentence = said(await ask_segment(tx, segment))
        except Problem as exc:  # what it speaks of is gone: the page must open all the same
            problems = tuple(e.message for e in exc.errors) or (exc.detail,)
    return ProductSegmentDetail(
        **{name: getattr(segment, name) for name in ProductSegment.__struct_fields__},
        sentence=sentence.text,
        spans=sentence.spans,
        problems=problems,
        used_by=tuple(await used_by(tx, segment)),
        open_run=open_run,
        last_run=last_run,
    )


async def used_by(tx: Tx, segment: ProductSegment) -> list[str]:
    """Return who uses a segment: segments of people and of products, and what capabilities above name."""
    found = await store.users_of(tx, segment.id)
    askers: Sequence[ProductsUsedBy] = tx.engines.ports.get(PRODUCTS_USED_BY, ())
    for asker in askers:
        found += await asker(tx, segment)
    return found


def refuse_archived(segment: ProductSegment) -> None:
    """Raise 409 for a segment that is out of use."""
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")


def picture(segment: ProductSegment) -> dict[str, Any]:
    """Return a segment as the audit log keeps it."""
    kept = ("entity", "name", "description", "type", "limit", "schedule", "active")
    shown = {key: msgspec.to_builtins(getattr(segment, key)) for key in kept}
    return shown | {"condition": None if segment.condition is None else conditions.encode(segment.condition)}


async def _check(tx: Tx, made: Definition, *, own: int | None, before: Definition | None) -> None:
    faults: list[FieldError] = []
    if not made.name.strip() or "\x00" in made.name:
        faults.append(FieldError("/name", "Enter a name for the segment"))
    if "\x00" in made.description:
        faults.append(FieldError("/description", "A description has no NUL character"))
    if made.type == "static":
        reason = f"A static segment is a list: it keeps no {{0}}. Add {WORDS[made.entity][1]} to it instead"
        given = {"condition": made.condition, "limit": made.limit, "schedule": made.schedule}
        faults += [FieldError(f"/{key}", reason.format(key)) for key, value in given.items() if value is not None]
    elif made.condition is None:
        faults.append(FieldError("/condition", "An updatable segment needs a condition"))
    elif before is None or made.condition != before.condition:
        try:
            await ask(tx, made.entity, made.condition, own=own)
        except Problem as exc:
            if exc.status != 422:
                raise
            faults += exc.errors
    if made.schedule is not None and (before is None or made.schedule != before.schedule):
        faults += schedules.schedule_errors(made.schedule, tx.now.astimezone(ZoneInfo(ZONE)).date())
    if faults:
        raise invalid(*faults)


def _columns(made: Definition) -> dict[str, object]:
    return {
        "entity": made.entity,
        "name": made.name.strip(),
        "description": made.description,
        "type": made.type,
        "condition": None if made.condition is None else conditions.encode(made.condition),
        "most": made.limit,
        "schedule": None if made.schedule is None else msgspec.to_builtins(made.schedule),
        "active": made.active,
    }


def _due(tx: Tx, made: Definition) -> datetime | None:
    if made.schedule is None or not made.active:
        return None
    return schedules.next_run(made.schedule, tx.now, ZONE)


async def _named(tx: Tx, writing: Awaitable[T], name: str) -> T:
    try:
        async with tx.savepoint():
            return await writing
    except sa.exc.IntegrityError as exc:
        raise name_taken("product segment", name.strip()) from exc


async def _told(tx: Tx, actor: Actor, what: str, segment: ProductSegment, **more: Any) -> None:
    kind = "product_segment"
    await audit(tx, actor, f"{kind}.{what}", kind=kind, object_id=segment.id, name=segment.name, **more)
