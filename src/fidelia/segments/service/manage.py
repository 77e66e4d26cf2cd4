"""Definitions: make, change, archive, restore."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import sqlalchemy as sa
from msgspec import UNSET, UnsetType

from fidelia import conditions, profiles
from fidelia.access import Actor, audit
from fidelia.conditions import Condition, TextSpan
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, name_taken
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import clean_tags, tag_errors

from .. import rules
from ..model import Segment, SegmentDetail, SegmentRange, SegmentSchedule, SegmentType
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store
from ..tables import TAGS
from .lists import source_of
from .question import USED_BY, UsedBy, ask
from .recalculate import start

FIXED = "The {0} of a segment is fixed once it is made: make another segment instead"


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment is made of. ``sample_range``: the part of the database it looks at."""

    database_id: int
    name: str
    type: SegmentType
    description: str = ""
    condition: Condition | None = None
    range: SegmentRange | None = None
    limit: int | None = None
    schedule: SegmentSchedule | None = None
    tags: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed; ``UNSET`` stays. ``version`` is the one that was read, to notice somebody else's change."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    condition: Condition | UnsetType = UNSET
    range: SegmentRange | UnsetType | None = UNSET
    limit: int | UnsetType | None = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    database_id: int | UnsetType = UNSET
    type: SegmentType | UnsetType = UNSET
    version: int | UnsetType = UNSET


async def create_segment(tx: Tx, actor: Actor, made: Definition) -> Segment:
    """Store a new segment. A static one is made empty; a job fills an updatable one at once, without events.

    Raises 404 for the database, 409 for a name that is taken, 422.
    """
    database = await profiles.get_database(tx, made.database_id)
    faults = _faults(tx, made.name, made.description, made.range, made.limit, made.schedule, database.timezone)
    faults += tag_errors(made.tags)
    faults += _kind_faults(made.type, made.condition, made.range, made.limit, made.schedule)
    faults += await _condition_faults(tx, made.database_id, made.condition, None)
    if faults:
        raise invalid(*faults)
    name = made.name.strip()
    await _refuse_taken(tx, made.database_id, name, None)
    values = {
        "database_id": made.database_id,
        "name": name,
        "description": made.description,
        "type": made.type,
        "condition": None if made.condition is None else conditions.encode(made.condition),
        "sample": _plain(made.range),
        "most": made.limit,
        "schedule": _plain(made.schedule),
        "next_run_at": _due(tx, made.schedule, database.timezone),
    }
    segment_id = await _named(store.insert(tx, values), name)
    await TAGS.put(tx, {segment_id: clean_tags(made.tags)})
    if made.type == "static":
        await store.set_figures(tx, segment_id, 0, tx.now)
    if made.type != "dynamic":  # an empty list from the start, so that conditions always find one
        await members_store.replace(tx, segment_id, members_store.nobody(), members_store.nobody())
        tx.mark_dirty("segments", made.database_id, [segment_id])
    segment = await store.get(tx, segment_id)
    if made.type == "updatable":
        await start(tx, actor.name, [segment], source_of(actor), triggers=None)
    await audit(tx, actor, "segment.created", kind="segment", object_id=segment_id, name=name, after=picture(segment))
    return segment


