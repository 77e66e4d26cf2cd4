"""Runs jobs in a process: procrastinate hands over ids, the job's own row tells the world how it goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import procrastinate
import structlog

from fidelia.kernel.errors import Problem

from ..engines import Engines
from . import store
from .registry import JobContext, Periodic, Queue, periodics, tasks

BEAT_SECONDS = 0.5
log = structlog.get_logger(__name__)


def build_app(engines: Engines, queues: list[Queue], concurrency: int = 4) -> procrastinate.App:
    """Return procrastinate's App for these queues: one task that runs any job, and the schedules."""
    slots = asyncio.Semaphore(max(1, concurrency // 2))  # beside as many jobs: connections are shared with requests
    connector = procrastinate.PsycopgConnector(conninfo=engines.db.dsn, min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)

    @app.task(name="job", pass_context=False)
    async def run(job_id: str) -> None:
        await run_job(engines, job_id)

    def schedule(cron: str, name: str, queue: Queue, body: Callable[[int], Awaitable[None]]) -> None:
        async def tick(timestamp: int) -> None:
            await body(timestamp)

        app.periodic(cron=cron)(app.task(name=f"periodic.{name}", queue=queue)(tick))

    for queue in queues:
        mine = [item for item in periodics.values() if item.queue == queue]
        for item in mine:
            if item.cron is not None:
                schedule(item.cron, item.name, queue, partial(_run_periodic, engines, item))
        often = [item for item in mine if item.seconds is not None]
        if often:
            schedule("* * * * * *", f"{queue}.seconds", queue, partial(run_seconds, engines, often, slots))
    return app


async def _run_periodic(engines: Engines, item: Periodic, timestamp: int) -> None:
    await item.body(engines)


async def run_seconds(engines: Engines, often: list[Periodic], slots: asyncio.Semaphore, timestamp: int) -> None:
    """Do what is due in this second, at once: a job for each would cost more than what most of them find to do."""

    async def do(item: Periodic) -> None:
        try:
            async with slots:
                await item.body(engines)
        except Exception:
            log.exception("a periodic task failed", task=item.name)

    await asyncio.gather(*(do(item) for item in often if item.seconds and timestamp % item.seconds == 0))


async def run_worker(engines: Engines, queues: list[Queue], concurrency: int) -> None:
    """Run jobs of these queues until the process stops; a lost database is waited for."""
    while not engines.stop.is_set():
        app = build_app(engines, queues, concurrency)
        try:
            async with app.open_async():
                await app.run_worker_async(
                    queues=[*queues],
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=1,
                    delete_jobs="always",
                    listen_notify=True,
                    fetch_job_polling_interval=0.5,
                )
        except asyncio.CancelledError:
            raise
        except Exception as exc:  # noqa: BLE001 (the queue's connection may break in many ways; the worker must outlive it)
            log.warning("the job queue broke off", error=f"{type(exc).__name__}: {exc}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(engines.stop.wait(), 1)


async def watch(engines: Engines) -> None:
    """Look for jobs whose process has died: begin them again, or say that they failed."""
    every = engines.settings.jobs.heartbeat_seconds
    while not engines.stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(engines.stop.wait(), every)
        try:
            await recover(engines)
        except Exception as exc:  # noqa: BLE001 (the database may be away; the watch goes on)
            log.warning("could not look for stalled jobs", error=f"{type(exc).__name__}: {exc}")


async def recover(engines: Engines) -> int:
    """Begin stalled and lost jobs again, or fail those that have used up their attempts; return how many were found."""
    silent = engines.settings.jobs.stalled_seconds
    async with engines.tx() as tx:
        found = [*await store.stalled(tx, silent), *await store.lost(tx, silent)]
        for row in found:
            if row.queue_id is not None:
                await store.finish_queue_row(tx, row.queue_id)
            kind = tasks.get(row.kind)
            if row.cancel_requested:
                await store.fail(tx, row.id, "Cancelled while its process was stopped", "cancelled")
            elif kind is None or row.attempts >= kind.attempts:
                await store.fail(
                    tx, row.id, f"The process that ran it stopped {row.attempts} times; nothing more is tried"
                )
            else:
                await store.requeue(tx, row.id, kind.queue, row.lock)
    return len(found)


async def run_job(engines: Engines, job_id: str) -> None:
    """Run one job to its end and write how it ended; never raises for what the job did wrong."""
    async with engines.tx() as tx:
        row = await store.begin(tx, job_id)
    if row is None:
        return
    ctx = JobContext(engines, job_id, actor=row.actor, database_id=row.database_id, attempt=row.attempts)
    ctx.total = row.total
    body = asyncio.ensure_future(tasks[row.kind].body(ctx, **row.args))
    beats = asyncio.create_task(_beat(ctx, body))
    state, result, error = "failed", None, None
    try:
        result = await body
        state = "done"
    except BaseException as exc:
        ending = ctx.ending(exc)
        if ending is None:  # the process stops: the watchdog of the next one begins the job again
            raise
        state = ending
        if isinstance(exc, Problem):
            error = exc.detail
            if exc.errors:
                result = {"errors": [{"pointer": e.pointer, "message": e.message} for e in exc.errors]}
        elif state == "failed":
            log.exception("job failed", job=job_id, kind=row.kind)
            error = f"{type(exc).__name__}: {exc}"
    finally:
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats
    async with engines.tx() as tx:
        await store.end(tx, job_id, state, done=ctx.done, total=ctx.total, result=result, error=error)


async def _beat(ctx: JobContext, body: asyncio.Future[Any]) -> None:
    quiet = 0.0
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        quiet += BEAT_SECONDS
        if not ctx.changed and quiet < 1:
            continue
        tell, ctx.changed, quiet = ctx.changed, False, 0.0
        try:
            async with ctx.engines.tx() as tx:
                stop = await store.beat(tx, ctx.job_id, ctx.done, ctx.total, tell=tell)
        except Exception as exc:  # noqa: BLE001 (a lost heartbeat must not end the work)
            log.warning("heartbeat failed", job=ctx.job_id, error=str(exc))
            continue
        if stop and not ctx.cancel_requested:
            ctx.cancel_requested = True
            if ctx.engines.ch is not None:
                await ctx.engines.ch.kill(ctx.tag)
            body.cancel()
