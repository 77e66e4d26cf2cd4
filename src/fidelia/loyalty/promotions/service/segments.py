"""Order segments: named conditions over a draft order, and the orders of late that match them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import conditions, profiles
from fidelia.access import Actor, audit
from fidelia.conditions import Checked
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform.postgres import Tx

from ...programs import program, programs
from ..checks import check_condition, named_segments
from ..model import OrderSegment
from ..store import parts as store
from ..store import promotions as promotions_store
from ..store.parts import OrderSegmentRow
from ..vocabulary import vocabulary

MAX_NAME = 200


class SegmentChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of an order segment; ``revision`` is the one that was read."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    condition: dict[str, Any] | UnsetType = UNSET
    revision: int | UnsetType = UNSET


async def check_segment(tx: Tx, database_id: int, condition: dict[str, Any]) -> Checked:
    """Check the condition of an order segment; raise 404 the database, 422 with a pointer for each fault."""
    named = await named_segments(tx, database_id, [condition])
    return check_condition(await vocabulary(tx, database_id), condition, "order", "/condition", named)


async def every(tx: Tx, database_id: int | None) -> list[OrderSegment]:
    """Return the order segments of a database, or all, by name."""
    return [await _shown(tx, row) for row in await store.order_segments(tx, database_id)]


async def read(tx: Tx, segment_id: int) -> OrderSegment:
    """Return an order segment; raise 404."""
    return await _shown(tx, await store.order_segment_row(tx, segment_id))


async def _shown(tx: Tx, row: OrderSegmentRow) -> OrderSegment:
    return OrderSegment(
        row.id,
        row.database_id,
        row.name,
        row.description,
        row.condition,
        row.sentence,
        await promotions_store.using_order_segment(tx, row.id),
        row.revision,
        row.created_at,
        row.updated_at,
    )


async def create(
    tx: Tx, actor: Actor, database_id: int, name: str, description: str, condition: dict[str, Any]
) -> OrderSegment:
    """Make an order segment; raise 404 the database, 409 for a name that another has, 422."""
    await profiles.get_database(tx, database_id)
    values = {
        "database_id": database_id,
        "name": await _free_name(tx, database_id, name, None),
        "description": description,
        "condition": condition,
        "sentence": sentence_of(await check_segment(tx, database_id, condition)),
    }
    made = await read(tx, await store.insert_order_segment(tx, values))
    await _audit(tx, actor, "created", made, None, made)
    return made


async def change(tx: Tx, actor: Actor, segment_id: int, wanted: SegmentChange) -> OrderSegment:
    """Change an order segment; promotions that use it follow at once. Raise 404, 409, 422."""
    row = await store.order_segment_row(tx, segment_id, lock=True)
    if row.archived_at is not None:
        raise conflict("The order segment is archived")
    if wanted.revision is not UNSET and wanted.revision != row.revision:
        raise conflict("Somebody else has changed this order segment meanwhile", revision=row.revision)
    before = await _shown(tx, row)
    values: dict[str, Any] = {}
    if wanted.name is not UNSET:
        values["name"] = await _free_name(tx, row.database_id, wanted.name, segment_id)
    if wanted.description is not UNSET:
        values["description"] = wanted.description
    if wanted.condition is not UNSET:
        values["condition"] = wanted.condition
        values["sentence"] = sentence_of(await check_segment(tx, row.database_id, wanted.condition))
    await store.change_order_segment(tx, segment_id, values)
    await _touch(tx, row.database_id)
    after = await read(tx, segment_id)
    await _audit(tx, actor, "updated", after, before, after)
    return after


async def archive(tx: Tx, actor: Actor, segment_id: int) -> None:
    """Archive an order segment that no promotion uses; raise 404, 409."""
    found = await read(tx, segment_id)
    if found.used_by:
        raise conflict(f"Promotions use {found.name}: {', '.join(found.used_by[:5])}")
    await store.change_order_segment(tx, segment_id, {"archived_at": tx.now})
    await _audit(tx, actor, "archived", found, None, None)


def sentence_of(checked: Checked) -> str:
    """Return the condition as a sentence."""
    return conditions.sentence(checked, subjects="Orders").text


async def _touch(tx: Tx, database_id: int) -> None:
    for owner in await programs(tx, database_id=database_id):
        await store.touch(tx, owner.id)


async def _free_name(tx: Tx, database_id: int, name: str, own: int | None) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or "\x00" in name:
        raise invalid_field("/name", f"A name has 1 to {MAX_NAME} characters")
    for row in await store.order_segments(tx, database_id):
        if row.name.lower() == name.lower() and row.id != own:
            raise conflict(f"There is an order segment {row.name} already")
    return name


async def _audit(tx: Tx, actor: Actor, what: str, found: OrderSegment, before: Any, after: Any) -> None:
    await audit(
        tx,
        actor,
        f"order_segment.{what}",
        kind="order_segment",
        object_id=found.id,
        name=found.name,
        before=before,
        after=after,
    )


async def check_lines(tx: Tx, program_id: int, condition: dict[str, Any], pointer: str) -> None:
    """Check a condition on a line of an order for a program (a port of programs); raise 422 below ``pointer``."""
    owner = await program(tx, program_id)
    named = await named_segments(tx, owner.database_id, [condition])
    check_condition(await vocabulary(tx, owner.database_id), condition, "line", pointer, named)