async def change_segment(tx: Tx, actor: Actor, segment_id: int, change: Change) -> Segment:
    """Change what is given.

    Raises 404; 409 for a name that is taken, for the database or type, for a version that is not the present one, for
    an archived segment; 422.
    """
    before = await store.get(tx, segment_id, lock=True)
    refuse_archived(before)
    if change.version is not UNSET and change.version != before.version:
        raise conflict(
            "Somebody has changed this segment since you read it",
            FieldError("/version", f"The present version is {before.version}"),
            version=before.version,
        )
    for what, value, present in (
        ("database", change.database_id, before.database_id),
        ("type", change.type, before.type),
    ):
        if value is not UNSET and value != present:
            pointer = "/database_id" if what == "database" else "/type"
            raise conflict(FIXED.format(what), FieldError(pointer, FIXED.format(what)))
    after = msgspec.structs.replace(
        before,
        **{
            key: value
            for key in ("name", "description", "condition", "range", "limit", "schedule", "tags")
            if (value := getattr(change, key)) is not UNSET
        },
    )
    database = await profiles.get_database(tx, before.database_id)
    schedule = after.schedule if after.schedule != before.schedule else None  # an old one may have ended
    faults = _faults(tx, after.name, after.description, after.range, after.limit, schedule, database.timezone)
    faults += tag_errors(after.tags)
    faults += _kind_faults(after.type, after.condition, after.range, after.limit, after.schedule)
    if after.condition != before.condition:
        faults += await _condition_faults(tx, before.database_id, after.condition, segment_id)
    if faults:
        raise invalid(*faults)
    values = _changes(before, after)
    labels = clean_tags(after.tags)
    retagged = set(labels) != set(before.tags)
    if not values and not retagged:
        return before
    if "name" in values and after.name.strip().lower() != before.name.lower():
        await _refuse_taken(tx, before.database_id, after.name.strip(), segment_id)
    if "schedule" in values:
        values["next_run_at"] = _due(tx, after.schedule, database.timezone)
    await _named(store.update(tx, segment_id, values), after.name)
    if retagged:
        await TAGS.put(tx, {segment_id: labels})
    segment = await store.get(tx, segment_id)
    await audit(
        tx,
        actor,
        "segment.updated",
        kind="segment",
        object_id=segment_id,
        name=segment.name,
        before=picture(before),
        after=picture(segment),
    )
    return segment


async def archive_segment(tx: Tx, actor: Actor, segment_id: int) -> None:
    """Take a segment out of use; its list stays for :func:`restore_segment`. Raises 404; 409 naming its users."""
    segment = await store.get(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        return
    users = await used_by(tx, segment)
    if users:
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        raise conflict(f"The segment {segment.name} is used by {', '.join(users[:10])}{more}", used_by=users)
    await store.update(tx, segment_id, {"archived_at": tx.now, "next_run_at": None})
    await audit(
        tx,
        actor,
        "segment.archived",
        kind="segment",
        object_id=segment_id,
        name=segment.name,
        before=picture(segment),
    )


async def restore_segment(tx: Tx, actor: Actor, segment_id: int) -> Segment:
    """Bring an archived segment back. Raises 404; 409 when another one has its name by now."""
    segment = await store.get(tx, segment_id, lock=True)
    if segment.archived_at is None:
        return segment
    await _refuse_taken(tx, segment.database_id, segment.name, segment_id)
    database = await profiles.get_database(tx, segment.database_id)
    due = _due(tx, segment.schedule, database.timezone)
    await _named(store.update(tx, segment_id, {"archived_at": None, "next_run_at": due}), segment.name)
    await audit(tx, actor, "segment.restored", kind="segment", object_id=segment_id, name=segment.name)
    return await store.get(tx, segment_id)


async def detail(tx: Tx, segment_id: int) -> SegmentDetail:
    """Return a segment with its rules in words, what is wrong with them by now, its users and its last run."""
    # The run first: one that ends in between is told as still at work, so whoever reads looks again.
    last_run = await runs_store.last(tx, segment_id)
    segment = await store.get(tx, segment_id)
    database = await profiles.get_database(tx, segment.database_id)
    words, spans, problems = await _words(tx, segment)
    return SegmentDetail(
        **msgspec.structs.asdict(segment),
        database=database.name,
        sentence=words,
        spans=spans,
        problems=problems,
        used_by=tuple(await used_by(tx, segment)),
        last_run=last_run,
    )


async def _words(tx: Tx, segment: Segment) -> tuple[str, tuple[TextSpan, ...], tuple[str, ...]]:
    if segment.condition is None:
        return "", (), ()
    try:
        said = (await ask(tx, segment.database_id, segment.condition, own=segment.id)).text
    except Problem as exc:  # a field or segment it speaks of is gone: the page must open all the same
        return "", (), tuple(e.message for e in exc.errors) or (exc.detail,)
    return said.text, said.spans, ()


async def used_by(tx: Tx, segment: Segment) -> list[str]:
    """Return who uses a segment: other segments, and what capabilities above name."""
    found = [f"segment {name}" for name in await store.users_of(tx, segment.id)]
    askers: Sequence[UsedBy] = tx.engines.port(USED_BY)
    for asker in askers:
        found += await asker(tx, segment)
    return found


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> list[str]:
    """Answer which segments use a database, or one of its fields (a port of profiles)."""
    found: Iterable[Segment] = await store.of_database(tx, database_id)
    if field is not None:
        name = f"profile.{field.name}"
        found = [s for s in found if s.condition is not None and rules.names_field(s.condition, name)]
    return [f"segment {segment.name}" for segment in found]


async def event_type_used_by(tx: Tx, database_id: int, type_: str) -> list[str]:
    """Answer which segments speak of a type of event (a port of events)."""
    found = await store.of_database(tx, database_id)
    return [f"segment {s.name}" for s in found if s.condition is not None and rules.names_event(s.condition, type_)]


def picture(segment: Segment) -> dict[str, Any]:
    """Return a segment as the audit log keeps it."""
    kept = ("database_id", "name", "description", "type", "range", "limit", "schedule", "tags")
    shown = {key: msgspec.to_builtins(getattr(segment, key)) for key in kept}
    return shown | {"condition": None if segment.condition is None else conditions.encode(segment.condition)}


def _changes(before: Segment, after: Segment) -> dict[str, Any]:
    """Return the columns that differ."""
    shapes: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "name": ("name", str.strip),
        "description": ("description", str),
        "condition": ("condition", conditions.encode),
        "range": ("sample", _plain),
        "limit": ("most", int),
        "schedule": ("schedule", _plain),
    }
    return {
        column: None if (value := getattr(after, key)) is None else shape(value)
        for key, (column, shape) in shapes.items()
        if getattr(before, key) != getattr(after, key)
    }


