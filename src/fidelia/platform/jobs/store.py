"""Queries on jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import conflict, invalid_field, not_found
from fidelia.kernel.ids import random_id
from fidelia.kernel.paging import Page, PageRequest

from ..listing import folded, or_none, sorted_rows
from .model import JobOut, JobRef
from .registry import Ending, tasks
from .tables import job

if TYPE_CHECKING:
    from ..postgres import Tx

CHANNEL = "fidelia_job"
STATES = ("queued", "running", "done", "failed", "cancelled")
_OUT = [job.c[name] for name in JobOut.__struct_fields__]

_DEFER = sa.text(
    """
    select unnest(procrastinate_defer_jobs_v1(array[
        row(:queue, 'job', 0, cast(:lock as text), null, cast(:args as jsonb), null)::procrastinate_job_to_defer_v1
    ])) as id
    """
)


async def defer(tx: Tx, queue: str, job_id: str, lock: str | None) -> int:
    """Put a job's id into procrastinate's queue, in the caller's transaction; return the queue's own id."""
    args = msgspec.json.encode({"job_id": job_id}).decode()
    return int(await tx.scalar(_DEFER, {"queue": queue, "lock": lock, "args": args}))


async def create(
    tx: Tx,
    *,
    kind: str,
    title: str,
    actor: str,
    args: dict[str, Any] | None = None,
    total: int | None = None,
    database_id: int | None = None,
    link: str | None = None,
    lock: str | None = None,
) -> JobRef:
    """Create a job in the caller's transaction; it starts once that has committed.

    ``kind`` names a declared task; ``actor`` is the name shown; jobs with the same ``lock`` run one after another.
    """
    if kind not in tasks:
        raise RuntimeError(f"No task is named {kind!r}")
    job_id = random_id(12)
    queue_id = await defer(tx, tasks[kind].queue, job_id, lock)
    await tx.execute(
        sa.insert(job).values(
            id=job_id,
            kind=kind,
            title=title[:300],
            args=args or {},
            total=total,
            actor=actor,
            database_id=database_id,
            link=link,
            lock=lock,
            queue_id=queue_id,
            created_at=tx.now,
        )
    )
    tx.notify(CHANNEL, job_id)
    return JobRef(job_id, kind, title[:300], "queued")


def _out(row: sa.Row[Any]) -> JobOut:
    return JobOut(**{name: row._mapping[name] for name in JobOut.__struct_fields__})


async def get(tx: Tx, job_id: str) -> JobOut:
    """Return one job; raise 404."""
    row = await tx.first(sa.select(*_OUT).where(job.c.id == job_id))
    if row is None:
        raise not_found("Job", job_id)
    return _out(row)


async def some(tx: Tx, ids: Iterable[str]) -> dict[str, JobOut]:
    """Return those of these jobs that are still known, by id."""
    rows = await tx.all(sa.select(*_OUT).where(job.c.id.in_(list(ids))))
    return {row.id: _out(row) for row in rows}


async def outcome(tx: Tx, job_id: str | None, unsaid: str) -> tuple[Ending, str | None] | None:
    """Return how a job ended that did not say so beside its work, and why; ``None`` while it waits or works.

    ``unsaid`` is the reason where the job itself gives none.
    """
    return (await outcomes(tx, [job_id], unsaid)).get(job_id)


async def outcomes(
    tx: Tx, job_ids: Collection[str | None], unsaid: str | None = None
) -> dict[str | None, tuple[Ending, str | None]]:
    """Return how jobs ended that did not say so beside their work, and why; those that wait or work are left out.

    ``unsaid`` is the reason where a job itself gives none. Without it, jobs that are done are left out as well: their
    work may have been noted since the caller read it.
    """
    rows = await tx.all(sa.select(job.c.id, job.c.state, job.c.error).where(job.c.id.in_({i for i in job_ids if i})))
    known = {row.id: row for row in rows}
    found: dict[str | None, tuple[Ending, str | None]] = {}
    for job_id in job_ids:
        row = known.get(job_id)
        if row is None:
            found[job_id] = ("failed", "The job that did it is gone")
        elif row.state == "cancelled":
            found[job_id] = ("cancelled", None)
        elif row.state == "failed" or (row.state == "done" and unsaid is not None):
            found[job_id] = ("failed", row.error or unsaid)
    return found


async def last_of(tx: Tx, kind: str, link: str) -> JobOut | None:
    """Return the newest job of a kind that belongs to a link."""
    row = await tx.first(
        sa.select(*_OUT).where(job.c.kind == kind, job.c.link == link).order_by(job.c.created_at.desc()).limit(1)
    )
    return _out(row) if row else None


#: As the jobs are shown: one that waits has its start ahead of it, so it stands where it was asked for.
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "created_at": job.c.created_at,
    "title": folded(job.c.title),
    "state": job.c.state,
    "actor": folded(job.c.actor),
    "started_at": sa.func.coalesce(job.c.started_at, job.c.created_at),
    "took": or_none(sa.cast(sa.extract("epoch", job.c.finished_at - job.c.started_at) * 1000, sa.BigInteger)),
}


async def pages(tx: Tx, page: PageRequest, *, state: str | None = None, kind: str | None = None) -> Page[JobOut]:
    """Return a page of jobs, newest first if not sorted; ``state`` may be ``active`` for queued and running ones."""
    where: list[sa.ColumnElement[bool]] = []
    if state == "active":
        where.append(job.c.state.in_(("queued", "running")))
    elif state is not None:
        if state not in STATES:
            raise invalid_field("/state", f"state must be active or one of: {', '.join(STATES)}")
        where.append(job.c.state == state)
    if kind is not None:
        where.append(job.c.kind == kind)
    if page.q:
        where.append(job.c.title.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(job).where(*where))
    rows, cursor = await sorted_rows(
        tx, sa.select(*_OUT).where(*where), page, sorts=_SORTS, key=job.c.id, default="-created_at"
    )
    return Page([_out(row) for row in rows], cursor, total)


async def cancel(tx: Tx, job_id: str) -> JobOut:
    """Ask a job to stop; one that has not begun is cancelled at once. Raise 404, or 409 when it has ended."""
    row = await tx.first(sa.select(job.c.state).where(job.c.id == job_id).with_for_update())
    if row is None:
        raise not_found("Job", job_id)
    if row.state not in ("queued", "running"):
        raise conflict(f"This job has already ended: {row.state}")
    values: dict[str, Any] = {"cancel_requested": True}
    if row.state == "queued":
        values |= {"state": "cancelled", "finished_at": tx.now}
    await tx.execute(sa.update(job).where(job.c.id == job_id).values(**values))
    tx.notify(CHANNEL, job_id)
    return await get(tx, job_id)


# -- the runner's side ----------------------------------------------------------------------------------------------


async def begin(tx: Tx, job_id: str) -> sa.Row[Any] | None:
    """Mark a job as running; return its row, or ``None`` when it must not run (cancelled, ended, gone)."""
    row = await tx.first(
        sa.update(job)
        .where(job.c.id == job_id, job.c.state.in_(("queued", "running")), sa.not_(job.c.cancel_requested))
        .values(
            state="running",
            attempts=job.c.attempts + 1,
            started_at=sa.func.coalesce(job.c.started_at, tx.now),
            heartbeat_at=tx.now,
        )
        .returning(job)
    )
    tx.notify(CHANNEL, job_id)
    return row


async def beat(tx: Tx, job_id: str, done: int, total: int | None, *, tell: bool) -> bool:
    """Record a sign of life and the progress; return whether somebody asked the job to stop."""
    stop = await tx.scalar(
        sa.update(job)
        .where(job.c.id == job_id)
        .values(heartbeat_at=tx.now, done=done, total=total)
        .returning(job.c.cancel_requested)
    )
    if tell:
        tx.notify(CHANNEL, job_id)
    return bool(stop)


async def end(
    tx: Tx,
    job_id: str,
    state: str,
    *,
    done: int,
    total: int | None,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """Write how a job ended."""
    await tx.execute(
        sa.update(job)
        .where(job.c.id == job_id, job.c.state == "running")
        .values(state=state, done=done, total=total, result=result, error=error, finished_at=tx.now)
    )
    tx.notify(CHANNEL, job_id)


async def stalled(tx: Tx, silent_seconds: int) -> list[sa.Row[Any]]:
    """Return running jobs without a sign of life for so long, locked against another watchdog."""
    edge = tx.now - timedelta(seconds=silent_seconds)
    return list(
        await tx.all(
            sa.select(job.c.id, job.c.kind, job.c.attempts, job.c.queue_id, job.c.lock, job.c.cancel_requested)
            .where(job.c.state == "running", job.c.heartbeat_at < edge)
            .with_for_update(skip_locked=True)
        )
    )


async def lost(tx: Tx, silent_seconds: int) -> list[sa.Row[Any]]:
    """Return queued jobs that nobody will begin, locked against another watchdog.

    A worker had taken them off the queue, and died, or lost the database, in the moment before it said that they run.
    """
    rows = await tx.all(
        sa.text(
            "select j.id, j.kind, j.attempts, j.queue_id, j.lock, j.cancel_requested from job j"
            " left join procrastinate_jobs q on q.id = j.queue_id"
            " where j.state = 'queued' and (q.id is null or (q.status <> 'todo' and not exists ("
            " select from procrastinate_events e where e.job_id = q.id and e.type = 'started' and e.at >= :edge)))"
            " for update of j skip locked"
        ),
        {"edge": tx.now - timedelta(seconds=silent_seconds)},
    )
    return list(rows)


async def requeue(tx: Tx, job_id: str, queue: str, lock: str | None) -> None:
    """Let a stalled job be begun again by another process."""
    queue_id = await defer(tx, queue, job_id, lock)
    await tx.execute(sa.update(job).where(job.c.id == job_id).values(state="queued", queue_id=queue_id))
    tx.notify(CHANNEL, job_id)


async def fail(tx: Tx, job_id: str, error: str, state: str = "failed") -> None:
    """End a job from outside of it."""
    await tx.execute(sa.update(job).where(job.c.id == job_id).values(state=state, error=error, finished_at=tx.now))
    tx.notify(CHANNEL, job_id)


async def finish_queue_row(tx: Tx, queue_id: int) -> None:
    """Remove what a dead process left in procrastinate's queue for a job."""
    await tx.execute(sa.text("delete from procrastinate_jobs where id = :id"), {"id": queue_id})


async def purge(tx: Tx, keep_days: int) -> int:
    """Forget jobs that ended more than ``keep_days`` ago; return how many."""
    edge = tx.now - timedelta(days=keep_days)
    done = await tx.execute(sa.delete(job).where(job.c.finished_at < edge))
    return done.rowcount
