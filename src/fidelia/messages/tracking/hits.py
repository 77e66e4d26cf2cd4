"""Hits on tracked links, written many at once: what happens at the same moment shares one transaction."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog

from fidelia.platform.engines import Engines
from fidelia.platform.outbox import clickhouse_time, encode_line

from .. import rules
from ..kinds.placement.reaching import reached
from ..model import MessageKey
from ..store import tracking as store
from ..store.tracking import Key, Reaction, RunFacts, Sent

log = structlog.get_logger(__name__)

LINGER = 0.02
MAX_BATCH = 2_000
MAX_WAITING = 200_000
KEPT_RUNS = 500
_REPEAT = timedelta(seconds=rules.REPEAT_SECONDS)
_PORT = "messages.hits"
_AWAY = (psycopg.OperationalError, psycopg.errors.DeadlockDetected, OSError)


@dataclass(frozen=True, slots=True)
class Hit:
    """A look at a message or a click on one of its links."""

    run: int
    profile: int
    occasion: int
    kind: str
    at: datetime
    link: int = -1
    url: str = ""
    user_agent: str = ""

    @property
    def message(self) -> Sent:
        """The message it was."""
        return self.run, self.profile, self.occasion


class HitBuffer:
    """Collects the hits of a process. Nothing here makes a caller fail: a redirect goes on without its count."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._waiting: list[tuple[Hit, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._runs: OrderedDict[int, RunFacts] = OrderedDict()
        self.written = 0
        self.dropped = 0

    @classmethod
    def of(cls, engines: Engines) -> HitBuffer:
        """Return the buffer of a process."""
        found = engines.ports.get(_PORT)
        if not isinstance(found, cls):
            found = engines.ports[_PORT] = cls(engines)
        return found

    async def facts(self, run_id: int) -> RunFacts | None:
        """Return what a run's links lead to."""
        known = self._runs.get(run_id)
        if known is None:
            async with self._engines.db.hot() as raw:
                known = await store.run_facts(raw, run_id)
            if known is None:
                return None
            self._runs[run_id] = known
            if len(self._runs) > KEPT_RUNS:
                self._runs.popitem(last=False)
        return known

    def add(self, hit: Hit) -> asyncio.Future[None]:
        """Take a hit; the future is done once it is durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MAX_WAITING:  # the database has been away for long
            self.dropped += 1
            done.set_result(None)
            return done
        self._waiting.append((hit, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        return done

    async def _flush(self) -> None:
        delay = 0.1
        while self._waiting:
            await asyncio.sleep(LINGER)
            batch = self._waiting[:MAX_BATCH]
            try:
                await self._write_what_can_be([hit for hit, _ in batch])
            except _AWAY as exc:
                log.warning("hits wait for the database", waiting=len(self._waiting), error=str(exc))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
                continue
            delay = 0.1
            del self._waiting[: len(batch)]
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    async def _write_what_can_be(self, hits: Sequence[Hit]) -> None:
        """Write hits; one that cannot be written is told in the log and takes no other with it."""
        try:
            await self._write(hits)
        except _AWAY:
            raise
        except Exception:
            if len(hits) == 1:
                log.exception("a hit could not be written", hit=hits[0])
                self.dropped += 1
                return
            middle = len(hits) // 2
            await self._write_what_can_be(hits[:middle])
            await self._write_what_can_be(hits[middle:])

    async def _write(self, hits: Sequence[Hit]) -> None:
        facts = {run: await self.facts(run) for run in {hit.run for hit in hits}}
        async with self._engines.db.hot() as raw:
            sent = await store.sent_at(raw, (hit.message for hit in hits))
            if any(hit.message not in sent for hit in hits):  # some may have been merged since
                became = await store.became(raw, ((h.run, h.profile) for h in hits if h.message not in sent))
                hits = [replace(hit, profile=became.get((hit.run, hit.profile), hit.profile)) for hit in hits]
                sent = await store.sent_at(raw, (hit.message for hit in hits))
            for hit in hits:  # who clicks on a placement has seen it, whatever the page has told so far
                run = facts[hit.run]
                if hit.message in sent or hit.kind != "clicked" or run is None or run.plan.placement is None:
                    continue
                if not rules.is_machine("clicked", hit.user_agent, None):
                    await reached(raw, run, hit.profile, hit.at)
                    sent[hit.message] = store.WasSent(hit.at, 0)
            groups: dict[Key, list[Hit]] = defaultdict(list)
            for hit in sorted(hits, key=lambda h: h.at):
                message, run = sent.get(hit.message), facts[hit.run]
                if message is None or run is None:
                    continue  # nothing was ever sent to them in this run
                placed = run.plan.placement is not None  # a person may click at once
                since = None if placed else (hit.at - message.at).total_seconds()
                machine = rules.is_machine(hit.kind, hit.user_agent, since)
                groups[Key(*hit.message, hit.kind, hit.link, machine)].append(hit)
            if not groups:
                return
            seen = await store.seen(raw, list(groups))
            reactions: list[Reaction] = []
            lines: dict[int, list[str]] = defaultdict(list)
            for key, group in groups.items():
                before = seen.get(key)
                counted = distinct([h.at for h in group], before.last_at if before else None)
                reactions.append(Reaction(key, len(counted), group[0].at, group[-1].at))
                run = facts[key.run]
                if run is not None and not key.machine:
                    variant = sent[key.message].variant
                    lines[run.database_id] += [history_line(run, key, at, group[0].url, variant) for at in counted]
            await store.add(raw, reactions)
            await store.tell(raw, lines)
        self.written += len(hits)


def distinct(moments: Sequence[datetime], last: datetime | None) -> list[datetime]:
    """Return the moments that are acts of their own: not sooner after the one before than a repeated fetch is."""
    counted: list[datetime] = []
    for at in moments:
        if last is None or at - last >= _REPEAT:
            counted.append(at)
            last = at
    return counted


def sent_line(run: RunFacts, key: MessageKey, variant: int, at: datetime) -> str:
    """Return the event of a message whose answer was lost: what comes back, or arrived, has been sent.

    It has the id that the sender would have given it.
    """
    id_ = f"{key.name(run.run_id)}-sent"
    facts = run.plan.facts(variant)
    return encode_line("message.sent", key.profile_id, clickhouse_time(at), id_, facts).decode()


def history_line(run: RunFacts, key: Key, at: datetime, url: str = "", variant: int = 0, **more: Any) -> str:
    """Return the history's line of a reaction; the same act has the same id."""
    properties = {**run.plan.facts(variant), **more}
    if url:
        properties["link"] = url[:2000]
    name = MessageKey(key.profile, key.occasion).name(run.run_id)
    id_ = f"{name}-{key.kind}-{key.link}-{int(at.timestamp() * 1000)}"
    return encode_line(f"message.{key.kind}", key.profile, clickhouse_time(at), id_, properties).decode()
