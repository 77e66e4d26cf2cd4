"""Queries on global control groups. Lists of people are Roaring bitmaps; a bitmap that is returned is one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects.postgresql import insert

from fidelia.conditions import control_number
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.schedules import Runs

from .model import Activity, ControlRun, GroupRow, StratumField
from .tables import control_bitmap, control_group, control_run, control_stratum

_g, _b, _s, _r = control_group.c, control_bitmap.c, control_stratum.c, control_run.c


# -- groups ---------------------------------------------------------------------------------------------------------


async def find(tx: Tx, database_id: int, *, lock: bool = False) -> GroupRow | None:
    """Return the group of a database, or ``None``; ``lock`` lets nobody else change it."""
    stmt = sa.select(control_group).where(_g.database_id == database_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return None if row is None else as_struct(row, GroupRow)


async def get(tx: Tx, database_id: int, *, lock: bool = False) -> GroupRow:
    """Return the group of a database; raise 404."""
    found = await find(tx, database_id, lock=lock)
    if found is None:
        raise not_found("Control group of database", database_id)
    return found


async def add(tx: Tx, values: Mapping[str, Any]) -> None:
    """Store a new group with an empty list."""
    group_id = await tx.scalar(
        sa.insert(control_group).values(**values, created_at=tx.now, updated_at=tx.now).returning(_g.id)
    )
    await tx.execute(
        sa.insert(control_bitmap).values(group_id=group_id, members=BitMap().serialize(), updated_at=tx.now)
    )
    _changed(tx, values["database_id"])


async def update(tx: Tx, group_id: int, values: Mapping[str, Any], *, definition: bool = False) -> None:
    """Change columns; ``definition`` raises the version."""
    raised = {"version": _g.version + 1, "updated_at": tx.now} if definition else {}
    await tx.execute(sa.update(control_group).where(_g.id == group_id).values(**values, **raised))


async def delete(tx: Tx, group_id: int) -> None:
    """Forget a group with its people and runs."""
    _changed(tx, await tx.scalar(sa.select(_g.database_id).where(_g.id == group_id)))
    await tx.execute(sa.delete(control_group).where(_g.id == group_id))


# -- people ---------------------------------------------------------------------------------------------------------


async def members(tx: Tx, group_id: int) -> BitMap:
    """Return who is kept back."""
    found = await tx.scalar(sa.select(_b.members).where(_b.group_id == group_id))
    return BitMap() if found is None else BitMap.deserialize(bytes(found))


async def active_list(tx: Tx, database_id: int) -> tuple[BitMap, list[Activity]] | None:
    """Return who is kept back in a database and what reaches them all the same; ``None`` when nobody is."""
    row = await tx.first(
        sa.select(_b.members, _g.exceptions)
        .join(control_group, _g.id == _b.group_id)
        .where(_g.database_id == database_id, _g.active, _g.size > 0)
    )
    if row is None:
        return None
    return BitMap.deserialize(bytes(row.members)), msgspec.convert(row.exceptions, list[Activity])


async def set_members(tx: Tx, group_id: int, found: BitMap) -> None:
    """Store who is kept back in place of those before."""
    await tx.execute(
        sa.update(control_bitmap).where(_b.group_id == group_id).values(members=_packed(found), updated_at=tx.now)
    )
    _changed(tx, await tx.scalar(sa.select(_g.database_id).where(_g.id == group_id)))


def _changed(tx: Tx, database_id: int) -> None:
    """Have the list brought to ClickHouse, where conditions look people up."""
    tx.mark_dirty("segments", database_id, [control_number(database_id)])


async def people_of(tx: Tx, database_id: int) -> BitMap:
    """Return who is kept back in a database; nobody where there is no group."""
    found = await find(tx, database_id)
    return BitMap() if found is None else await members(tx, found.id)


async def strata(tx: Tx, group_id: int) -> dict[tuple[int, str], tuple[str, BitMap]]:
    """Return everybody assigned: label and people by (epoch, stratum)."""
    rows = await tx.all(sa.select(control_stratum).where(_s.group_id == group_id).order_by(_s.epoch, _s.key))
    return {(row.epoch, row.key): (row.label, BitMap.deserialize(bytes(row.people))) for row in rows}


async def set_stratum(tx: Tx, group_id: int, epoch: int, key: str, label: str, people: BitMap) -> None:
    """Store the people of a stratum in place of those before."""
    stmt = insert(control_stratum).values(group_id=group_id, epoch=epoch, key=key, label=label, people=_packed(people))
    await tx.execute(
        stmt.on_conflict_do_update(
            index_elements=["group_id", "epoch", "key"],
            set_={"people": stmt.excluded.people, "label": stmt.excluded.label},
        )
    )


def _packed(people: BitMap) -> bytes:
    packed = BitMap(people)
    packed.run_optimize()
    return bytes(packed.serialize())


# -- runs -----------------------------------------------------------------------------------------------------------


RUNS = Runs(control_run, ControlRun, owner="group_id", unsaid="The job ended before the group was stored")


async def assigned_after(tx: Tx, group_id: int, moment: datetime) -> BitMap:
    """Return who was assigned later than a moment."""
    rows = await tx.all(
        sa.select(_r.members).where(_r.group_id == group_id, _r.finished_at > moment, _r.members.is_not(None))
    )
    return BitMap.union(BitMap(), *(BitMap.deserialize(bytes(row.members)) for row in rows))


async def assigned_at(tx: Tx, group_id: int, profile_id: int) -> datetime | None:
    """Return when a person was assigned."""
    rows = await tx.all(
        sa.select(_r.finished_at, _r.members).where(_r.group_id == group_id, _r.members.is_not(None)).order_by(_r.id)
    )
    for row in rows:
        if profile_id in BitMap.deserialize(bytes(row.members)):
            found: datetime = row.finished_at
            return found
    return None


async def forget(tx: Tx, group_id: int, gone: BitMap) -> None:
    """Take people out of the runs' lists; the figures stay."""
    for row in await tx.all(sa.select(_r.id, _r.members).where(_r.group_id == group_id, _r.members.is_not(None))):
        before = BitMap.deserialize(bytes(row.members))
        if before.intersect(gone):
            after = _packed(before - gone)
            await tx.execute(sa.update(control_run).where(_r.id == row.id).values(members=after))


async def users_of_field(tx: Tx, database_id: int) -> Iterable[StratumField]:
    """Return the fields that the group of a database divides people by."""
    found = await find(tx, database_id)
    return [] if found is None else found.strata
