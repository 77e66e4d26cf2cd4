"""Replay of a period: a job that reads the history and puts it into a hook's queue, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.platform import jobs
from fidelia.platform.jobs import Ending, JobContext
from fidelia.platform.postgres import Tx

from ...projection import ensure_events
from ...store.history import HistoryRow
from .. import payload, rules
from ..model import Held, Hook
from ..store import hooks as store
from ..store import log, queue
from ..store import replay as history

#: Batches of a replay that wait at the same time.
AHEAD = 20
_PAGE = 2_000
_LOOK_SECONDS = 0.2


async def ask(
    tx: Tx, actor: Actor, hook_id: int, *, since: datetime, until: datetime, types: Sequence[str]
) -> jobs.JobRef:
    """Begin a replay of a period (``until`` not included). Raise 404, 409 while the hook is paused, 422."""
    hook = await store.get(tx, hook_id)
    for name, at in (("from", since), ("to", until)):
        if at.tzinfo is None:
            raise invalid_field(f"/{name}", "A moment needs a time zone, such as 2026-11-01T10:00:00Z")
    if until <= since:
        raise invalid_field("/to", "The end lies after the start")
    if extra := sorted(set(types) - set(hook.types)) if hook.types else []:
        raise invalid_field("/types", f"The hook does not get {', '.join(extra)}")
    if not hook.active:
        raise conflict("The hook is paused; let it go on first")
    args = {"hook_id": hook_id, "since": since.isoformat(), "until": until.isoformat()}
    job = await jobs.create(
        tx,
        kind="hooks.replay",
        title=f"Replay to {hook.name}",
        actor=actor.name,
        args=args | {"types": sorted(set(types) or set(hook.types))},
        database_id=hook.database_id,
        link=f"/settings/hooks/{hook_id}",
        lock=f"hooks.replay.{hook_id}",
    )
    picture = {"from": since, "to": until, "types": list(types)}
    await audit(tx, actor, "hook.replayed", kind="hook", object_id=hook_id, name=hook.name, after=picture)
    return job


async def replay(ctx: JobContext, hook_id: int, since: str, until: str, types: list[str]) -> dict[str, Any]:
    """Send the history of a period again. A job that is begun again goes on where its last batch ends."""

    async def end(ending: Ending, exc: BaseException) -> None:
        async with ctx.engines.tx() as tx:
            await log.forget_waiting(tx, ctx.job_id)

    async with ctx.telling(end):
        return await _Replay(ctx, hook_id, datetime.fromisoformat(since), datetime.fromisoformat(until), types).run()


class _Replay:
    def __init__(self, ctx: JobContext, hook_id: int, since: datetime, until: datetime, types: list[str]) -> None:
        self._ctx, self._hook_id = ctx, hook_id
        self._since, self._until, self._types = since, until, types

    async def run(self) -> dict[str, Any]:
        engines = self._ctx.engines
        await engines.catch_up()
        async with self._ctx.tx() as tx:
            hook = await store.get(tx, self._hook_id)
            databases = [hook.database_id] if hook.database_id is not None else await _every(tx)
            position = await log.last_position(tx, self._ctx.job_id)
        total = 0
        for database in databases:
            await ensure_events(engines, database)
            total += await history.count(engines.clickhouse, database, self._types, self._since, self._until)
        self._ctx.progress(0, total)
        for database in databases:
            if position is None or position[0] <= database:
                after = _read(position) if position is not None and position[0] == database else None
                await self._database(database, after)
        await self._wait(0)
        async with self._ctx.tx() as tx:
            sent, _ = await log.of_job(tx, self._ctx.job_id)
        self._ctx.progress(total, total)
        return {"events": sent}

    async def _database(self, database: int, after: history.Position | None) -> None:
        ch = self._ctx.engines.clickhouse
        while True:
            rows = await history.forwards(ch, database, self._types, self._since, self._until, after=after, limit=_PAGE)
            if not rows:
                return
            await self._wait(AHEAD)
            async with self._ctx.tx() as tx:
                hook = await self._active(tx)
                await self._put(tx, hook, database, rows)
            last = rows[-1]
            after = (last.at, last.type, last.profile, last.id)

    async def _put(self, tx: Tx, hook: Hook, database: int, rows: Sequence[HistoryRow]) -> None:
        wanted = [row for row in rows if rules.matches(hook.filters, row.properties)]
        parts = [wanted[n : n + hook.batch_size] for n in range(0, len(wanted), hook.batch_size)]
        if parts:
            batches = [(database, [_held(row) for row in part]) for part in parts]
            ends = [_position(database, part[-1]) for part in parts[:-1]] + [_position(database, rows[-1])]
            await queue.add(tx, hook, "replay", batches, job_id=self._ctx.job_id, positions=ends)

    async def _active(self, tx: Tx) -> Hook:
        hook = await store.hold(tx, self._hook_id)
        if hook is None or not hook.active:
            raise conflict("The hook was paused or deleted; what was not sent yet is not sent")
        return hook

    async def _wait(self, most: int) -> None:
        """Wait until at most so many batches of this job wait, and tell how many events were sent."""
        while True:
            await self._ctx.check()
            async with self._ctx.tx() as tx:
                await self._active(tx)
                sent, waiting = await log.of_job(tx, self._ctx.job_id)
            self._ctx.progress(sent)
            if waiting <= most:
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def _every(tx: Tx) -> list[int]:
    return sorted(database.id for database in await profiles.list_databases(tx))


def _held(row: HistoryRow) -> Held:
    return Held(row.id, row.type, payload.moment(row.at), row.profile, row.properties)


def _position(database: int, row: HistoryRow) -> list[Any]:
    return [database, row.at.isoformat(), row.type, row.profile, row.id]


def _read(position: list[Any]) -> history.Position:
    return datetime.fromisoformat(position[1]), position[2], position[3], position[4]
