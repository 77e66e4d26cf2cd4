"""Gets feeds: guarded, limited, at most once in so many minutes, and not at all for a while after failures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import msgspec

from fidelia.access import SecretError, decrypt_secret
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem

from . import rules, store
from .model import Copy, Source
from .rules import CannotShow

#: Addresses that one process asks at the same time.
CONCURRENT = 8
#: Seconds that the recipients of one chunk wait for their feeds; who is not served by then comes again later.
CHUNK_SECONDS = 10.0
#: After so many failures in a row a feed is left alone for a while, in seconds.
FAILURES = 10
REST = 30.0
_TYPES = ("application/json", "text/json", "application/vnd.api+json", "application/geo+json", "text/plain")


class Answer(msgspec.Struct, frozen=True):
    """What one address of a feed has to show; ``later``: it was not asked in time."""

    body: bytes | None
    reason: str = ""
    later: bool = False


class Getter:
    """A process's way to its feeds; use it as a context manager."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._fetcher = Fetcher(engines.settings, connections=CONCURRENT)
        self._places = asyncio.Semaphore(CONCURRENT)
        #: By feed: failures in a row, until when it is left alone (monotonic), and the last reason.
        self._failing: dict[int, tuple[int, float, str]] = {}

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._fetcher.__aexit__(kind, exc, trace)

    async def one(self, feed: Source, address: str) -> Answer:
        """Return what one address has to show, by its copy or a fetch."""
        return (await self.many(feed, [address], seconds=float(feed.timeout_seconds) + 5))[address]

    async def many(self, feed: Source, addresses: Sequence[str], seconds: float = CHUNK_SECONDS) -> dict[str, Answer]:
        """Return what some addresses of a feed have to show, within so many seconds."""
        digests = {address: rules.digest(address) for address in dict.fromkeys(addresses)}
        async with self._engines.tx() as tx:
            kept = await store.copies(tx, feed.id, list(digests.values()))
            fresh = tx.now - timedelta(minutes=feed.cache_minutes)
        answers, todo = dict[str, Answer](), dict[str, Copy | None]()
        for address, digest in digests.items():
            copy = kept.get(digest)
            if copy is not None and copy.fetched_at > fresh:
                answers[address] = Answer(copy.body)
            else:
                todo[address] = copy
        if todo:
            answers |= await self._fetch_all(feed, todo, seconds)
        return answers

    async def _fetch_all(self, feed: Source, todo: Mapping[str, Copy | None], seconds: float) -> dict[str, Answer]:
        loop = asyncio.get_running_loop()
        tasks = {loop.create_task(self._fetch_in_turn(feed, address, copy)): address for address, copy in todo.items()}
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        answers = {address: Answer(None, "It was not answered in time", later=True) for address in todo}
        good: dict[bytes, Copy] = {}
        reason = None
        for task in done:
            address = tasks[task]
            try:
                copy = task.result()
            except CannotShow as exc:
                reason = str(exc)
                answers[address] = self._instead(feed, todo[address], reason)
            else:
                good[rules.digest(address)] = copy
                answers[address] = Answer(copy.body)
        async with self._engines.tx() as tx:
            await store.keep(tx, feed.id, good)
            if good or reason:
                await store.note(tx, feed.id, reason)
        return answers

    def _instead(self, feed: Source, copy: Copy | None, reason: str) -> Answer:
        """Return what stands in for an answer that did not come, as the feed is set."""
        if feed.on_failure == "empty":
            return Answer(b"{}", reason)
        if feed.on_failure == "last" and copy is not None:
            return Answer(copy.body, reason)
        return Answer(None, f"The feed {feed.name} cannot be fetched: {reason}")

    async def _fetch_in_turn(self, feed: Source, address: str, copy: Copy | None) -> Copy:
        async with self._places:
            count, until, reason = self._failing.get(feed.id, (0, 0.0, ""))
            if count >= FAILURES and time.monotonic() < until:
                raise CannotShow(f"{reason} (not asked again for some seconds)")
            try:
                found = await self.fetch(feed, address, copy)
            except CannotShow as exc:
                self._failing[feed.id] = (count + 1, time.monotonic() + REST, str(exc))
                raise
            self._failing.pop(feed.id, None)
            return found

    async def fetch(self, feed: Source, address: str, copy: Copy | None = None) -> Copy:
        """Ask an address; raise :class:`CannotShow` with the reason why it has nothing to show."""
        limits = FetchLimits(
            connect_seconds=min(5, feed.timeout_seconds),
            read_seconds=feed.timeout_seconds,
            total_seconds=feed.timeout_seconds,
            max_bytes=rules.MAX_BYTES_PERSONAL if feed.personal else rules.MAX_BYTES,
            redirects=3,
        )
        etag, since = (copy.etag, copy.last_modified) if copy is not None else (None, None)
        try:
            headers = self._headers(feed)
            async with self._fetcher.get(
                address, headers=headers, etag=etag, last_modified=since, types=_TYPES, limits=limits
            ) as reply:
                if reply.not_modified and copy is not None:
                    return msgspec.structs.replace(copy, fetched_at=self._engines.clock.now())
                body = b"".join([piece async for piece in reply.chunks()])
                etag, since = reply.etag, reply.last_modified
        except FetchProblem as exc:
            raise CannotShow(exc.detail) from exc
        except SecretError as exc:
            raise CannotShow(str(exc)) from exc
        made = rules.compact(body)
        return Copy(body=made, fetched_at=self._engines.clock.now(), etag=etag, last_modified=since)

    def _headers(self, feed: Source) -> dict[str, str]:
        own: dict[str, Any] = {}
        if feed.headers is not None:
            own = msgspec.json.decode(decrypt_secret(self._engines, feed.headers), type=dict[str, str])
        return own if any(name.lower() == "accept" for name in own) else {"Accept": "application/json", **own}
