"""Queries of feeds and their copies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ...tables import template, template_version
from ..tables import feed, feed_copy, run_feed
from .model import Copy, Feed, Source

_published = template_version.alias("published")
_users = (
    sa.select(sa.func.count())
    .select_from(template.outerjoin(_published, _published.c.id == template.c.published_version_id))
    .where(
        template.c.archived_at.is_(None),
        sa.or_(template.c.refers["feeds"].has_key(feed.c.key), _published.c.refers["feeds"].has_key(feed.c.key)),
    )
    .scalar_subquery()
)
_size = (
    sa.select(sa.func.octet_length(feed_copy.c.body))
    .where(feed_copy.c.feed_id == feed.c.id)
    .order_by(feed_copy.c.fetched_at.desc())
    .limit(1)
    .scalar_subquery()
)
_SELECT = sa.select(feed, _users.label("used_by"), _size.label("size"))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": folded(feed.c.name),
    "key": feed.c.key,
    "fetched_at": feed.c.fetched_at,
    "updated_at": feed.c.updated_at,
}
_NAMES = [field.encode_name for field in msgspec.structs.fields(Feed)]
_SOURCE = [field.encode_name for field in msgspec.structs.fields(Source)]


def _feed(row: sa.Row[Any]) -> Feed:
    return Feed(**{name: getattr(row, name) for name in _NAMES})


def _source(row: sa.Row[Any]) -> Source:
    return Source(**{name: getattr(row, name) for name in _SOURCE})


async def get(tx: Tx, feed_id: int, *, lock: bool = False) -> Feed:
    """Return a feed; raise 404."""
    query = _SELECT.where(feed.c.id == feed_id)
    if lock:
        query = query.with_for_update(of=feed)
    row = await tx.first(query) if 0 < feed_id < 2**31 else None
    if row is None:
        raise not_found("Feed", feed_id)
    return _feed(row)


async def source(tx: Tx, feed_id: int) -> Source:
    """Return a feed as it is fetched; raise 404."""
    row = await tx.first(sa.select(feed).where(feed.c.id == feed_id)) if 0 < feed_id < 2**31 else None
    if row is None:
        raise not_found("Feed", feed_id)
    return _source(row)


async def pages(tx: Tx, page: PageRequest, *, archived: bool) -> Page[Feed]:
    """Return a page of feeds, sorted by ``name``, ``key``, ``fetched_at`` or ``updated_at`` (by name)."""
    where: list[sa.ColumnElement[bool]] = [feed.c.archived_at.isnot(None) if archived else feed.c.archived_at.is_(None)]
    if page.q:
        where.append(
            sa.or_(*(column.icontains(page.q, autoescape=True) for column in (feed.c.name, feed.c.key, feed.c.url)))
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(feed).where(*where))
    rows, cursor = await sorted_rows(tx, _SELECT.where(*where), page, sorts=_SORTS, key=feed.c.id, default="name")
    return Page([_feed(row) for row in rows], cursor, total)


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new feed and return its id."""
    query = sa.insert(feed).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(feed.c.id)))


async def update(tx: Tx, feed_id: int, values: dict[str, Any]) -> None:
    """Change a feed."""
    await tx.execute(sa.update(feed).where(feed.c.id == feed_id).values(**values, updated_at=tx.now))


async def by_keys(tx: Tx, keys: Collection[str]) -> dict[str, Source]:
    """Return feeds as they are fetched, by key, archived ones too."""
    if not keys:
        return {}
    rows = await tx.all(sa.select(feed).where(feed.c.key.in_(list(keys))))
    return {row.key: _source(row) for row in rows}


async def keys(tx: Tx) -> list[str]:
    """Return the keys of all feeds that can be shown."""
    rows = await tx.all(sa.select(feed.c.key).where(feed.c.archived_at.is_(None)).order_by(feed.c.key))
    return [row.key for row in rows]


# -- copies ---------------------------------------------------------------------------------------------------------


async def copies(tx: Tx, feed_id: int, addresses: Sequence[bytes]) -> dict[bytes, Copy]:
    """Return the last good answers of some addresses."""
    rows = await tx.all(
        sa.select(feed_copy).where(feed_copy.c.feed_id == feed_id, feed_copy.c.address.in_(list(addresses)))
    )
    return {
        bytes(row.address): Copy(
            body=bytes(row.body), fetched_at=row.fetched_at, etag=row.etag, last_modified=row.last_modified
        )
        for row in rows
    }


async def latest_copy(tx: Tx, feed_id: int) -> Copy | None:
    """Return the newest good answer of a feed, whatever its address."""
    row = await tx.first(
        sa.select(feed_copy).where(feed_copy.c.feed_id == feed_id).order_by(feed_copy.c.fetched_at.desc()).limit(1)
    )
    return None if row is None else Copy(body=bytes(row.body), fetched_at=row.fetched_at)


async def keep(tx: Tx, feed_id: int, found: Mapping[bytes, Copy]) -> None:
    """Keep good answers; of two at the same moment the later one stays."""
    if not found:
        return
    raw = await tx.raw()
    await raw.execute(
        "insert into feed_copy as c (feed_id, address, body, etag, last_modified, fetched_at)"
        " select %s, a, b, e, m, t from unnest(%s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::timestamptz[])"
        " as new (a, b, e, m, t) where exists (select from feed where id = %s) order by a"
        " on conflict (feed_id, address) do update set body = excluded.body, etag = excluded.etag,"
        " last_modified = excluded.last_modified, fetched_at = excluded.fetched_at"
        " where c.fetched_at <= excluded.fetched_at",
        (
            feed_id,
            list(found),
            [copy.body for copy in found.values()],
            [copy.etag for copy in found.values()],
            [copy.last_modified for copy in found.values()],
            [copy.fetched_at for copy in found.values()],
            feed_id,
        ),
    )


async def note(tx: Tx, feed_id: int, error: str | None) -> None:
    """Note when a feed was fetched last, or failed and why."""
    values: dict[str, Any] = {"failed_at": tx.now, "error": error} if error else {"fetched_at": tx.now, "error": None}
    await tx.execute(sa.update(feed).where(feed.c.id == feed_id).values(**values))


async def forget_copies(tx: Tx, *, feed_id: int | None = None, before: datetime | None = None) -> int:
    """Drop the copies of one feed, or of all whose address holds values of people; return how many.

    ``before``: only those that are older.
    """
    query = sa.delete(feed_copy)
    if feed_id is not None:
        query = query.where(feed_copy.c.feed_id == feed_id)
    else:
        query = query.where(feed_copy.c.feed_id.in_(sa.select(feed.c.id).where(feed.c.personal)))
    if before is not None:
        query = query.where(feed_copy.c.fetched_at < before)
    return (await tx.execute(query)).rowcount


# -- of runs --------------------------------------------------------------------------------------------------------


async def of_run(tx: Tx, run_id: int) -> dict[int, bytes]:
    """Return what all recipients of a run see, by feed."""
    rows = await tx.all(sa.select(run_feed.c.feed_id, run_feed.c.body).where(run_feed.c.run_id == run_id))
    return {row.feed_id: bytes(row.body) for row in rows}


async def freeze(tx: Tx, run_id: int, feed_id: int, body: bytes, fetched_at: datetime | None) -> None:
    """Keep what all recipients of a run see; what was kept before stays."""
    raw = await tx.raw()
    await raw.execute(
        "insert into run_feed (run_id, feed_id, body, fetched_at) values (%s, %s, %s, %s) on conflict do nothing",
        (run_id, feed_id, body, fetched_at),
    )
