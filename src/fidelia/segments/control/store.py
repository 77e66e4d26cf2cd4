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
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SegmentSchedule
from ..store.members import before_id
from .model import Activity, ControlRun, ControlWarning, GroupRow, StratumField, StratumOut
from .tables import control_bitmap, control_group, control_run, control_stratum

_g, _b, _s, _r = control_group.c, control_bitmap.c, control_stratum.c, control_run.c
_OPEN = ("queued", "running")
_RUN_COLUMNS = [column for column in _r if column.name not in ("members", "group_id")]


# -- groups ---------------------------------------------------------------------------------------------------------


def _as_group(row: sa.Row[Any]) -> GroupRow:
    values = dict(row._mapping)
    values["strata"] = msgspec.convert(row.strata, list[StratumField])
    values["exceptions"] = msgspec.convert(row.exceptions, list[Activity])
    values["schedule"] = None if row.schedule is None else msgspec.convert(row.schedule, SegmentSchedule)
    return GroupRow(**values)


async def find(tx: Tx, database_id: int, *, lock: bool = False) -> GroupRow | None:
    """Return the group of a database, or ``None``; ``lock`` lets nobody else change it."""
    stmt = sa.select(control_group).where(_g.database_id == database_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return None if row is None else _as_group(row)


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


async def due(tx: Tx) -> list[GroupRow]:
    """Return the groups whose refresh is due, locked; those that somebody else works on are left out."""
    rows = await tx.all(
        sa.select(control_group)
        .where(_g.next_refresh_at <= tx.now, _g.active)
        .order_by(_g.id)
        .with_for_update(skip_locked=True)
    )
    return [_as_group(row) for row in rows]


async def with_open_run(tx: Tx) -> list[GroupRow]:
    """Return the groups that a run waits for or works on."""
    busy = sa.select(_r.group_id).where(_r.state.in_(_OPEN))
    return [_as_group(row) for row in await tx.all(sa.select(control_group).where(_g.id.in_(busy)).order_by(_g.id))]


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


def _as_run(row: sa.Row[Any]) -> ControlRun:
    values = dict(row._mapping)
    values["strata"] = msgspec.convert(row.strata, list[StratumOut])
    values["warnings"] = msgspec.convert(row.warnings, list[ControlWarning])
    return ControlRun(**values)


async def add_run(tx: Tx, group_id: int, *, source: str, actor: str) -> int:
    """Note that a refresh was asked for; return the run's id."""
    stmt = sa.insert(control_run).values(
        group_id=group_id, state="queued", source=source, actor=actor, queued_at=tx.now
    )
    return int(await tx.scalar(stmt.returning(_r.id)))


async def set_job(tx: Tx, run_id: int, job_id: str) -> None:
    """Note which job does a run."""
    await tx.execute(sa.update(control_run).where(_r.id == run_id).values(job_id=job_id))


async def begin(tx: Tx, run_id: int) -> bool:
    """Mark a run as running (again, after a crash); say ``False`` when it has ended or its group is gone."""
    done = await tx.execute(sa.update(control_run).where(_r.id == run_id, _r.state.in_(_OPEN)).values(state="running"))
    return done.rowcount > 0


async def finish(tx: Tx, run_id: int, values: Mapping[str, Any]) -> bool:
    """Mark a run as done; say ``False`` when it had ended already."""
    done = await tx.execute(
        sa.update(control_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state="done", finished_at=tx.now, **values)
    )
    return done.rowcount > 0


async def end(tx: Tx, run_id: int, state: str, error: str | None) -> None:
    """Mark a run as failed or cancelled, unless it has ended."""
    await tx.execute(
        sa.update(control_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state=state, finished_at=tx.now, error=error)
    )


async def open_run(tx: Tx, group_id: int) -> ControlRun | None:
    """Return the run that waits or works."""
    row = await tx.first(sa.select(*_RUN_COLUMNS).where(_r.group_id == group_id, _r.state.in_(_OPEN)))
    return None if row is None else _as_run(row)


async def run(tx: Tx, run_id: int) -> ControlRun | None:
    """Return a run, or ``None`` when its group is gone."""
    row = await tx.first(sa.select(*_RUN_COLUMNS).where(_r.id == run_id))
    return None if row is None else _as_run(row)


async def last_run(tx: Tx, group_id: int, *, done: bool = False) -> ControlRun | None:
    """Return the newest run that has ended, or the newest that came to its end."""
    states = ("done",) if done else ("done", "failed", "cancelled")
    row = await tx.first(
        sa.select(*_RUN_COLUMNS).where(_r.group_id == group_id, _r.state.in_(states)).order_by(_r.id.desc()).limit(1)
    )
    return None if row is None else _as_run(row)


async def run_page(tx: Tx, group_id: int, request: PageRequest) -> Page[ControlRun]:
    """Return a page of a group's runs, newest first."""
    where = [_r.group_id == group_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(control_run).where(*where))
    before = before_id(request)
    if before is not None:
        where.append(_r.id < before)
    rows = await tx.all(sa.select(*_RUN_COLUMNS).where(*where).order_by(_r.id.desc()).limit(request.limit + 1))
    items = [_as_run(row) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)


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
