"""Routes of products and categories."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import (
    BatchReply,
    CategoryIn,
    CategoryOut,
    MarketFieldIn,
    Mode,
    ProductDetail,
    ProductIn,
    ProductOut,
    ProductPatch,
    RelationIn,
    RelationOut,
    SkuIn,
    SkuOut,
    SkuPatch,
)
from ..service import catalogue as service
from ..service.setup import ensure_fields
from ..service.skus import archive_sku, patch_sku, upsert_skus
from ..store import products as store
from ..store import shelf

MAX_ITEMS = 10_000


class ProductBatch(Body, frozen=True):
    """Products to create or change by ``external_id``, then SKUs of them.

    ``mode`` takes all, only new ones (``add``) or only known ones (``update``). ``custom_fields`` are made first
    unless they are there.
    """

    items: Annotated[list[ProductIn], msgspec.Meta(max_length=MAX_ITEMS)]
    skus: Annotated[list[SkuIn], msgspec.Meta(max_length=MAX_ITEMS)] = []
    mode: Mode = "upsert"
    custom_fields: Annotated[list[MarketFieldIn], msgspec.Meta(max_length=200)] = []


class ProductReply(BatchReply, frozen=True):
    """The results of a batch of products; ``skus`` those of the SKUs that came with them."""

    skus: BatchReply | None


class SkuBatch(Body, frozen=True):
    """SKUs to create or change by ``external_id``; see products for ``mode`` and ``custom_fields``."""

    items: Annotated[list[SkuIn], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    mode: Mode = "upsert"
    custom_fields: Annotated[list[MarketFieldIn], msgspec.Meta(max_length=200)] = []


class RelationSet(Body, frozen=True):
    """All the products that go with one; what is not in it goes with it no more."""

    items: Annotated[list[RelationIn], msgspec.Meta(max_length=500)]


class RelationList(msgspec.Struct, frozen=True):
    """The products that go with one."""

    items: list[RelationOut]


class CategoryBatch(Body, frozen=True):
    """Categories to create or change by ``external_id``; parents may stand in the same batch."""

    items: Annotated[list[CategoryIn], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class CategoryList(msgspec.Struct, frozen=True):
    """Every category, in the order of the tree."""

    items: list[CategoryOut]


class CatalogueFigures(msgspec.Struct, frozen=True):
    """What a list of products is filtered by."""

    products: int
    brands: list[str]


class ProductController(Controller):
    """The catalogue."""

    path = "/market/products"
    tags = ("Market",)

    @get("/", opt={"right": "market:read"}, summary="List products")
    async def list_products(
        self,
        tx: Tx,
        page: PageRequest,
        category: Annotated[
            str | None, QueryParameter(name="category", description="Category and all below it")
        ] = None,
        status: Annotated[str | None, QueryParameter(name="status", description="active, archived or stub")] = None,
    ) -> Page[ProductOut]:
        """Return a page of products; archived ones only when asked for."""
        return await store.product_page(tx, page, category=category, status=status)

    @post(
        "/",
        dto=Strict[ProductBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Create or change products",
    )
    async def upsert(self, tx: Tx, actor: Actor, data: ProductBatch) -> ProductReply:
        """Create and change products and their SKUs by the caller's ids; one result per item."""
        if not data.items and not data.skus:
            raise invalid_field("/items", "Give products or SKUs")
        await _fields(tx, actor, data.custom_fields)
        products = await service.upsert_products(tx, data.items, mode=data.mode)
        skus = await upsert_skus(tx, data.skus, mode=data.mode) if data.skus else None
        return ProductReply(**msgspec.structs.asdict(products), skus=skus)

    @get("/figures", opt={"right": "market:read"}, summary="Count products and name the brands")
    async def figures(self, tx: Tx) -> CatalogueFigures:
        """Return the number of products and the brands that occur."""
        return CatalogueFigures(await store.count_products(tx), await store.brands(tx))

    @get("/{product_id:int}", opt={"right": "market:read"}, summary="Read a product")
    async def one(self, tx: Tx, product_id: FromPath[int]) -> ProductDetail:
        """Return one product with its SKUs, its offers by region and its relations."""
        return await shelf.product_detail(tx, product_id)

    @put(
        "/{product_id:int}/relations",
        dto=Strict[RelationSet],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Say what goes with a product",
    )
    async def relate(self, tx: Tx, actor: Actor, product_id: FromPath[int], data: RelationSet) -> RelationList:
        """Replace the products that go with one: similar, accessories and so on."""
        return RelationList(await service.relate(tx, actor, product_id, data.items))

    @patch(
        "/{product_id:int}",
        dto=Strict[ProductPatch],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Change a product",
    )
    async def change(self, tx: Tx, actor: Actor, product_id: FromPath[int], data: ProductPatch) -> ProductDetail:
        """Change what is given; null clears."""
        return await service.patch_product(tx, actor, product_id, data)

    @delete("/{product_id:int}", status_code=200, opt={"right": "market:delete"}, summary="Archive a product")
    async def archive(self, tx: Tx, actor: Actor, product_id: FromPath[int]) -> ProductDetail:
        """Archive a product: orders keep naming it, lists no longer show it."""
        return await service.patch_product(tx, actor, product_id, ProductPatch(status="archived"))


