"""Use cases of feeds: make, read, change, copy, delete, look at the first offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import schedules
from fidelia.platform.files import Files
from fidelia.platform.postgres import Tx

from ..model import Mode
from . import rules, store
from .model import (
    CategoryChoice,
    FeedAddress,
    FeedEntity,
    FeedRow,
    FeedSource,
    MarketFeed,
    MarketFeedMapping,
    MarketFeedRun,
    MarketFeedSchedule,
    RunRow,
    UnknownChoice,
)
from .reading.model import FeedFormat
from .running import ZONE
from .store import RUNS

_WHAT = "feed"


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a person decides about a feed, but for its secret and its file."""

    name: str
    active: bool
    source: FeedSource
    format: FeedFormat | None
    entity: FeedEntity
    mode: Mode
    currency: str | None
    mapping: list[MarketFeedMapping]
    categories: CategoryChoice
    unknown: UnknownChoice
    skip_unchanged: bool
    stop_after: int
    schedule: MarketFeedSchedule | None


def definition(row: FeedRow) -> Definition:
    """Return what is stored, without its secret."""
    return Definition(**{name: getattr(row, name) for name in Definition.__struct_fields__})


async def create(tx: Tx, actor: Actor, made: Definition, secret: str | None, file: str | None) -> MarketFeed:
    """Make a feed. Raises 409 for a name that is taken, 422."""
    await _check(tx, made, has_secret=secret is not None, secret=secret, file=file)
    values = _columns(made) | {
        "secret": None if secret is None else encrypt_secret(tx.engines, secret),
        "file_key": None if isinstance(made.source, FeedAddress) else file,
        "next_run_at": schedules.due(made, tx.now, ZONE),
        "created_by": actor.name,
    }
    feed_id = await schedules.named(tx, _WHAT, made.name, store.insert(tx, values))
    await _told(tx, actor, "created", feed_id, made.name, after=schedules.picture(made, secret_set=secret is not None))
    return await read(tx, feed_id)


async def copy(tx: Tx, actor: Actor, feed_id: int, name: str) -> MarketFeed:
    """Make another feed of the same settings, switched off; an uploaded file is copied too. Raises 404, 409, 422."""
    row = await store.find(tx, feed_id)
    made = msgspec.structs.replace(definition(row), name=name, active=False)
    file = None
    if row.file_key is not None:
        files = Files(tx.engines.files)
        file = files.new_key("feeds")
        path, target = files.path(row.file_key), files.path(file)
        if path.is_file():
            await anyio.to_thread.run_sync(_copied, path, target)
    secret = None if row.secret is None else decrypt_secret(tx.engines, row.secret)
    return await create(tx, actor, made, secret, file)


def _copied(path: Path, target: Path) -> None:
    target.hardlink_to(path)


async def read(tx: Tx, feed_id: int) -> MarketFeed:
    """Return a feed; raise 404."""
    return (await _shown(tx, [await store.find(tx, feed_id)]))[0]


async def pages(tx: Tx, page: PageRequest) -> Page[MarketFeed]:
    """Return a page of feeds."""
    rows, cursor, total = await store.page(tx, page)
    return Page(await _shown(tx, rows), cursor, total)


async def runs(tx: Tx, page: PageRequest, feed_id: int) -> Page[MarketFeedRun]:
    """Return a page of runs, the newest first; raise 404."""
    await store.find(tx, feed_id)
    found = await RUNS.page(tx, feed_id, page)
    return Page([store.as_run(run) for run in found.items], found.next_cursor, found.total)


