"""Queries of runs: made, prepared, read, moved between phases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from ..markup.model import Compiled
from ..model import Plan, Run
from ..tables import mailing_run, run_exclusion, template_version

_RUN = (
    "id",
    "mailing_id",
    "database_id",
    "version_id",
    "plan",
    "phase",
    "selected",
    "audience",
    "prepared_to",
    "due_at",
    "started_at",
    "finished_at",
)


def _run(row: sa.Row[Any]) -> Run:
    values = {name: getattr(row, name) for name in _RUN}
    return Run(**{**values, "plan": msgspec.convert(row.plan, Plan)})


async def create(tx: Tx, database_id: int, plan: Plan, *, due_at: datetime | None = None, actor: str = "") -> int:
    """Store a new run, which begins with its audience; ``due_at`` is the moment of the schedule that launches it."""
    query = sa.insert(mailing_run).values(
        mailing_id=plan.mailing_id,
        database_id=database_id,
        version_id=plan.version_id,
        plan=msgspec.to_builtins(plan),
        phase="audience",
        due_at=due_at,
        actor=actor,
        created_at=tx.now,
        started_at=tx.now,
    )
    return int(await tx.scalar(query.returning(mailing_run.c.id)))


async def get(tx: Tx, run_id: int) -> Run:
    """Return a run; raise 404."""
    row = await tx.first(sa.select(mailing_run).where(mailing_run.c.id == run_id))
    if row is None:
        raise not_found("Run", run_id)
    return _run(row)


async def newest(tx: Tx, mailing_id: int) -> Run | None:
    """Return the newest run of a mailing, skipped launches apart."""
    row = await tx.first(
        sa.select(mailing_run)
        .where(mailing_run.c.mailing_id == mailing_id, mailing_run.c.phase != "skipped")
        .order_by(mailing_run.c.id.desc())
        .limit(1)
    )
    return _run(row) if row else None


async def open_of(tx: Tx, mailing_id: int) -> list[Run]:
    """Return the runs of a mailing that have not ended, the oldest first."""
    rows = await tx.all(
        sa.select(mailing_run)
        .where(mailing_run.c.mailing_id == mailing_id, mailing_run.c.phase.in_(("audience", "sending", "paused")))
        .order_by(mailing_run.c.id)
    )
    return [_run(row) for row in rows]


async def active(tx: Tx) -> list[Run]:
    """Return the runs that are being prepared or sent."""
    rows = await tx.all(
        sa.select(mailing_run).where(mailing_run.c.phase.in_(("audience", "sending"))).order_by(mailing_run.c.id)
    )
    return [_run(row) for row in rows]


async def compiled(tx: Tx, version_id: int) -> Compiled:
    """Return a published version ready to be filled in; raise 404."""
    found = await tx.scalar(sa.select(template_version.c.compiled).where(template_version.c.id == version_id))
    if found is None:
        raise not_found("Template version", version_id)
    return msgspec.convert(found, Compiled)


async def move(tx: Tx, run_id: int, phase: str, *, only: tuple[str, ...], **values: Any) -> bool:
    """Give a run another phase if it is in one of ``only``; return whether it was."""
    done = await tx.execute(
        sa.update(mailing_run)
        .where(mailing_run.c.id == run_id, mailing_run.c.phase.in_(only))
        .values(phase=phase, **values)
    )
    return done.rowcount > 0


async def keep_audience(tx: Tx, run_id: int, selected: int, audience: BitMap, excluded: dict[str, BitMap]) -> None:
    """Store who is written to and who is left out and why; what was stored before is replaced."""
    await tx.execute(sa.delete(run_exclusion).where(run_exclusion.c.run_id == run_id))
    for reason, people in excluded.items():
        if people:
            await add_exclusion(tx, run_id, reason, people)
    await tx.execute(
        sa.update(mailing_run)
        .where(mailing_run.c.id == run_id)
        .values(selected=selected, audience=len(audience), profiles=audience.serialize(), prepared_to=0)
    )


async def add_exclusion(tx: Tx, run_id: int, reason: str, people: BitMap) -> None:
    """Add people to those left out for a reason."""
    before = await tx.scalar(
        sa.select(run_exclusion.c.profiles).where(run_exclusion.c.run_id == run_id, run_exclusion.c.reason == reason)
    )
    both = people | BitMap.deserialize(before) if before is not None else people
    values = {"count": len(both), "profiles": both.serialize()}
    if before is None:
        await tx.execute(sa.insert(run_exclusion).values(run_id=run_id, reason=reason, **values))
    else:
        await tx.execute(
            sa.update(run_exclusion)
            .where(run_exclusion.c.run_id == run_id, run_exclusion.c.reason == reason)
            .values(**values)
        )


async def audience(tx: Tx, run_id: int) -> BitMap | None:
    """Return who a run writes to, or ``None`` while that is not computed."""
    found = await tx.scalar(sa.select(mailing_run.c.profiles).where(mailing_run.c.id == run_id))
    return BitMap.deserialize(found) if found is not None else None


async def exclusions(tx: Tx, run_id: int) -> dict[str, int]:
    """Return how many were left out by reason."""
    table = run_exclusion.c
    rows = await tx.all(sa.select(table.reason, table["count"].label("people")).where(table.run_id == run_id))
    return {row.reason: row.people for row in rows}


async def excluded(tx: Tx, run_id: int, reason: str | None = None) -> BitMap:
    """Return who was left out, for one reason or for any."""
    query = sa.select(run_exclusion.c.profiles).where(run_exclusion.c.run_id == run_id)
    if reason is not None:
        query = query.where(run_exclusion.c.reason == reason)
    people = BitMap()
    for row in await tx.all(query):
        people |= BitMap.deserialize(row.profiles)
    return people


async def prepared(tx: Tx, run_id: int, chunk: BitMap, added: Sequence[int], ready: Sequence[int]) -> None:
    """Note how far the ledger is filled; who of a chunk has no row is taken off the audience, with the reason."""
    left = chunk - BitMap(added)
    if left:
        doubles = left & BitMap(ready)
        if doubles:
            await add_exclusion(tx, run_id, "duplicate", doubles)
        if left - doubles:  # consent or address changed since the audience was worked out
            await add_exclusion(tx, run_id, "status", left - doubles)
    await tx.execute(
        sa.update(mailing_run)
        .where(mailing_run.c.id == run_id)
        .values(prepared_to=chunk.max(), audience=mailing_run.c.audience - len(left))
    )


async def stopping(tx: Tx) -> list[int]:
    """Return the stopped runs that may still have mails under way."""
    rows = await tx.all(
        sa.select(mailing_run.c.id).where(mailing_run.c.phase == "stopped", mailing_run.c.finished_at.is_(None))
    )
    return [row.id for row in rows]


async def reasons_of(tx: Tx, run_id: int, profile_ids: Sequence[int]) -> dict[int, str]:
    """Return why each of these people was left out."""
    wanted = BitMap(profile_ids)
    found: dict[int, str] = {}
    query = sa.select(run_exclusion.c.reason, run_exclusion.c.profiles).where(run_exclusion.c.run_id == run_id)
    for row in await tx.all(query):
        found.update(dict.fromkeys(BitMap.deserialize(row.profiles) & wanted, row.reason))
    return found


async def still_preparing(tx: Tx, run_id: int) -> bool:
    """Lock a run and tell whether its audience is still being worked out."""
    phase = await tx.scalar(sa.select(mailing_run.c.phase).where(mailing_run.c.id == run_id).with_for_update())
    return bool(phase == "audience")


async def leave_rest(tx: Tx, run_id: int) -> None:
    """Leave those out whose rows were not made when a run ended, so that the parts still sum to the whole."""
    row = await tx.first(
        sa.select(mailing_run.c.profiles, mailing_run.c.prepared_to).where(mailing_run.c.id == run_id).with_for_update()
    )
    if row is None or row.profiles is None:
        return
    rest = BitMap.deserialize(row.profiles)
    rest.remove_range(0, row.prepared_to + 1)
    if rest:
        await add_exclusion(tx, run_id, "not_started", rest)
        await tx.execute(
            sa.update(mailing_run)
            .where(mailing_run.c.id == run_id)
            .values(prepared_to=rest.max(), audience=mailing_run.c.audience - len(rest))
        )
