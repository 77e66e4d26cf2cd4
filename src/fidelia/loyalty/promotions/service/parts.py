"""What promotions of a program share: exclusion groups, and how they are weighed against each other."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform.postgres import Tx

from ...programs import program, set_arbitration
from ..model import Arbitration, Base, Mode, Moment, PromotionGroup
from ..store import parts as store
from ..store import promotions as promotions_store
from .manage import read_all

MAX_NAME = 200
Per = Literal["order", "line"]


class ArbitrationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of it."""

    mode: Mode | UnsetType = UNSET
    base: Base | UnsetType = UNSET
    accrue_on: Moment | UnsetType = UNSET
    return_days: int | UnsetType = UNSET


async def groups(tx: Tx, program_id: int) -> list[PromotionGroup]:
    """Return the exclusion groups of a program, and how many promotions each has; raise 404."""
    used: dict[int, int] = {}
    for promotion in await read_all(tx, program_id):
        if promotion.definition.group_id is not None:
            used[promotion.definition.group_id] = used.get(promotion.definition.group_id, 0) + 1
    rows = await store.groups(tx, program_id)
    return [PromotionGroup(row.id, row.program_id, row.name, row.per, used.get(row.id, 0)) for row in rows]


async def create_group(tx: Tx, actor: Actor, program_id: int, name: str, per: Per) -> PromotionGroup:
    """Make an exclusion group; raise 404, 409 for a name that another has, 422."""
    await program(tx, program_id)
    name = await _free_name(tx, program_id, name, None)
    group_id = await store.insert_group(tx, program_id, name, per)
    made = PromotionGroup(group_id, program_id, name, per, 0)
    await _audit(tx, actor, "created", made, None, made)
    return made


async def change_group(
    tx: Tx, actor: Actor, program_id: int, group_id: int, name: str | UnsetType, per: Per | UnsetType
) -> PromotionGroup:
    """Rename a group, or let one win per line instead of per order; raise 404, 409, 422."""
    row = await store.group(tx, program_id, group_id)
    values: dict[str, Any] = {}
    if name is not UNSET:
        values["name"] = await _free_name(tx, program_id, name, group_id)
    if per is not UNSET:
        values["per"] = per
    if values:
        await store.change_group(tx, group_id, values)
        await store.touch(tx, program_id)
    after = next(one for one in await groups(tx, program_id) if one.id == group_id)
    before = PromotionGroup(row.id, row.program_id, row.name, row.per, after.promotions)
    await _audit(tx, actor, "updated", after, before, after)
    return after


async def drop_group(tx: Tx, actor: Actor, program_id: int, group_id: int) -> None:
    """Archive a group that no promotion is in; raise 404, 409."""
    row = await store.group(tx, program_id, group_id)
    inside = await promotions_store.in_group(tx, program_id, group_id)
    if inside:
        raise conflict(f"There are promotions in {row.name}: {', '.join(inside[:5])}")
    await store.change_group(tx, group_id, {"archived_at": tx.now})
    await store.touch(tx, program_id)
    await _audit(tx, actor, "archived", PromotionGroup(row.id, row.program_id, row.name, row.per, 0), None, None)


async def _free_name(tx: Tx, program_id: int, name: str, own: int | None) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or "\x00" in name:
        raise invalid_field("/name", f"A name has 1 to {MAX_NAME} characters")
    for row in await store.groups(tx, program_id):
        if row.name.lower() == name.lower() and row.id != own:
            raise conflict(f"There is a group {row.name} already")
    return name


async def arbitration(tx: Tx, program_id: int) -> Arbitration:
    """Return how promotions of a program go together; raise 404."""
    owner = await program(tx, program_id)
    rules = await store.rules(tx, program_id)
    return Arbitration(program_id, owner.mode, owner.base, rules.accrue_on, rules.return_days, rules.revision)


async def change_arbitration(tx: Tx, actor: Actor, program_id: int, change: ArbitrationChange) -> Arbitration:
    """Change how promotions go together; raise 404, 422."""
    before = await arbitration(tx, program_id)
    values = {name: value for name in ("accrue_on", "return_days") if (value := getattr(change, name)) is not UNSET}
    if not 0 <= values.get("return_days", 0) <= 3650:
        raise invalid_field("/return_days", "This is 0 to 3,650 days")
    mode = before.mode if change.mode is UNSET else change.mode
    base = before.base if change.base is UNSET else change.base
    await set_arbitration(tx, actor, program_id, mode, base)
    await store.touch(tx, program_id, values)
    after = await arbitration(tx, program_id)
    name = (await program(tx, program_id)).name
    await audit(
        tx,
        actor,
        "promotion.arbitration",
        kind="loyalty_program",
        object_id=program_id,
        name=name,
        before=before,
        after=after,
    )
    return after


async def _audit(tx: Tx, actor: Actor, what: str, group: PromotionGroup, before: Any, after: Any) -> None:
    await audit(
        tx,
        actor,
        f"promotion_group.{what}",
        kind="promotion_group",
        object_id=group.id,
        name=group.name,
        before=before,
        after=after,
    )
