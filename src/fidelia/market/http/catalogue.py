"""Routes of products and categories."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import BatchReply, CategoryIn, CategoryOut, ProductIn, ProductOut, ProductPatch
from ..service import catalogue as service
from ..store import products as store

MAX_ITEMS = 10_000


class ProductBatch(Body, frozen=True):
    """Products to create or change by ``external_id``."""

    items: Annotated[list[ProductIn], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


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
    async def upsert(self, tx: Tx, data: ProductBatch) -> BatchReply:
        """Create and change products by the caller's ids; one result per item."""
        return await service.upsert_products(tx, data.items)

    @get("/figures", opt={"right": "market:read"}, summary="Count products and name the brands")
    async def figures(self, tx: Tx) -> CatalogueFigures:
        """Return the number of products and the brands that occur."""
        return CatalogueFigures(await store.count_products(tx), await store.brands(tx))

    @get("/{product_id:int}", opt={"right": "market:read"}, summary="Read a product")
    async def one(self, tx: Tx, product_id: FromPath[int]) -> ProductOut:
        """Return one product."""
        return await store.product_by_id(tx, product_id)

    @patch(
        "/{product_id:int}",
        dto=Strict[ProductPatch],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Change a product",
    )
    async def change(self, tx: Tx, actor: Actor, product_id: FromPath[int], data: ProductPatch) -> ProductOut:
        """Change what is given; null clears."""
        return await service.patch_product(tx, actor, product_id, data)

    @delete("/{product_id:int}", status_code=200, opt={"right": "market:delete"}, summary="Archive a product")
    async def archive(self, tx: Tx, actor: Actor, product_id: FromPath[int]) -> ProductOut:
        """Archive a product: orders keep naming it, lists no longer show it."""
        return await service.patch_product(tx, actor, product_id, ProductPatch(status="archived"))


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
