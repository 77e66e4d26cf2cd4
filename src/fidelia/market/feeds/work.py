"""The job of a run: fetch the file, read it as a whole, then write it to the catalogue some offers at a time.

What is read lies beside in PostgreSQL before anything of the catalogue changes, so a file that is broken anywhere
changes nothing. Each stage notes how far it is in the transaction that does the work: killed at any moment and begun
again, a run goes on there, and no offer is counted twice.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec

from fidelia.access import SecretError, decrypt_secret
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform.files import Files
from fidelia.platform.jobs import Cancelled, Ending, JobContext
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import OPEN

from ..model import CategoryIn
from ..service.catalogue import upsert_categories
from ..store import products as products_store
from . import fetching, running, store
from .loading import create_fields, load
from .model import FeedAddress, FeedRow, RunRow, UnknownField
from .reading import Batch, FeedFormat, Setting, detect, read
from .reading.model import Rejected
from .rules import as_mapping
from .seen import Seen
from .store import RUNS

UNCHANGED = "The feed has not changed since it was loaded last"
NO_OFFERS = "The file has no offers"


class Work(msgspec.Struct):
    """A run at work."""

    ctx: JobContext
    run_id: int
    feed: FeedRow
    secret: str | None


async def run_feed(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Do a run, or go on with it."""
    async with ctx.telling(partial(_ended, ctx, run_id)):
        async with ctx.tx() as tx:
            run = await RUNS.find(tx, run_id, lock=True)
            if run is None or run.state not in OPEN:
                return {}
            await RUNS.begin(tx, run_id, {"started_at": run.started_at or tx.now})
            feed = await store.find(tx, run.feed_id)
            secret = None if feed.secret is None else decrypt_secret(tx.engines, feed.secret)
        work = Work(ctx, run_id, feed, secret)
        if run.stage == "fetch" and not await _fetch(work, run):
            return {"note": UNCHANGED}
        await _read(work)
        await _prepare(work)
        await load(ctx, run_id, feed.entity, feed.mode, ignore_categories=feed.categories == "ignore")
        async with ctx.tx() as tx:
            await running.finish(tx, run_id, "done")
            done = await _present(tx, run_id)
        await _tidy(ctx, done)
    return {name: getattr(done, name) for name in ("offers", "created", "updated", "unchanged", "skipped", "rejected")}


async def _ended(ctx: JobContext, run_id: int, ending: Ending, exc: BaseException) -> None:
    async with ctx.tx() as tx:
        run = await RUNS.find(tx, run_id)
        await running.finish(tx, run_id, ending, None if ending == "cancelled" else said(exc))
    if run is not None:
        await _tidy(ctx, run)


async def _tidy(ctx: JobContext, run: RunRow) -> None:
    """Remove what the run has fetched; an uploaded file stays with its feed."""
    async with ctx.tx() as tx:
        await store.drop_items(tx, run.id)
        kept = (await store.find(tx, run.feed_id)).file_key
    if run.file_key is not None and run.file_key != kept:
        await asyncio.shield(anyio.to_thread.run_sync(Files(ctx.engines.files).delete, run.file_key))


async def _present(tx: Tx, run_id: int) -> RunRow:
    run = await RUNS.find(tx, run_id)
    if run is None:
        raise Cancelled
    return run


# -- fetch and read -------------------------------------------------------------------------------------------------


async def _fetch(work: Work, run: RunRow) -> bool:
    """Have the file at hand; ``False`` when it is the one that was loaded last, and the run is over."""
    ctx, feed = work.ctx, work.feed
    values: dict[str, object] = {"file_key": feed.file_key}
    if isinstance(feed.source, FeedAddress):
        key = Files(ctx.engines.files).new_key(fetching.AREA)
        known = fetching.Known()
        if feed.skip_unchanged and not run.force:
            known = fetching.Known(etag=feed.etag, last_modified=feed.last_modified, content_hash=feed.content_hash)
        brought = await fetching.bring(ctx.engines, feed.source, work.secret, key, known, ctx.check)
        if brought is None:
            async with ctx.tx() as tx:
                await running.finish(tx, work.run_id, "skipped", note=UNCHANGED)
            return False
        values = {"file_key": key, **msgspec.structs.asdict(brought)}
    async with ctx.tx() as tx:
        await store.note(tx, work.run_id, **values, stage="read")
    return True


