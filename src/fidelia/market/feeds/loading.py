"""Writing offers to the catalogue: products first, then the SKUs of them, some at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.platform.jobs import Cancelled, JobContext
from fidelia.platform.postgres import Tx

from ..book import Book, read_book
from ..fields import TypedField, must_be
from ..model import BatchReply, MarketFieldIn, Mode, ProductIn, SkuIn
from ..service.catalogue import upsert_products
from ..service.setup import create_field
from ..service.skus import upsert_skus
from ..store import goods
from . import running, store
from .model import FeedEntity, RunRow, UnknownField
from .reading import Offer
from .reading.model import Rejected
from .rules import as_typed
from .store import RUNS, Slice

AT_ONCE = 5_000
_SHOWN = 200


async def load(ctx: JobContext, run_id: int, entity: FeedEntity, mode: Mode, *, ignore_categories: bool) -> None:
    """Write what was read, from where the run stands."""
    while True:
        await ctx.check()
        async with ctx.tx() as tx:
            run = await RUNS.find(tx, run_id, lock=True)
            if run is None:
                raise Cancelled
            if run.stage not in ("products", "skus"):
                return
            of: Slice = "products" if run.stage == "products" else "skus"
            found = await store.items(tx, run_id, of, run.position, AT_ONCE)
            if found:
                await _write(tx, run, of, found, mode, ignore_categories=ignore_categories)
            elif of == "products":
                await store.note(tx, run_id, stage="skus", position=0)
            else:
                return
        done = run.created + run.updated + run.unchanged + run.skipped + run.rejected
        ctx.progress(min(done + len(found), run.offers), run.offers)


async def _write(
    tx: Tx, run: RunRow, of: Slice, found: Sequence[tuple[int, Offer]], mode: Mode, *, ignore_categories: bool
) -> None:
    book = await read_book(tx)
    rejects: list[Rejected] = []
    kept: list[Offer] = []
    skipped: list[Offer] = []
    names = [_name(of, offer) for _, offer in found]
    there = await goods.known(tx, "product" if of == "products" else "sku", names) if mode != "upsert" else {}
    items: list[Any] = []
    for (_, offer), name in zip(found, names, strict=True):
        known = there.get(name, (0, "stub"))[1] != "stub"
        if (mode == "add" and known) or (mode == "update" and not known):
            skipped.append(offer)
            continue
        try:
            items.append(_item(of, offer, book, ignore_categories=ignore_categories))
            kept.append(offer)
        except _Wrong as exc:
            rejects.append(exc.as_rejected(offer))
    reply = await _upsert(tx, of, items, book)
    rejects += _rejected(reply, kept)
    results: dict[str, str] = {kept[item.index].id: item.status for item in reply.items}
    await _no_old_prices(tx, of, kept, items, results)
    await store.put_rejects(tx, run.id, rejects)
    # An offer of a group is counted as a SKU; what became of its product is not told twice.
    counted = {o.id for _, o in found if of == "skus" or o.group is None}
    states = [status for id_, status in results.items() if id_ in counted and status != "rejected"]
    refused = [r for r in rejects if r.offer in counted]
    await store.note(
        tx,
        run.id,
        position=found[-1][0],
        created=run.created + states.count("created"),
        updated=run.updated + states.count("updated"),
        unchanged=run.unchanged + states.count("unchanged"),
        skipped=run.skipped + sum(offer.id in counted for offer in skipped),
        rejected=run.rejected + len({r.offer for r in refused}),
        reasons=running.counted(run.reasons, [(r.field, r.reason) for r in refused]),
        **{of: getattr(run, of) + len(reply.items) - reply.rejected},
    )


async def _upsert(tx: Tx, of: Slice, items: Sequence[Any], book: Book) -> BatchReply:
    if not items:
        return BatchReply([], 0, 0, 0, 0)
    return await (upsert_products if of == "products" else upsert_skus)(tx, items, book=book)


def _rejected(reply: BatchReply, kept: Sequence[Offer]) -> list[Rejected]:
    found = []
    for item in reply.items:
        if item.status == "rejected":
            offer = kept[item.index]
            for error in item.errors[:3]:
                field = error.pointer.strip("/").replace("external_id", "id").removeprefix("properties/")
                value = getattr(offer, field, None) if field.isidentifier() else None
                shown = value if isinstance(value, str) else ""
                found.append(Rejected(offer.line, offer.id[:_SHOWN], field, shown[:_SHOWN], error.message))
    return found


async def _no_old_prices(
    tx: Tx, of: Slice, kept: Sequence[Offer], items: Sequence[Any], results: dict[str, str]
) -> None:
    """What the feed tells a price of and no earlier one costs no less than before: no earlier price is shown."""
    by_name = {item.external_id: offer for item, offer in zip(items, kept, strict=True)}
    fixed = [name for name, o in by_name.items() if o.price and o.old_price is None and results[o.id] != "rejected"]
    changed = await store.clear_old_prices(tx, of, fixed)
    tx.mark_dirty(of, 0, [id_ for id_, _ in changed])
    for _, name in changed:
        if results[by_name[name].id] == "unchanged":
            results[by_name[name].id] = "updated"


# -- from offers to items -------------------------------------------------------------------------------------------


class _Wrong(Exception):
    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, str(value)[:_SHOWN], reason

    def as_rejected(self, offer: Offer) -> Rejected:
        return Rejected(offer.line, offer.id[:_SHOWN], self.field, self.value, self.reason)


def _name(of: Slice, offer: Offer) -> str:
    return offer.id if of == "skus" or offer.group is None else offer.group


def _item(of: Slice, offer: Offer, book: Book, *, ignore_categories: bool) -> ProductIn | SkuIn:
    shared: dict[str, Any] = {
        "external_id": _name(of, offer),
        "name": offer.name,
        "price": offer.price,
        "old_price": offer.old_price,
        "floor": offer.floor,
        "currency": offer.currency,
        "url": offer.url,
        "description": offer.description,
        "tags": offer.tags or None,
        "pictures": offer.pictures or None,
        "available": offer.available,
        "quantity": offer.quantity,
        "properties": _properties(offer, book.fields["product" if of == "products" else "sku"]),
    }
    if of == "skus":
        return SkuIn(product=offer.group, **shared)
    return ProductIn(
        **shared,
        brand=offer.brand,
        category=None if ignore_categories else offer.category,
        image_url=offer.pictures[0] if offer.pictures else None,
        delivery=offer.delivery,
        warranty=offer.warranty,
        expires_on=date.fromisoformat(offer.expires_on) if offer.expires_on else None,
    )


def _properties(offer: Offer, fields: Sequence[TypedField]) -> dict[str, Any] | None:
    if not offer.params:
        return None
    types: Mapping[str, Any] = {field.key: field.type for field in fields}
    found: dict[str, Any] = {}
    for key, text in offer.params.items():
        type_ = types.get(key)
        value = text if type_ is None else as_typed(type_, text)
        if value is None:
            raise _Wrong(key, text, f"{key} must be {must_be(types[key])}")
        found[key] = value
    return found


async def create_fields(tx: Tx, actor: str, entity: FeedEntity, unknown: Sequence[UnknownField]) -> None:
    """Make a typed field for each parameter that has none: texts, which take whatever comes next; lists of several."""
    for of in ("product", "sku") if entity == "products" else ("sku",):
        there = {field.key for field in (await read_book(tx)).fields[of]}
        for item in unknown:
            if item.key in there:
                continue
            try:
                async with tx.savepoint():
                    made = MarketFieldIn(entity=of, key=item.key, type="string", label=item.name[:200])
                    await create_field(tx, Actor.system(actor), made)
            except Problem:  # the key is one of ours, or there are as many fields as there may be: it stays untyped
                continue
