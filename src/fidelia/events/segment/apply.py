"""Writes messages of the protocol: people, visitors, what waited for them, and events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import ALL_RIGHTS, Actor
from fidelia.kernel.errors import unauthenticated
from fidelia.platform import outbox
from fidelia.platform.postgres import Tx

from ..ingest import people
from ..ingest.learning import Lesson
from ..store import keys as key_store
from ..store import seen, visitors
from ..store import types as type_store
from . import traits
from .messages import Message

_json = msgspec.json.Encoder().encode
_MAX_TRAITS = 20


class Delivery(msgspec.Struct):
    """The messages of one request. ``unreadable`` are reasons of those that could not be read."""

    key_id: int
    key_name: str
    server: bool
    database: int
    messages: list[Message]
    unreadable: list[str]
    received_at: datetime


class Delivered(msgspec.Struct, frozen=True):
    """What became of the messages of a request."""

    accepted: int
    duplicates: int
    rejected: int


async def write_messages(tx: Tx, deliveries: Sequence[Delivery]) -> list[Delivered | Exception]:
    """Write the messages of several requests in one transaction."""
    raw = await tx.raw()
    live = await key_store.live(raw, (d.key_id for d in deliveries))
    databases = await people.databases(tx, (d.database for d in deliveries))
    good = [n for n, d in enumerate(deliveries) if d.key_id in live and d.database in databases]
    work = _Work(tx, deliveries, good)
    await work.remember()
    for database in databases.values():
        await work.write(database)
    await work.finish()
    return [
        work.answer(n) if n in set(good) else unauthenticated("This write key is not known or was revoked")
        for n in range(len(deliveries))
    ]


class _Work:
    """One transaction's work; entries are (delivery, message)."""

    def __init__(self, tx: Tx, deliveries: Sequence[Delivery], good: list[int]) -> None:
        self.tx = tx
        self.deliveries = deliveries
        self.good = good
        self.fresh: list[tuple[int, Message]] = []
        self.counts: Counter[key_store.Count] = Counter()
        self.rejected: Counter[int] = Counter()
        self.duplicates: Counter[int] = Counter()
        self.lines: dict[int, list[bytes]] = defaultdict(list)

    async def remember(self) -> None:
        """Set aside messages whose id was seen."""
        first: dict[seen.Key, tuple[int, Message]] = {}
        for n in self.good:
            for reason in self.deliveries[n].unreadable:
                self._reject(n, reason)
            for message in self.deliveries[n].messages:
                key = (self.deliveries[n].database, message.hash)
                if key in first:
                    self.duplicates[n] += 1
                else:
                    first[key] = (n, message)
        known = await seen.remember(await self.tx.raw(), list(first), self.tx.now.date())
        for key, (n, message) in first.items():
            if key in known:
                self.duplicates[n] += 1
            else:
                self.fresh.append((n, message))

    async def write(self, database: profiles.Database) -> None:
        """Write the fresh messages of a database."""
        mine = [(n, m) for n, m in self.fresh if self.deliveries[n].database == database.id]
        if not mine:
            return
        users = await self._users(database, mine)
        known = await self._visitors(database, mine, users)
        await self._events(database, mine, users, known)

    async def _users(self, database: profiles.Database, mine: list[tuple[int, Message]]) -> dict[str, int]:
        """Return the profiles of the users named, after making and changing what the keys may."""
        names: dict[str, Any] = {}
        for _, message in mine:
            if message.user and message.user not in names:
                try:
                    names[message.user] = people.match_key(database, "external_id", message.user)
                except ValueError:
                    names[message.user] = None
        keys = [key for key in names.values() if key is not None]
        there = await profiles.match_ids(self.tx, database.id, "external_id", keys) if keys else {}
        found = {user: there[key] for user, key in names.items() if key in there}
        wanted: dict[str, dict[str, Any]] = {}
        unset: dict[int, dict[str, Any]] = {}
        for n, message in mine:
            if names.get(message.user) is None:
                continue
            server = self.deliveries[n].server
            values: dict[str, Any] = {}
            if message.kind == "identify":
                values, aside = traits.fields_of(database, message.traits)
                for name in aside[:_MAX_TRAITS]:
                    self.counts[self.deliveries[n].key_id, "trait", name[:64]] += 1
            if server and (values or message.user not in found):
                wanted.setdefault(message.user, {}).update(values)
            elif values and message.user in found:
                unset[found[message.user]] = {**values, **unset.get(found[message.user], {})}
        made, reasons = await traits.upsert_users(self.tx, self._actor(mine), database.id, wanted)
        self.created = {user for user in made if user not in found}
        found.update(made)
        await traits.fill_unset(self.tx, self._actor(mine), database.id, unset)
        self.reasons = reasons | {user: "userId too long or empty" for user, key in names.items() if key is None}
        return found

    async def _visitors(
        self, database: profiles.Database, mine: list[tuple[int, Message]], users: dict[str, int]
    ) -> dict[str, int]:
        """Note who was here; move into history what waited for those who are known now. Returns known visitors."""
        raw = await self.tx.raw()
        rows: dict[visitors.Visitor, int | None] = {}
        for _, message in mine:
            profile = users.get(message.user) if message.user else None
            for name in (message.anonymous, message.previous if message.kind == "alias" else ""):
                if name:
                    before = rows.get((database.id, f"a:{name}"))
                    rows[database.id, f"a:{name}"] = profile or before
            if message.user and profile is None and message.user not in self.reasons:
                rows[database.id, f"u:{message.user}"] = None
        claims = {(database.id, f"u:{user}"): profile for user, profile in users.items()}
        for claim in await visitors.unclaimed(raw, claims):
            rows[claim] = claims[claim]
        rows.update({claim: claims[claim] for claim in claims if claim[1][2:] in self.created})
        known = await visitors.see(raw, rows, self.tx.now)
        there = await profiles.exists(self.tx, database.id, known.values())
        gone = set(known.values()) - set(there)
        if gone:
            await visitors.unknow(raw, database.id, gone)
            known = {visitor: profile for visitor, profile in known.items() if profile not in gone}
        taken = await visitors.take(raw, list(known))
        deleted = await type_store.archived(self.tx, database.id) if taken else frozenset()
        for event in taken:
            if event.type in deleted:  # it may set nothing off any more
                continue
            properties = msgspec.json.decode(event.properties)
            self._line(database.id, known[event.database_id, event.visitor], event.type, event.at, event.id, properties)
        return {name: profile for (_, name), profile in known.items()}

    async def _events(
        self,
        database: profiles.Database,
        mine: list[tuple[int, Message]],
        users: dict[str, int],
        known: dict[str, int],
    ) -> None:
        waiting: list[visitors.Waiting] = []
        raw = await self.tx.raw()
        types = await type_store.load(raw, {(database.id, m.type) for _, m in mine if m.type})
        lesson = Lesson(types)
        deleted = {name for (_, name), row in types.items() if row.archived_at is not None}
        recipients = {m.profile for _, m in mine if m.profile}
        there = await profiles.exists(self.tx, database.id, recipients)
        for n, message in mine:
            if message.user in self.reasons:
                self._reject(n, self.reasons[message.user][:64])
                continue
            if message.type in deleted:
                self._reject(n, "event type deleted")
                continue
            if message.type:
                lesson.look(database.id, message.type, message.properties)
                # Somebody who signed in as a user nobody knows yet is not who used this browser before.
                visitor = f"u:{message.user}" if message.user else f"a:{message.anonymous}"
                profile = users.get(message.user) or known.get(visitor)
                if not profile and not message.user and message.profile in there:
                    profile = message.profile
                if profile:
                    self._line(database.id, profile, message.type, message.at, message.id, message.properties)
                elif message.user or message.anonymous:
                    text = _json(message.properties).decode()
                    waiting.append(visitors.Waiting(database.id, visitor, message.id, message.type, message.at, text))
            self.counts[self.deliveries[n].key_id, "accepted", message.kind] += 1
        await visitors.wait(raw, waiting, self.tx.now)
        await lesson.write(raw, self.tx.now)

    async def finish(self) -> None:
        """Write lines and counters."""
        raw = await self.tx.raw()
        await outbox.write(raw, self.lines, {})
        for n, count in self.duplicates.items():
            self.counts[self.deliveries[n].key_id, "duplicate", ""] += count
        await key_store.add_counts(raw, self.counts, self.tx.now)

    def answer(self, n: int) -> Delivered:
        """Return what became of a delivery."""
        sent = len(self.deliveries[n].messages) + len(self.deliveries[n].unreadable)
        refused, twice = self.rejected[n], self.duplicates[n]
        return Delivered(sent - refused - twice, twice, refused)

    def _line(
        self, database: int, profile: int, type_: str, at: datetime, id_: str, properties: dict[str, Any]
    ) -> None:
        line = outbox.encode_line(type_, profile, outbox.clickhouse_time(at), id_, properties)
        self.lines[database].append(line)

    def _reject(self, n: int, reason: str) -> None:
        self.rejected[n] += 1
        self.counts[self.deliveries[n].key_id, "rejected", reason] += 1

    def _actor(self, mine: list[tuple[int, Message]]) -> Actor:
        delivery = self.deliveries[mine[0][0]]
        return Actor("system", None, f"Write key {delivery.key_name}", ALL_RIGHTS)
