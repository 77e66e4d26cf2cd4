"""What product segments need of capabilities beside and above: the products themselves, and who uses a segment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol

from pyroaring import BitMap

from fidelia.conditions import Vocabulary
from fidelia.platform.postgres import Tx

from .model import Entity, ProductCard, ProductSegment

#: Knows the products and SKUs of the catalogue.
CATALOGUE = "segments.catalogue"
#: Gives what conditions on products may speak of.
PRODUCT_VOCABULARY = "segments.product_vocabulary"
#: Answers who uses a product segment, such as ``"promotion Coffee week"``; a list that capabilities above add to.
PRODUCTS_USED_BY = "segments.products_used_by"

ProductsUsedBy = Callable[[Tx, ProductSegment], Awaitable[Iterable[str]]]
ProductVocabulary = Callable[[Tx], Awaitable[Vocabulary]]


class Catalogue(Protocol):
    """The products and SKUs there are."""

    async def cards(self, tx: Tx, entity: Entity, ids: Sequence[int]) -> list[ProductCard]:
        """Return some by their ids, in this order; what is gone is left out."""
        ...

    async def ids_of(self, tx: Tx, entity: Entity, external_ids: Collection[str]) -> dict[str, int]:
        """Return the ids behind external ids; what does not exist is left out."""
        ...

    async def present(self, tx: Tx, entity: Entity, ids: BitMap) -> BitMap:
        """Return those of these ids that exist."""
        ...

    async def search(self, tx: Tx, entity: Entity, ids: BitMap, q: str) -> BitMap:
        """Return those of these ids whose name, external id or brand contains a text."""
        ...