async def _read(work: Work) -> None:
    """Read the whole file into PostgreSQL in one transaction; nothing of it stays when it is broken anywhere."""
    ctx, feed = work.ctx, work.feed
    async with ctx.tx() as tx:
        run = await _present(tx, work.run_id)
    if run.stage != "read":
        return
    path = Files(ctx.engines.files).path(run.file_key or "feeds/00000000")
    if not path.is_file():
        raise conflict("The uploaded file is gone; upload it again")
    format: FeedFormat
    format = await anyio.to_thread.run_sync(detect, path) if feed.format is None else feed.format
    mapping = as_mapping(feed.mapping)
    async with ctx.tx() as tx:
        await store.clear(tx, run.id)
        setting = Setting(mapping=mapping, currency=feed.currency, now=tx.now, ignore=feed.unknown == "ignore")
        seen = await _stage(ctx, tx, run.id, path, format, setting, skus_only=feed.entity == "skus")
        if not seen.offers and not seen.rejected:
            raise conflict(NO_OFFERS)
        unknown = await _unknown(tx, feed, seen)
        await store.note(
            tx,
            run.id,
            stage="categories",
            position=0,
            format=format,
            size=path.stat().st_size,
            offers=seen.offers + seen.rejected,
            rejected=seen.rejected,
            categories=[[c.external_id, c.name, c.parent] for c in seen.tree()],
            unknown=msgspec.to_builtins(unknown),
            reasons=running.counted([], seen.reasons),
        )


async def _stage(
    ctx: JobContext, tx: Tx, run_id: int, path: Path, format: FeedFormat, setting: Setting, *, skus_only: bool
) -> Seen:
    seen = Seen()
    batches = read(path, format, setting)
    while (batch := await anyio.to_thread.run_sync(next, batches, None)) is not None:
        await ctx.check()
        if skus_only:
            _only_variants(batch)
        seen.add(batch, format)
        await store.put_items(tx, run_id, seen.offers - len(batch.offers) + 1, batch.offers)
        await store.put_rejects(tx, run_id, batch.rejected)
        ctx.progress(seen.offers)
    late = seen.wrong_categories()
    await store.put_rejects(tx, run_id, late)
    return seen


def _only_variants(batch: Batch) -> None:
    """Refuse what is no variant of a product."""
    alone = [offer for offer in batch.offers if offer.group is None]
    batch.offers = [offer for offer in batch.offers if offer.group is not None]
    what = "It names no product that it is a variant of, and this feed brings SKUs only"
    batch.rejected += [Rejected(offer.line, offer.id, "group", "", what) for offer in alone]


async def _unknown(tx: Tx, feed: FeedRow, seen: Seen) -> list[UnknownField]:
    """Return the parameters that no field is there for; raise when the feed refuses these."""
    found = await seen.unknown(tx, feed.entity)
    if found and feed.unknown == "refuse":
        names = ", ".join(item.name for item in found[:10])
        raise conflict(f"There are no fields for these parameters of the feed: {names}. Make them, or map them away")
    return found


async def _prepare(work: Work) -> None:
    """Make fields and categories, before the offers that need them."""
    ctx, feed = work.ctx, work.feed
    async with ctx.tx() as tx:
        run = await _present(tx, work.run_id)
        if run.stage != "categories":
            return
        if feed.unknown == "create":
            await create_fields(tx, run.actor, feed.entity, run.unknown)
        items = [CategoryIn(external_id=key, name=name, parent=parent) for key, name, parent in run.categories]
        if feed.categories == "ignore":
            items = []
        elif feed.categories == "add":
            known = await products_store.category_ids(tx, [item.external_id for item in items])
            items = [item for item in items if item.external_id not in known]
        if items:
            await upsert_categories(tx, running.actor_of(run), items)
        stage = "products" if feed.entity == "products" else "skus"
        await store.note(tx, run.id, stage=stage, position=0, category_count=len(items), categories=[])
    ctx.progress(0, run.offers)


def said(exc: BaseException) -> str:
    """Return what went wrong in words."""
    if isinstance(exc, Problem):
        return exc.detail or exc.title
    return str(exc) if isinstance(exc, SecretError) else f"{type(exc).__name__}: {exc}"
