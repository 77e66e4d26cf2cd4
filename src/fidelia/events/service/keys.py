"""Write keys: make, rename, revoke, and what happened to their messages."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field, not_found, too_many
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import sites as rules
from ..store import keys as store
from ..store.keys import KeyRow

KeyKind = Literal["browser", "server"]
MAX_NAME = 100
MAX_DOMAINS = 50
COUNTED_DAYS = 30
_PORT = "events.write_keys"
_DOMAINS_PORT = "events.site_domains"
_KEEP_SECONDS = 5.0
_KEEP_MOST = 10_000


class WriteKeyOut(msgspec.Struct, frozen=True, kw_only=True):
    """A write key. A ``browser`` key is public: it appends events and fills empty fields; a ``server`` key identifies.

    ``rate`` is messages a second (null: the installation's default). ``domains`` are the hosts of the sites it is for;
    with ``heeds_privacy`` the site script does nothing in a browser that asks not to be tracked.
    """

    id: int
    database_id: int
    name: str
    kind: KeyKind
    key: str
    rate: int | None
    domains: list[str]
    heeds_privacy: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyCount(msgspec.Struct, frozen=True):
    """How many messages of a day: ``kind`` is accepted, duplicate, rejected (``name``: why) or trait (left aside)."""

    day: date
    kind: str
    name: str
    count: int


async def create_key(
    tx: Tx,
    actor: Actor,
    database_id: int,
    *,
    name: str,
    kind: KeyKind,
    rate: int | None = None,
    domains: Sequence[str] = (),
    heeds_privacy: bool = True,
) -> WriteKeyOut:
    """Make a write key of a database; raise 404 or 422."""
    await profiles.get_database(tx, database_id)
    name = _checked_name(name)
    key = f"wk_{secrets.token_urlsafe(24)}"
    values = {"database_id": database_id, "name": name, "kind": kind, "key": key, "rate": rate}
    sites = {"domains": _checked_domains(domains), "heeds_privacy": heeds_privacy}
    key_id = await store.insert(tx, {**values, **sites})
    found = await get_key(tx, key_id)
    forget_keys(tx.engines)
    await audit(tx, actor, "write_key.created", kind="write_key", object_id=key_id, name=name, after=_picture(found))
    return found


async def get_key(tx: Tx, key_id: int) -> WriteKeyOut:
    """Return a write key, revoked or not; raise 404."""
    row = await store.find(tx, key_id)
    if row is None:
        raise not_found("Write key", key_id)
    return _out(row)


async def list_keys(
    tx: Tx, page: PageRequest, *, database_id: int | None = None, revoked: bool = False
) -> Page[WriteKeyOut]:
    """Return a page of write keys by id; revoked ones only when asked for."""
    after = None
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int):
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        after = page.cursor[0]
    rows, total = await store.page(tx, page, database_id, after, revoked=revoked)
    items = [_out(row) for row in rows[: page.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > page.limit else None, total)


async def change_key(tx: Tx, actor: Actor, key_id: int, changes: Mapping[str, Any]) -> WriteKeyOut:
    """Change ``name``, ``rate``, ``domains`` or ``heeds_privacy``; raise 404, 409 for a revoked key, 422."""
    before = await _locked(tx, key_id)
    values = dict(changes)
    if "name" in values:
        values["name"] = _checked_name(values["name"])
    if "domains" in values:
        values["domains"] = _checked_domains(values["domains"])
    if values:
        await store.update(tx, key_id, values)
    after = await get_key(tx, key_id)
    if values:
        await audit(
            tx,
            actor,
            "write_key.updated",
            kind="write_key",
            object_id=key_id,
            name=after.name,
            before=_picture(before),
            after=_picture(after),
        )
    forget_keys(tx.engines)
    return after


async def revoke_key(tx: Tx, actor: Actor, key_id: int) -> None:
    """Revoke a write key for good; its messages are refused from now on. Raises 404, 409 when it is revoked."""
    key = await _locked(tx, key_id)
    await store.update(tx, key_id, {"revoked_at": tx.now})
    await audit(tx, actor, "write_key.revoked", kind="write_key", object_id=key_id, name=key.name, before=_picture(key))
    forget_keys(tx.engines)


async def key_counts(tx: Tx, key_id: int) -> list[KeyCount]:
    """Return what happened to the messages of a key in the last 30 days."""
    await get_key(tx, key_id)
    rows = await store.counts(tx, key_id, tx.now.date() - timedelta(days=COUNTED_DAYS))
    return [KeyCount(row.day, row.kind, row.name, row._mapping["count"]) for row in rows]


async def _locked(tx: Tx, key_id: int) -> WriteKeyOut:
    row = await store.find(tx, key_id, lock=True)
    if row is None:
        raise not_found("Write key", key_id)
    if row.revoked_at is not None:
        raise conflict("This write key was revoked")
    return _out(row)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise invalid_field("/name", f"A name has 1 to {MAX_NAME} characters, without control characters")
    return name


def _checked_domains(domains: Sequence[str]) -> list[str]:
    if len(domains) > MAX_DOMAINS:
        raise invalid_field("/domains", f"A key is for {MAX_DOMAINS} sites at most")
    kept = []
    for n, text in enumerate(domains):
        try:
            kept.append(rules.read_domain(text))
        except ValueError as exc:
            raise invalid_field(f"/domains/{n}", str(exc)) from exc
    return list(dict.fromkeys(kept))


def _out(row: KeyRow) -> WriteKeyOut:
    return msgspec.convert({field: getattr(row, field) for field in WriteKeyOut.__struct_fields__}, WriteKeyOut)


def _picture(key: WriteKeyOut) -> dict[str, Any]:
    kept = ("name", "kind", "database_id", "rate", "domains", "heeds_privacy")
    return {name: getattr(key, name) for name in kept}


# -- the look-up of every request ----------------------------------------------------------------------------------


class _Known:
    """A key with its bucket: so many messages a second, twice as many at once."""

    def __init__(self, row: KeyRow, rate: int) -> None:
        self.row = row
        self.rate = rate
        self.until = 0.0
        self._tokens = 2.0 * rate
        self._filled = time.monotonic()

    def take(self, messages: int) -> None:
        """Use the rate up by so many messages; raise 429 with the seconds after which there is room again."""
        now = time.monotonic()
        self._tokens = min(2.0 * self.rate, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
        if self._tokens <= 0:
            raise too_many("This write key sends faster than it may", int(-self._tokens / self.rate) + 1)
        self._tokens -= messages


class _Keys:
    def __init__(self) -> None:
        self.known: dict[str, _Known] = {}


async def use_key(engines: Engines, key: str, messages: int) -> KeyRow | None:
    """Return a live write key and count messages against its rate; ``None`` when there is no such key.

    Raises:
        Problem: 429 when the key is over its rate.
    """
    keys: _Keys = engines.ports.setdefault(_PORT, _Keys())
    found = keys.known.get(key)
    if found is None or found.until < time.monotonic():
        if not key.isascii() or "\x00" in key:
            return None
        async with engines.db.hot() as raw:
            row = await store.by_key(raw, key)
        if row is None:
            keys.known.pop(key, None)
            return None
        rate = row.rate or engines.settings.security.key_events_per_second
        if found is None or found.rate != rate:
            found = _Known(row, rate)
        found.row, found.until = row, time.monotonic() + _KEEP_SECONDS
        if len(keys.known) >= _KEEP_MOST:
            keys.known.clear()
        keys.known[key] = found
    found.take(messages)
    return found.row


class _Domains:
    def __init__(self) -> None:
        self.known: dict[int, tuple[float, frozenset[str]]] = {}


async def site_domains(engines: Engines, database_id: int) -> frozenset[str]:
    """Return the hosts of a database's sites, as they were some seconds ago at most."""
    kept: _Domains = engines.ports.setdefault(_DOMAINS_PORT, _Domains())
    found = kept.known.get(database_id)
    if found is None or found[0] < time.monotonic():
        async with engines.db.hot() as raw:
            found = time.monotonic() + _KEEP_SECONDS, await store.domains_of(raw, database_id)
        kept.known[database_id] = found
    return found[1]


def forget_keys(engines: Engines) -> None:
    """Look every key up again at its next use; their rates stay."""
    keys: _Keys = engines.ports.setdefault(_PORT, _Keys())
    for found in keys.known.values():
        found.until = 0.0
    engines.ports.pop(_DOMAINS_PORT, None)
