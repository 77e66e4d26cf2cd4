"""What recipients see of feeds: the same for all where the address is fixed, each their own where it is personal."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import conflict
from fidelia.platform.engines import Engines

from . import rules, store
from .fetching import CHUNK_SECONDS, Answer, Getter
from .model import Source
from .rules import CannotShow

#: Seconds after which a long run looks whether a feed is to be fetched again.
LOOK = 15.0


class Shown(msgspec.Struct, frozen=True):
    """What people see of feeds, by profile; who is refused a message for want of a feed, and who has to wait."""

    values: dict[int, dict[str, Any]]
    refused: dict[int, str]
    later: set[int]


class FeedValues:
    """Feeds of a run, of a preview (without ``run_id``); use it as a context manager.

    Without ``fetch`` nothing is asked: copies of any age are shown.
    """

    def __init__(
        self,
        engines: Engines,
        database_id: int | None,
        keys: Collection[str],
        run_id: int | None = None,
        *,
        fetch: bool = True,
    ) -> None:
        self._engines, self._database_id, self._run_id = engines, database_id, run_id
        self._keys, self._fetch = sorted(keys), fetch
        self._getter = Getter(engines)
        #: Of feeds that are the same for all: until when that is known (monotonic), and what it is.
        self._known: dict[str, tuple[float, Any, str]] = {}

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._getter.__aexit__(kind, exc, trace)

    async def of(self, ids: Sequence[int], seconds: float = CHUNK_SECONDS) -> Shown:
        """Return what some people see; 0 stands for nobody in particular."""
        async with self._engines.tx() as tx:
            feeds = await store.by_keys(tx, self._keys)
        shown = Shown({profile: {} for profile in ids}, {}, set())
        for key in self._keys:
            feed = feeds.get(key)
            if feed is None:
                shown.refused.update(dict.fromkeys(ids, f"There is no feed {key}"))
            elif feed.personal:
                await self._personal(feed, ids, shown, seconds)
            else:
                value, reason = await self._fixed(feed)
                if reason:
                    shown.refused.update(dict.fromkeys(ids, reason))
                for profile in ids:
                    shown.values[profile][key] = value
        return shown

    async def _fixed(self, feed: Source) -> tuple[Any, str]:
        until, value, reason = self._known.get(feed.key, (0.0, None, ""))
        if time.monotonic() < until:
            return value, reason
        body, until = None, time.monotonic() + LOOK
        if self._run_id is not None:
            async with self._engines.tx() as tx:
                body = (await store.of_run(tx, self._run_id)).get(feed.id)
        if body is not None:
            until, reason = float("inf"), ""
        else:
            answer = await self._answer(feed, rules.address_of(feed.url, {}))
            body, reason = answer.body, "" if answer.body is not None else answer.reason
        value = msgspec.json.decode(body) if body is not None else None
        self._known[feed.key] = until, value, reason
        return value, reason

    async def _answer(self, feed: Source, address: str) -> Answer:
        if self._fetch:
            return await self._getter.one(feed, address)
        return (await self._kept(feed, [address]))[address]

    async def _kept(self, feed: Source, addresses: Sequence[str]) -> dict[str, Answer]:
        digests = {address: rules.digest(address) for address in addresses}
        async with self._engines.tx() as tx:
            copies = await store.copies(tx, feed.id, list(digests.values()))
        nothing = Answer(None, f"There is no copy of the feed {feed.name}")
        return {a: Answer(copies[d].body) if d in copies else nothing for a, d in digests.items()}

    async def _personal(self, feed: Source, ids: Sequence[int], shown: Shown, seconds: float) -> None:
        addresses: dict[int, str] = {}
        people = await self._people(feed, ids)
        for profile in ids:
            try:
                addresses[profile] = rules.address_of(feed.url, people.get(profile, {}))
            except CannotShow as exc:
                if feed.on_failure == "empty":
                    shown.values[profile][feed.key] = {}
                else:
                    shown.refused[profile] = f"The feed {feed.name} has no address for this person: {exc}"
        if not addresses:
            return
        asked = sorted(set(addresses.values()))
        if self._fetch:
            answers = await self._getter.many(feed, asked, seconds)
        else:
            answers = await self._kept(feed, asked)
        values = {a: msgspec.json.decode(answer.body) for a, answer in answers.items() if answer.body is not None}
        for profile, address in addresses.items():
            if address in values:
                shown.values[profile][feed.key] = values[address]
            elif answers[address].later:
                shown.later.add(profile)
            else:
                shown.refused[profile] = answers[address].reason

    async def _people(self, feed: Source, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return the values that addresses are made with."""
        if self._database_id is None or not any(ids):
            return {}
        async with self._engines.tx() as tx:
            known = {field.name for field in (await profiles.get_database(tx, self._database_id)).fields}
            columns = [name for name in rules.fields_of(feed.url) if name in known]
            rows = await profiles.read_many(tx, self._database_id, [i for i in ids if i], columns)
        return {row["id"]: dict(row) for row in rows}


async def freeze(engines: Engines, run_id: int, keys: Collection[str]) -> None:
    """Fetch what is the same for all recipients of a run, once; what was frozen before stays.

    Raises 409 when a feed that no message goes without cannot be fetched.
    """
    if not keys:
        return
    async with engines.tx() as tx:
        feeds, kept = await store.by_keys(tx, keys), await store.of_run(tx, run_id)
    async with Getter(engines) as getter:
        for feed in feeds.values():
            if feed.personal or feed.id in kept:
                continue
            answer = await getter.one(feed, rules.address_of(feed.url, {}))
            if answer.body is None:
                raise conflict(answer.reason)
            async with engines.tx() as tx:
                await store.freeze(tx, run_id, feed.id, answer.body, tx.now)
