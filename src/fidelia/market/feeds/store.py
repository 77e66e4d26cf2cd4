"""Queries of feeds, their runs, offers on their way and offers that were refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.listing import folded, or_never, sorted_rows
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.schedules import Runs

from ..store.copying import copied
from .model import FeedRow, MarketFeedRun, RejectedOffer, RunRow
from .reading import Offer
from .reading.model import Rejected
from .tables import feed, feed_item, feed_reject, feed_run

_F, _R, _I, _X = feed.c, feed_run.c, feed_item.c, feed_reject.c
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": folded(_F.name),
    "created_at": _F.created_at,
    "next_run_at": or_never(_F.next_run_at),
}
_offer = msgspec.msgpack.Decoder(Offer)
_pack = msgspec.msgpack.Encoder().encode

RUNS = Runs(feed_run, RunRow, owner="feed_id", unsaid="The job ended before the feed was loaded")


async def insert(tx: Tx, values: Mapping[str, object]) -> int:
    """Store a new feed and return its id."""
    stmt = sa.insert(feed).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(stmt.returning(_F.id)))


async def find(tx: Tx, feed_id: int, *, lock: bool = False) -> FeedRow:
    """Return a feed; raise 404."""
    stmt = sa.select(feed).where(_F.id == feed_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt) if 0 < feed_id < 2**31 else None
    if row is None:
        raise not_found("Feed", feed_id)
    return as_struct(row, FeedRow)


async def update(tx: Tx, feed_id: int, **values: object) -> None:
    """Change columns of a feed."""
    await tx.execute(sa.update(feed).where(_F.id == feed_id).values(values))


async def delete(tx: Tx, feed_id: int) -> None:
    """Remove a feed with its runs."""
    await tx.execute(sa.delete(feed).where(_F.id == feed_id))


async def page(tx: Tx, request: PageRequest) -> tuple[list[FeedRow], str | None, int]:
    """Return a page of feeds, a cursor, and how many there are."""
    query = sa.select(feed)
    if request.q:
        query = query.where(_F.name.icontains(request.q, autoescape=True))
    total = int(await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery())))
    rows, cursor = await sorted_rows(tx, query, request, sorts=_SORTS, key=_F.id, default="name")
    return (
        [msgspec.convert({k: row._mapping[k] for k in FeedRow.__struct_fields__}, FeedRow) for row in rows],
        cursor,
        total,
    )


async def file_keys(tx: Tx) -> set[str]:
    """Return the keys of all files that feeds and runs at work still need."""
    found = await tx.all(sa.select(_F.file_key).where(_F.file_key.is_not(None)))
    runs = await tx.all(sa.select(_R.file_key).where(_R.file_key.is_not(None), _R.finished_at.is_(None)))
    return {row.file_key for row in (*found, *runs)}


# -- runs -----------------------------------------------------------------------------------------------------------


def as_run(row: RunRow) -> MarketFeedRun:
    """Return what callers see of a run."""
    return MarketFeedRun(**{name: getattr(row, name) for name in MarketFeedRun.__struct_fields__})


async def note(tx: Tx, run_id: int, **values: object) -> None:
    """Change columns of a run."""
    await tx.execute(sa.update(feed_run).where(_R.id == run_id).values(values))


async def forget(tx: Tx, runs_before: datetime, rejects_before: datetime) -> None:
    """Remove old runs, and what is known of single offers of runs that are not as old."""
    await tx.execute(sa.delete(feed_run).where(_R.finished_at < runs_before))
    old = sa.select(_R.id).where(_R.finished_at < rejects_before)
    await tx.execute(sa.delete(feed_reject).where(_X.run_id.in_(old)))


# -- offers ---------------------------------------------------------------------------------------------------------


async def clear(tx: Tx, run_id: int) -> None:
    """Forget what was read of a file."""
    await tx.execute(sa.delete(feed_item).where(_I.run_id == run_id))
    await tx.execute(sa.delete(feed_reject).where(_X.run_id == run_id))


async def drop_items(tx: Tx, run_id: int) -> None:
    """Forget the offers of a run that is over; those that were refused stay for its report."""
    await tx.execute(sa.delete(feed_item).where(_I.run_id == run_id))


async def put_items(tx: Tx, run_id: int, first: int, offers: Sequence[Offer]) -> None:
    """Write offers that were read, in their order, numbered from ``first`` on."""
    raw = await tx.raw()
    statement = "copy feed_item (run_id, n, line, external_id, parent, body) from stdin"
    lines = [
        f"{run_id}\t{n}\t{offer.line}\t{copied(offer.id)}\t{copied(offer.group)}\t\\\\x{_pack(offer).hex()}\n"
        for n, offer in enumerate(offers, first)
    ]
    async with raw.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write("".join(lines))


async def put_rejects(tx: Tx, run_id: int, rejected: Iterable[Rejected]) -> None:
    """Write offers that were refused."""
    raw = await tx.raw()
    statement = "copy feed_reject (run_id, line, offer, field, value, reason) from stdin"
    async with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for r in rejected:
            await copy.write_row((run_id, r.line, *(_plain(x) for x in (r.offer, r.field, r.value, r.reason))))


def _plain(text: str) -> str:
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")


Slice = Literal["products", "skus"]
_LEADS = """not exists (select from feed_item e where e.run_id = i.run_id and e.parent = i.parent and e.n < i.n)
    and not exists (select from feed_item e where e.run_id = i.run_id and e.parent is null
        and e.external_id = i.parent)"""
_SLICES: Mapping[Slice, str] = {
    "products": f"(i.parent is null or ({_LEADS}))",
    "skus": "i.parent is not null",
}


async def items(tx: Tx, run_id: int, of: Slice, after: int, most: int) -> list[tuple[int, Offer]]:
    """Return offers that products (one for each group) or SKUs are made of, the next in their order."""
    raw = await tx.raw()
    cursor = await raw.execute(
        f"select n, body from feed_item i where run_id = %s and n > %s and {_SLICES[of]} order by n limit {int(most)}",
        (run_id, after),
    )
    return [(n, _offer.decode(body)) for n, body in await cursor.fetchall()]


async def clear_old_prices(tx: Tx, of: Slice, external_ids: Sequence[str]) -> list[tuple[int, str]]:
    """Take away the earlier price of what costs no less than before any more; return ids and external ids."""
    table = {"products": "product", "skus": "product_sku"}[of]
    raw = await tx.raw()
    cursor = await raw.execute(
        f"update {table} set old_price = null, version = version + 1, updated_at = %s"
        " where external_id = any(%s) and old_price is not null returning id, external_id",
        (tx.now, list(external_ids)),
    )
    return [(id_, name) for id_, name in await cursor.fetchall()]


async def rejected(tx: Tx, run_id: int, request: PageRequest) -> Page[RejectedOffer]:
    """Return a page of refused offers, in the order in which they were."""
    total = await tx.scalar(sa.select(sa.func.count()).select_from(feed_reject).where(_X.run_id == run_id))
    found = await rejected_after(tx, run_id, cursor_id(request) or 0, request.limit + 1)
    shown = found[: request.limit]
    return Page(shown, encode_cursor([shown[-1].id]) if len(found) > request.limit else None, total)


async def rejected_after(tx: Tx, run_id: int, after: int, most: int) -> list[RejectedOffer]:
    """Return the next refused offers."""
    columns = [_X[name] for name in RejectedOffer.__struct_fields__]
    stmt = sa.select(*columns).where(_X.run_id == run_id, _X.id > after).order_by(_X.id).limit(most)
    return [as_struct(row, RejectedOffer) for row in await tx.all(stmt)]
