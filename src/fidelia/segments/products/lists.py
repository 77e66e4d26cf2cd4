"""What is on a list: shown, changed by hand and API, exported, and given to who asks whether products are on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from . import store
from .model import Entity, ProductCard, ProductsAdded, ProductSegment, ProductsRemoved
from .ports import CATALOGUE, Catalogue
from .recalculate import source_of
from .service import refuse_archived

_KEPT = "segments.product_lists"
_AT_ONCE = 2_000
_MOST_UNKNOWN = 100
_AUDITED = {
    "add": "product_segment.members_add",
    "remove": "product_segment.members_remove",
    "clear": "product_segment.members_clear",
}
HEADER = ("id", "external_id", "name", "brand", "category", "price", "currency", "status", "image_url")


async def add(tx: Tx, actor: Actor, segment_id: int, ids: Sequence[int], external_ids: Sequence[str]) -> ProductsAdded:
    """Put products on a static list, by ids or external ids. Raises 404; 409 for a list that rules fill."""
    segment = await _static(tx, segment_id)
    catalogue: Catalogue = tx.engines.port(CATALOGUE)
    asked = BitMap(ids)
    there = await catalogue.present(tx, segment.entity, asked)
    named = await catalogue.ids_of(tx, segment.entity, external_ids)
    unknown = [str(id_) for id_ in asked - there] + [key for key in external_ids if key not in named]
    wanted = there | BitMap(named.values())
    before = await store.members(tx, segment_id)
    new = wanted - before
    await _put(tx, actor, segment, before | new, "add", entered=len(new))
    return ProductsAdded(len(new), len(wanted) - len(new), unknown[:_MOST_UNKNOWN], len(before) + len(new))


async def remove(
    tx: Tx, actor: Actor, segment_id: int, ids: Sequence[int], external_ids: Sequence[str]
) -> ProductsRemoved:
    """Take products off a static list. Raises 404; 409 for a list that rules fill."""
    segment = await _static(tx, segment_id)
    catalogue: Catalogue = tx.engines.port(CATALOGUE)
    named = BitMap((await catalogue.ids_of(tx, segment.entity, external_ids)).values())
    before = await store.members(tx, segment_id)
    gone = (BitMap(ids) | named) & before
    await _put(tx, actor, segment, before - gone, "remove", left=len(gone))
    asked = len(set(ids)) + len(set(external_ids))
    return ProductsRemoved(len(gone), max(asked - len(gone), 0), len(before) - len(gone))


async def clear(tx: Tx, actor: Actor, segment_id: int) -> ProductsRemoved:
    """Empty a static list. Raises 404, 409."""
    segment = await _static(tx, segment_id)
    before = await store.members(tx, segment_id)
    await _put(tx, actor, segment, BitMap(), "clear", left=len(before))
    return ProductsRemoved(len(before), 0, 0)


async def _static(tx: Tx, segment_id: int) -> ProductSegment:
    segment = await store.find(tx, segment_id, lock=True)
    refuse_archived(segment)
    if segment.type != "static":
        raise conflict(f"The list of {segment.name} is filled by its rules and cannot be changed by hand")
    return segment


async def _put(
    tx: Tx, actor: Actor, segment: ProductSegment, found: BitMap, action: str, *, entered: int = 0, left: int = 0
) -> None:
    if not entered and not left:
        return
    await store.replace(tx, segment.id, found)
    await store.update(tx, segment.id, {"size": len(found), "calculated_at": tx.now})
    await store.note(
        tx,
        segment.id,
        action=action,
        source=source_of(actor),
        actor=actor.name,
        entered=entered,
        left_count=left,
        size=len(found),
    )
    after = {"entered": entered, "left": left, "size": len(found)}
    await audit(
        tx, actor, _AUDITED[action], kind="product_segment", object_id=segment.id, name=segment.name, after=after
    )


async def page(tx: Tx, segment_id: int, request: PageRequest) -> Page[ProductCard]:
    """Return a page of a list by id; ``q`` searches name, external id and brand. Raises 404."""
    segment = await store.find(tx, segment_id)
    catalogue: Catalogue = tx.engines.port(CATALOGUE)
    found = await store.members(tx, segment_id)
    if request.q:
        found = await catalogue.search(tx, segment.entity, found, request.q)
    total = len(found)
    edge = cursor_id(request)
    if edge is not None:
        found.remove_range(0, min(edge, 2**32 - 1) + 1)
    ids = list(found[: request.limit])
    cards = await catalogue.cards(tx, segment.entity, ids)
    return Page(cards, encode_cursor([ids[-1]]) if len(found) > len(ids) else None, total)


async def export(engines: Engines, entity: Entity, found: BitMap) -> AsyncIterator[bytes]:
    """Yield a list as CSV, some products at a time, each in a transaction of its own."""
    yield b"\xef\xbb\xbf" + profiles.files.csv_line(HEADER).encode()
    for start in range(0, len(found), _AT_ONCE):
        async with engines.tx() as tx:
            catalogue: Catalogue = tx.engines.port(CATALOGUE)
            cards = await catalogue.cards(tx, entity, list(found[start : start + _AT_ONCE]))
        yield "".join(profiles.files.csv_line([getattr(card, name) for name in HEADER]) for card in cards).encode()


async def product_lists(tx: Tx, numbers: Collection[int]) -> dict[int, BitMap]:
    """Return the lists that conditions name (``Checked.references.members``), by the same numbers.

    For what asks often: a process keeps lists it has read, and reads only those again whose version has changed. The
    bitmaps must not be changed. What no longer exists is empty.
    """
    kept: dict[int, tuple[int, BitMap]] = tx.engines.ports.setdefault(_KEPT, {})
    wanted = {store.segment_of(number): number for number in numbers}
    if not wanted:
        return {}
    versions = await store.versions(tx, wanted)
    stale = [id_ for id_, version in versions.items() if kept.get(id_, (None,))[0] != version]
    for id_, members in (await store.lists(tx, stale)).items() if stale else ():
        kept[id_] = versions[id_], members
    return {number: kept[id_][1] if id_ in versions else BitMap() for id_, number in wanted.items()}
