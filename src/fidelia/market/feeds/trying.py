"""Looking at the first offers of a feed before it is stored: what they tell, and where that would go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import anyio.to_thread
import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import decrypt_secret
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files

from ..book import read_book
from . import fetching, rules, store
from .model import FeedAddress, FeedName, FeedSource, MarketFeedMapping, MarketFeedPreview, PreviewOffer, RejectedOffer
from .reading import PROPERTY, FeedFormat, FeedProblem, Named, Offer, Setting, detect, names_of, read
from .reading.model import Rejected

SHOWN = 20
LOOKED_AT = 500


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at, and how."""

    source: FeedSource
    secret: str | UnsetType | None = UNSET
    feed_id: int | None = None
    file: str | None = None
    format: FeedFormat | None = None
    mapping: Sequence[MarketFeedMapping] = ()
    currency: str | None = None


async def look(engines: Engines, wish: Look) -> MarketFeedPreview:
    """Return the first offers; nothing is stored, and no transaction waits for the source. Raises 404, 422."""
    secret = None if wish.secret is UNSET else wish.secret
    key = wish.file
    async with engines.tx() as tx:
        fields = (await read_book(tx)).fields
        if wish.feed_id is not None:
            row = await store.find(tx, wish.feed_id)
            key = key or row.file_key
            if wish.secret is UNSET and row.secret is not None and isinstance(wish.source, FeedAddress):
                if not rules.same_door(row.source, wish.source):
                    text = "The source leads to another server now: enter its password or token"
                    raise invalid(FieldError("/secret", text))
                secret = decrypt_secret(tx.engines, row.secret)
    files = Files(engines.files)
    there = key is not None and files.path(key).is_file()
    errors = rules.source_errors(wish.source, has_secret=secret is not None, has_file=there)
    errors += rules.secret_errors(secret) + rules.mapping_errors(wish.mapping)
    if errors:
        raise invalid(*errors)
    known = {field.key for of in ("product", "sku") for field in fields[of]}
    now = engines.clock.now()
    if not isinstance(wish.source, FeedAddress):
        path = files.path(key or "")
        return await anyio.to_thread.run_sync(_seen, path, wish, known, now, path.stat().st_size, True)
    fetched = files.new_key(fetching.AREA)
    try:
        size, whole = await fetching.sample(engines, wish.source, secret, fetched)
        return await anyio.to_thread.run_sync(_seen, files.path(fetched), wish, known, now, size, whole)
    finally:
        await anyio.to_thread.run_sync(files.delete, fetched)


def _seen(path: Path, wish: Look, known: set[str], now: datetime, size: int, whole: bool) -> MarketFeedPreview:
    try:
        format = wish.format or detect(path)
        mapping = rules.as_mapping(wish.mapping)
        setting = Setting(mapping=mapping, currency=wish.currency, now=now)
        offers: list[Offer] = []
        rejected: list[Rejected] = []
        try:
            for batch in read(path, format, setting):
                offers += batch.offers
                rejected += batch.rejected
                if len(offers) + len(rejected) >= LOOKED_AT:
                    break
        except FeedProblem:
            if whole or not offers:  # a beginning ends anywhere
                raise
        names = names_of(path, format, LOOKED_AT, whole=whole)
    except FeedProblem as exc:
        pointer = "/source/url" if isinstance(wish.source, FeedAddress) else "/file"
        raise invalid(FieldError(pointer, exc.detail)) from exc
    return MarketFeedPreview(
        format=format,
        names=[_name(item, mapping, known) for item in names],
        offers=[_offer(offer) for offer in islice(offers, SHOWN)],
        rejected=[RejectedOffer(id=n, **msgspec.structs.asdict(r)) for n, r in enumerate(rejected[:SHOWN], 1)],
        size=size,
        whole=whole,
    )


def _name(item: Named, mapping: Mapping[str, str | None], known: set[str]) -> FeedName:
    field = mapping.get(item.name, item.field)
    if field is not None and field.startswith(PROPERTY):
        key = rules.key_of(field[len(PROPERTY) :])
        return FeedName(
            name=item.name, field=f"{PROPERTY}{key}", known=key in known, examples=item.examples, offers=item.offers
        )
    return FeedName(name=item.name, field=field, known=True, examples=item.examples, offers=item.offers)


def _offer(offer: Offer) -> PreviewOffer:
    return PreviewOffer(
        line=offer.line,
        id=offer.id,
        group=offer.group,
        name=offer.name,
        brand=offer.brand,
        category=offer.category,
        price=offer.price,
        old_price=offer.old_price,
        currency=offer.currency,
        picture=offer.pictures[0] if offer.pictures else None,
        available=offer.available,
        properties={rules.key_of(name): value for name, value in offer.params.items()},
    )