async def change(
    tx: Tx,
    actor: Actor,
    feed_id: int,
    changes: Mapping[str, Any],
    *,
    secret: str | UnsetType | None,
    file: str | UnsetType,
    version: int | UnsetType,
) -> MarketFeed:
    """Change what is given. Raises 404, 409 (another name, another version), 422.

    A stored secret stays only while the source leads to the same server.
    """
    row = await store.find(tx, feed_id, lock=True)
    schedules.same_version(_WHAT, version, row.version)
    before = definition(row)
    made = msgspec.structs.replace(before, **changes)
    kept = row.secret is not None and secret is UNSET
    if kept and not rules.same_door(before.source, made.source):
        if isinstance(made.source, FeedAddress):
            raise invalid(FieldError("/secret", "The source leads to another server now: enter its password or token"))
        kept = False
    given = None if secret is UNSET else secret
    key = row.file_key if file is UNSET else file
    has_secret = kept or given is not None
    await _check(tx, made, has_secret=has_secret, secret=given, file=key, before=before, known=row.file_key)
    values = _columns(made) | {"file_key": None if isinstance(made.source, FeedAddress) else key}
    if secret is not UNSET or (row.secret is not None and not kept):
        values["secret"] = None if given is None else encrypt_secret(tx.engines, given)
    other = msgspec.structs.replace(made, name=before.name, active=before.active, schedule=before.schedule) != before
    values |= schedules.settled(tx, before, made, row.version, ZONE, brings_other=other)
    await schedules.named(tx, _WHAT, made.name, store.update(tx, feed_id, **values))
    after = schedules.picture(made, secret_set=has_secret) | ({} if secret is UNSET else {"secret": "changed"})
    before_ = schedules.picture(before, secret_set=row.secret is not None)
    await _told(tx, actor, "updated", feed_id, made.name, before=before_, after=after)
    return await read(tx, feed_id)


async def delete(tx: Tx, actor: Actor, feed_id: int) -> None:
    """Forget a feed with the history of its runs; products stay. Raise 404, 409 at work."""
    row = await store.find(tx, feed_id, lock=True)
    if await RUNS.open_of(tx, feed_id) is not None:
        raise conflict("This feed is being loaded; cancel its run first")
    await store.delete(tx, feed_id)
    before = schedules.picture(definition(row), secret_set=row.secret is not None)
    await _told(tx, actor, "deleted", feed_id, row.name, before=before)


async def _told(tx: Tx, actor: Actor, what: str, feed_id: int, name: str, **more: Any) -> None:
    await audit(tx, actor, f"market_feed.{what}", kind="market_feed", object_id=feed_id, name=name, **more)


async def _check(
    tx: Tx,
    made: Definition,
    *,
    has_secret: bool,
    secret: str | None,
    file: str | None,
    before: Definition | None = None,
    known: str | None = None,
) -> None:
    there = file is not None and (file == known or Files(tx.engines.files).path(file).is_file())
    errors = rules.name_errors(made.name) + rules.secret_errors(secret) + rules.mapping_errors(made.mapping)
    errors += rules.source_errors(made.source, has_secret=has_secret, has_file=there)
    if made.schedule is not None and (before is None or made.schedule != before.schedule):
        errors += schedules.schedule_errors(made.schedule, tx.now.astimezone(UTC).date())
    if made.schedule is not None and not isinstance(made.source, FeedAddress):
        errors.append(
            FieldError("/schedule", "An uploaded file does not change by itself: only an address is scheduled")
        )
    if errors:
        raise invalid(*errors)


def _columns(made: Definition) -> dict[str, object]:
    return {**msgspec.to_builtins(made), "name": made.name.strip()}


async def _shown(tx: Tx, rows: Sequence[FeedRow]) -> list[MarketFeed]:
    ids = [row.id for row in rows]
    last, now = await RUNS.newest(tx, ids), {run.feed_id: run for run in await RUNS.open(tx, ids)}
    return [_out(row, now.get(row.id), last.get(row.id)) for row in rows]


def _out(row: FeedRow, now: RunRow | None, last: RunRow | None) -> MarketFeed:
    kept = {name: getattr(row, name) for name in MarketFeed.__struct_fields__ if hasattr(row, name)}
    return MarketFeed(
        **kept,
        secret_set=row.secret is not None,
        open_run=None if now is None else store.as_run(now),
        last_run=None if last is None else store.as_run(last),
    )
