"""Making a static segment of something: of another segment, of a condition, of an import's people."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.conditions import Condition, Member, MemberOf
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from ..model import SegmentRange
from ..store import members as members_store
from ..store import segments as store
from .fill import Filling, fill
from .lists import add_import, copy_members
from .manage import Definition, create_segment


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the list is made of: exactly one of ``segment``, ``condition`` (of a database), ``import_id``."""

    segment: int | None = None
    database_id: int | None = None
    condition: Condition | None = None
    range: SegmentRange | None = None
    limit: int | None = None
    import_id: int | None = None


class Made(msgspec.Struct, frozen=True):
    """The new segment, and the job that fills it when its people have to be worked out first."""

    segment: int
    job: JobRef | None


async def save_static(
    tx: Tx, actor: Actor, name: str, description: str, origin: Origin, *, triggers: bool = False
) -> Made:
    """Make a static segment and fill it: a stored list or an import at once, rules by a job.

    It is a first bulk filling, so events are written only with ``triggers``. Raises 404, 409, 422.
    """
    _one(origin)
    if origin.import_id is not None:
        database_id = (await profiles.get_import(tx, origin.import_id)).database_id
        made = await _empty(tx, actor, database_id, name, description)
        await add_import(tx, actor, made, origin.import_id, triggers=triggers)
        return Made(made, None)
    if origin.segment is None:
        if origin.database_id is None or origin.condition is None:
            raise invalid_field("/database_id", "Name the database of the condition")
        made = await _empty(tx, actor, origin.database_id, name, description)
        filling = Filling(origin.condition, origin.range, origin.limit)
        return Made(made, await fill(tx, actor, made, filling, triggers=triggers))
    source = await store.get(tx, origin.segment)
    if source.archived_at is not None:
        raise conflict(f"The segment {source.name} is archived: restore it first")
    made = await _empty(tx, actor, source.database_id, name, description, source.tags)
    if source.type == "dynamic":
        same = Filling(Member(of=MemberOf(segment=source.id)))
        return Made(made, await fill(tx, actor, made, same, triggers=triggers))
    found = await members_store.members(tx, source.id)
    await copy_members(tx, actor, made, found, f"Segment {source.name}", triggers=triggers)
    return Made(made, None)


async def _empty(
    tx: Tx, actor: Actor, database_id: int, name: str, description: str, tags: tuple[str, ...] = ()
) -> int:
    made = Definition(database_id=database_id, name=name, description=description, type="static", tags=tags)
    return (await create_segment(tx, actor, made)).id


def _one(origin: Origin) -> None:
    given: list[tuple[str, Any]] = [
        ("segment", origin.segment),
        ("condition", origin.condition),
        ("import", origin.import_id),
    ]
    named = [name for name, value in given if value is not None]
    if len(named) != 1:
        raise invalid_field(
            f"/{named[1] if named else 'segment'}", "Name a segment, a condition or an import: one of them"
        )
    if origin.condition is None:
        for name, value in (("database_id", origin.database_id), ("range", origin.range), ("limit", origin.limit)):
            if value is not None:
                raise invalid_field(f"/{name}", "This goes with a condition only")