def _faults(
    tx: Tx,
    name: str,
    description: str,
    part: SegmentRange | None,
    limit: int | None,
    schedule: SegmentSchedule | None,
    timezone: str,
) -> list[FieldError]:
    return [
        *rules.name_errors(name),
        *rules.description_errors(description),
        *rules.range_errors(part),
        *rules.limit_errors(limit),
        *rules.schedule_errors(schedule, tx.now.astimezone(ZoneInfo(timezone)).date()),
    ]


def _kind_faults(
    type_: SegmentType,
    condition: Condition | None,
    part: SegmentRange | None,
    limit: int | None,
    schedule: SegmentSchedule | None,
) -> list[FieldError]:
    """Return what does not go with a type of segment."""
    faults = []
    if type_ == "static":
        reason = "A static segment is a list: it keeps no {0}. Fill it from a condition instead"
        for name, value in (("condition", condition), ("range", part), ("limit", limit)):
            if value is not None:
                faults.append(FieldError(f"/{name}", reason.format(name)))
    elif condition is None:
        faults.append(FieldError("/condition", f"A segment of type {type_} needs a condition"))
    if type_ != "updatable" and schedule is not None:
        faults.append(FieldError("/schedule", "Only an updatable segment has a schedule"))
    return faults


async def _condition_faults(tx: Tx, database_id: int, condition: Condition | None, own: int | None) -> list[FieldError]:
    if condition is None:
        return []
    try:
        await ask(tx, database_id, condition, own=own)
    except Problem as exc:
        if exc.status != 422:
            raise
        return list(exc.errors)
    return []


def _plain(value: SegmentRange | SegmentSchedule | None) -> Any:
    return None if value is None else msgspec.to_builtins(value)


def _due(tx: Tx, schedule: SegmentSchedule | None, timezone: str) -> Any:
    return None if schedule is None else rules.next_run(schedule, tx.now, timezone)


def refuse_archived(segment: Segment) -> None:
    """Raise 409 for a segment that is out of use."""
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")


async def _refuse_taken(tx: Tx, database_id: int, name: str, own: int | None) -> None:
    if await store.another_of_name(tx, database_id, name, own):
        raise _taken(name)


async def _named(writing: Awaitable[Any], name: str) -> Any:
    """Run a write that a concurrent twin may win."""
    try:
        return await writing
    except sa.exc.IntegrityError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            raise _taken(name) from None
        raise


def _taken(name: str) -> Problem:
    return name_taken("segment", name)
