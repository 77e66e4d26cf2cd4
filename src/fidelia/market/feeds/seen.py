"""What is known of a file once it has been read: its tree, its parameters, how many offers were refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from fidelia.platform.postgres import Tx

from ..book import read_book
from ..model import CategoryIn
from .model import FeedEntity, UnknownField
from .reading import Batch, FeedCategory, FeedFormat, Offer
from .reading.model import Rejected
from .rules import key_of, type_of

MAX_DEPTH = 20
MAX_UNKNOWN = 500
_EXAMPLES = 3
_LOOKED_AT = 200
_MAX_NAME = 300


class _Param(msgspec.Struct):
    name: str
    offers: int
    values: list[str]


class Seen:
    """Gathers from batch to batch."""

    def __init__(self) -> None:
        self.offers = 0
        self.rejected = 0
        self.reasons: Counter[tuple[str, str]] = Counter()
        self._categories: dict[str, FeedCategory] = {}
        self._paths: set[str] = set()
        self._params: dict[str, _Param] = {}
        self._faults: list[Rejected] = []

    def add(self, batch: Batch, format: FeedFormat) -> None:
        """Take a batch in; parameters of its offers get the keys they are kept under."""
        self.offers += len(batch.offers)
        self.rejected += len(batch.rejected)
        self.reasons.update((r.field, r.reason) for r in batch.rejected)
        for category in batch.categories:
            self._category(category)
        for offer in batch.offers:
            if offer.category and format != "yml":
                offer.category = self._path(offer.category)
            if offer.params:
                offer.params = self._keyed(offer)

    def _keyed(self, offer: Offer) -> dict[str, str | list[str]]:
        kept: dict[str, str | list[str]] = {}
        for name, value in offer.params.items():
            key = key_of(name)
            kept[key] = value
            known = self._params.get(key)
            if known is None:
                if len(self._params) >= MAX_UNKNOWN:
                    continue
                known = self._params[key] = _Param(name, 0, [])
            known.offers += 1
            if len(known.values) < _LOOKED_AT and not (isinstance(value, str) and value in known.values[:_EXAMPLES]):
                known.values += value if isinstance(value, list) else [value]
        return kept

    # -- the tree -----------------------------------------------------------------------------------------------------

    def _category(self, category: FeedCategory) -> None:
        if not category.id or len(category.id) > _MAX_NAME:
            self._fault(category, category.id, "A category needs an id of 1 to 300 characters")
        elif category.id in self._categories:
            line = self._categories[category.id].line
            self._fault(category, category.id, f"Line {line:,} has a category of the same id; that one counts")
        else:
            self._categories[category.id] = category

    def _path(self, path: str) -> str:
        """Note the categories of a path with `` > `` between its names; return the key of the last one."""
        names = path.split(" > ")[:MAX_DEPTH]
        key = " > ".join(names)[:_MAX_NAME].rstrip(" >")
        self._paths.add(key)
        return key

    def _fault(self, category: FeedCategory, value: str, reason: str) -> None:
        self._faults.append(Rejected(category.line, f"category {category.id}"[:200], "category", value[:200], reason))

    def wrong_categories(self) -> list[Rejected]:
        """Return what is wrong with categories; they are put where they can stand."""
        for category in self._categories.values():
            if category.parent is not None and category.parent not in self._categories:
                self._fault(category, category.parent, "There is no such category above; this one stands at the top")
            elif self._circle(category):
                self._fault(
                    category, category.parent or "", "It would stand below itself, or too deep: it stands at the top"
                )
        return self._faults

    def _circle(self, category: FeedCategory) -> bool:
        at: FeedCategory | None = category
        for _ in range(MAX_DEPTH):
            at = self._categories.get(at.parent) if at is not None and at.parent is not None else None
            if at is None:
                return False
        return True

    def tree(self) -> list[CategoryIn]:
        """Return the categories as they can be stored."""
        found = []
        for category in self._categories.values():
            there = category.parent in self._categories and not self._circle(category)
            found.append(
                CategoryIn(
                    external_id=category.id,
                    name=category.name or category.id,
                    parent=category.parent if there else None,
                )
            )
        known = set(self._categories)
        for path in sorted(self._paths):
            names = path.split(" > ")
            for depth in range(1, len(names) + 1):
                key = " > ".join(names[:depth])
                if key not in known:
                    known.add(key)
                    above = " > ".join(names[: depth - 1]) or None
                    found.append(CategoryIn(external_id=key, name=names[depth - 1], parent=above))
        return found

    # -- parameters ---------------------------------------------------------------------------------------------------

    async def unknown(self, tx: Tx, entity: FeedEntity) -> list[UnknownField]:
        """Return the parameters that no typed field is there for, the most frequent first."""
        return await unknown_fields(tx, entity, self.params())

    def params(self) -> list[UnknownField]:
        """Return every parameter that offers have."""
        return [
            UnknownField(
                key=key,
                name=p.name,
                type=type_of(p.values),
                examples=list(dict.fromkeys(p.values))[:_EXAMPLES],
                offers=p.offers,
            )
            for key, p in self._params.items()
        ]


async def unknown_fields(tx: Tx, entity: FeedEntity, found: Iterable[UnknownField]) -> list[UnknownField]:
    """Leave out what a typed field is there for; the most frequent come first."""
    fields = (await read_book(tx)).fields
    of = (fields["product"], fields["sku"]) if entity == "products" else (fields["sku"],)
    known = {field.key for some in of for field in some}
    return sorted((p for p in found if p.key not in known), key=lambda p: (-p.offers, p.key))
