"""The job of an import: some things at a time, each batch in a transaction with how far the file is done."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec

from fidelia import profiles
from fidelia.kernel.errors import Problem
from fidelia.platform.files import Files
from fidelia.platform.jobs import Ending, JobContext
from fidelia.platform.postgres import Tx
from fidelia.profiles import files

from ..book import read_book
from ..model import BatchReply, OrderIn, ProductIn, SkuIn
from ..service.catalogue import upsert_products
from ..service.orders import upsert_orders
from ..service.skus import upsert_skus
from . import store
from .mapping import Reading, Row
from .model import ImportRun, MarketImport, RejectedRow

#: Rows read at a time; the lines of one order stay together.
AT_ONCE = 2_000
MAX_CELLS = 200
LIMITS = files.Limits(inflated=2_000_000_000, workbook=200_000_000)


def chunks(path: Path, how: files.FileFormat) -> Iterator[list[tuple[int, list[Any], str | None]]]:
    """Yield rows of a file with their numbers, and why they cannot be read."""
    for chunk in files.open_reader(path, how, LIMITS).chunks(AT_ONCE):
        yield [
            (number, list(row), chunk.bad.get(n))
            for n, (number, row) in enumerate(zip(chunk.numbers, chunk.rows, strict=True))
        ]


async def run_import(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Import a file, or go on after the last row that is written."""
    async with ctx.telling(partial(_ended, ctx, import_id)):
        async with ctx.tx() as tx:
            found, options, stored = await store.find(tx, import_id, lock=True)
            assert found.run is not None
            await store.change(tx, import_id, state="running", finished_at=None)
            reading = await _reading(tx, found, found.run)
        path = Files(ctx.engines.files).path(stored)
        how = msgspec.convert(options["format"], files.FileFormat)
        source = chunks(path, how)
        waiting: list[Row] = []
        seen: set[str] = set()
        refused: list[RejectedRow] = []
        while True:
            rows = await anyio.to_thread.run_sync(next, source, None)
            await ctx.check()
            if rows is not None:
                refused += [RejectedRow(n, bad, _texts(cells)) for n, cells, bad in rows if bad is not None]
                waiting += [(n, cells) for n, cells, bad in rows if bad is None]
            # the last order of a chunk may go on in the next one
            groups = list(reading.groups(waiting))
            kept = groups.pop() if rows is not None and groups else []
            groups, torn = _apart(found, reading, groups, seen)
            refused += torn
            waiting = list(kept)
            if groups or refused:
                last = max([group[-1][0] for group in groups] + [r.line for r in refused])
                if last > found.rows:
                    fresh = [group for group in groups if group[0][0] > found.rows]
                    old = [r for r in refused if r.line > found.rows]
                    async with ctx.tx() as tx:
                        await _write(tx, found, found.run, reading, fresh, old, last)
                refused = []
                ctx.progress(last)
            if rows is None:
                break
        async with ctx.tx() as tx:
            await store.change(tx, import_id, state="done", finished_at=tx.now)
            ended, _, _ = await store.find(tx, import_id)
    return {name: getattr(ended, name) for name in ("created", "updated", "unchanged", "rejected")}


def _apart(
    found: MarketImport, reading: Reading, groups: list[list[Row]], seen: set[str]
) -> tuple[list[list[Row]], list[RejectedRow]]:
    """Take out orders whose first lines stood further up: they would lose those."""
    if found.kind != "orders":
        return groups, []
    kept, refused = [], []
    for group in groups:
        key = reading.key(group[0])
        if key in seen:
            why = f"Lines of order {key} stand further up: all lines of an order must stand together"
            refused.append(_refused(group, why))
        else:
            seen.add(key)
            kept.append(group)
    return kept, refused


async def _reading(tx: Tx, found: MarketImport, run: ImportRun) -> Reading:
    zone = "UTC"
    if found.database_id is not None:
        zone = (await profiles.get_database(tx, found.database_id)).timezone
    book = await read_book(tx, found.database_id or 0)
    own = {str(entity): fields for entity, fields in book.fields.items()}
    return Reading(found.kind, [column.name for column in found.columns], run.mapping, own, zone, run.matching)


async def _write(
    tx: Tx,
    found: MarketImport,
    run: ImportRun,
    reading: Reading,
    groups: list[list[Row]],
    refused: list[RejectedRow],
    last: int,
) -> None:
    items: list[Any] = []
    whose: list[list[Row]] = []
    bad = list(refused)
    for group in groups:
        try:
            items.append(reading.item(group))
            whose.append(group)
        except Problem as problem:
            bad.append(_refused(group, problem.detail or problem.title))
    reply = await _upsert(tx, found, run, items) if items else BatchReply([], 0, 0, 0, 0)
    for result in reply.items:
        if result.status == "rejected":
            why = "; ".join(f"{error.pointer} {error.message}".strip() for error in result.errors)
            bad.append(_refused(whose[result.index], why))
    counts = {
        "created": reply.created,
        "updated": reply.updated,
        "unchanged": reply.unchanged,
        "rejected": len(bad),
    }
    await store.add(tx, found.id, last, counts, bad)


async def _upsert(tx: Tx, found: MarketImport, run: ImportRun, items: list[Any]) -> BatchReply:
    if found.kind == "products":
        products: list[ProductIn] = items
        return await upsert_products(tx, products, mode=run.mode)
    if found.kind == "skus":
        skus: list[SkuIn] = items
        return await upsert_skus(tx, skus, mode=run.mode)
    assert found.database_id is not None
    orders: list[OrderIn] = items
    return await upsert_orders(tx, found.database_id, orders, history=not run.skip_triggers)


def _texts(cells: list[Any]) -> list[str]:
    return [files.display(cell)[:1000].replace("\x00", "") for cell in cells[:MAX_CELLS]]


def _refused(group: list[Row], why: str) -> RejectedRow:
    number, cells = group[0]
    return RejectedRow(number, why[:1000].replace("\x00", ""), _texts(cells))


async def _ended(ctx: JobContext, import_id: int, ending: Ending, exc: BaseException) -> None:
    async with ctx.tx() as tx:
        found, options, _ = await store.find(tx, import_id, lock=True)
        if found.job_id != ctx.job_id:
            return
        said = exc.detail if isinstance(exc, Problem) and exc.detail else f"{type(exc).__name__}: {exc}"
        error = None if ending == "cancelled" else said
        await store.change(tx, import_id, state=ending, options={**options, "error": error}, finished_at=tx.now)