async def _fields(tx: Tx, actor: Actor, fields: list[MarketFieldIn]) -> None:
    if fields:
        actor.require("market:update")
        await ensure_fields(tx, actor, fields)


class SkuController(Controller):
    """Variants of products."""

    path = "/market/skus"
    tags = ("Market",)

    @get("/", opt={"right": "market:read"}, summary="List SKUs")
    async def list_skus(
        self,
        tx: Tx,
        page: PageRequest,
        product: Annotated[int | None, QueryParameter(name="product", description="Only this product's")] = None,
        status: Annotated[str | None, QueryParameter(name="status", description="active, archived or stub")] = None,
    ) -> Page[SkuOut]:
        """Return a page of SKUs; archived ones only when asked for."""
        return await shelf.sku_page(tx, page, product_id=product, status=status)

    @post(
        "/",
        dto=Strict[SkuBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Create or change SKUs",
    )
    async def upsert(self, tx: Tx, actor: Actor, data: SkuBatch) -> BatchReply:
        """Create and change SKUs by the caller's ids; one result per item."""
        await _fields(tx, actor, data.custom_fields)
        return await upsert_skus(tx, data.items, mode=data.mode)

    @get("/{sku_id:int}", opt={"right": "market:read"}, summary="Read a SKU")
    async def one(self, tx: Tx, sku_id: FromPath[int]) -> SkuOut:
        """Return one SKU."""
        return await shelf.sku_by_id(tx, sku_id)

    @patch(
        "/{sku_id:int}", dto=Strict[SkuPatch], return_dto=None, opt={"right": "market:update"}, summary="Change a SKU"
    )
    async def change(self, tx: Tx, actor: Actor, sku_id: FromPath[int], data: SkuPatch) -> SkuOut:
        """Change what is given; null clears, and the SKU has it from its product then."""
        return await patch_sku(tx, actor, sku_id, data)

    @delete("/{sku_id:int}", status_code=200, opt={"right": "market:delete"}, summary="Archive a SKU")
    async def archive(self, tx: Tx, actor: Actor, sku_id: FromPath[int]) -> SkuOut:
        """Archive a SKU: orders keep naming it, lists no longer show it."""
        return await archive_sku(tx, actor, sku_id)


class CategoryController(Controller):
    """The category tree."""

    path = "/market/categories"
    tags = ("Market",)

    @get("/", opt={"right": "market:read"}, summary="List categories")
    async def list_categories(self, tx: Tx) -> CategoryList:
        """Return the whole tree."""
        return CategoryList(await store.categories(tx))

    @post(
        "/",
        dto=Strict[CategoryBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Create or change categories",
    )
    async def upsert(self, tx: Tx, actor: Actor, data: CategoryBatch) -> CategoryList:
        """Create and change categories by the caller's ids."""
        return CategoryList(await service.upsert_categories(tx, actor, data.items))
