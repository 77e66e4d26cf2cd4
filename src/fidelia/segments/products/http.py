"""Routes of product segments."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia import conditions
from fidelia.access import Actor
from fidelia.conditions import Condition, VocabularyInfo
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ..http.calculate import soon
from . import asking, lists, recalculate, service, store
from .model import (
    ENTITIES,
    Description,
    Entity,
    Most,
    Name,
    ProductCalculation,
    ProductCard,
    ProductsAdded,
    ProductSchedule,
    ProductSegment,
    ProductSegmentChange,
    ProductSegmentDetail,
    ProductSegmentRun,
    ProductSegmentType,
    ProductsRemoved,
)

_Ids = Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]], msgspec.Meta(max_length=10_000)]
_ExternalIds = Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=10_000)]


class ProductSegmentIn(Body, frozen=True, kw_only=True):
    """A new product segment. What it holds and its type stay as they are chosen here.

    ``limit`` keeps so many at most of what the condition finds.
    """

    entity: Entity
    name: Name
    type: ProductSegmentType
    description: Description = ""
    condition: Condition | None = None
    limit: Most | None = None
    schedule: ProductSchedule | None = None
    active: bool = True


class ProductSegmentPatch(Body, frozen=True, kw_only=True):
    """What is to be changed. ``version``: the one that was read; 409 when somebody has changed it since."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    condition: Condition | UnsetType = UNSET
    limit: Most | UnsetType | None = UNSET
    schedule: ProductSchedule | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    entity: Entity | UnsetType = UNSET
    type: ProductSegmentType | UnsetType = UNSET
    version: int | UnsetType = UNSET


class ProductCalculateIn(Body, frozen=True, kw_only=True):
    """A condition on products to be counted. ``limit`` is the segment's, ``rows`` how many are shown."""

    entity: Entity
    condition: Condition
    limit: Most | None = None
    rows: Annotated[int, msgspec.Meta(ge=0, le=asking.MAX_SHOWN)] = 24
    nodes: bool = False


class ProductsNamed(Body, frozen=True, kw_only=True):
    """Products or SKUs, by their ids or by your own."""

    ids: _Ids = []
    external_ids: _ExternalIds = []


class ProductSegmentController(Controller):
    """Segments of products and SKUs."""

    path = "/market/product-segments"
    tags = ("Product segments",)

    @get("/", opt={"right": "market:read"}, summary="List product segments")
    async def list_segments(
        self,
        tx: Tx,
        page: PageRequest,
        entity: Annotated[str | None, QueryParameter(name="entity", description="product or sku")] = None,
        of_type: Annotated[str | None, QueryParameter(name="type", description="static or updatable")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
    ) -> Page[ProductSegment]:
        """Return a page; sort by name, size, created_at, updated_at or calculated_at."""
        if entity is not None and entity not in ENTITIES:
            raise invalid_field("/entity", f"This must be one of: {', '.join(ENTITIES)}")
        if of_type is not None and of_type not in ("static", "updatable"):
            raise invalid_field("/type", "This must be one of: static, updatable")
        return await store.page(tx, page, entity=entity, type_=of_type, archived=archived)

    @post(
        "/",
        dto=Strict[ProductSegmentIn],
        return_dto=None,
        opt={"right": "market:create"},
        summary="Make a product segment",
    )
    async def create(self, tx: Tx, actor: Actor, data: ProductSegmentIn) -> ProductSegmentDetail:
        """Store a product segment; an updatable one is filled at once by a job."""
        values = {name: getattr(data, name) for name in ProductSegmentIn.__struct_fields__}
        return await service.create(tx, actor, service.Definition(**values))

    @get("/vocabulary", opt={"right": "market:read"}, summary="What conditions on products may use")
    async def vocabulary(
        self, tx: Tx, entity: Annotated[str, QueryParameter(name="entity", description="product or sku")] = "product"
    ) -> VocabularyInfo:
        """Return everything an editor of conditions is drawn from."""
        for known in ENTITIES:
            if entity == known:
                return conditions.describe(await asking.vocabulary(tx, known), known)
        raise invalid_field("/entity", f"This must be one of: {', '.join(ENTITIES)}")

    @post(
        "/calculate",
        dto=Strict[ProductCalculateIn],
        return_dto=None,
        status_code=200,
        opt={"right": "market:read"},
        summary="Count and preview a condition on products that is not saved",
    )
    async def calculate(
        self, request: Request[Any, Any, Any], engines: Engines, data: ProductCalculateIn
    ) -> ProductCalculation:
        """Return how many there are, and the first of them. Every write acknowledged before is seen."""
        work = asking.calculate(
            engines, data.entity, data.condition, limit=data.limit, rows=data.rows, nodes=data.nodes
        )
        return await soon(request, work)

    @get("/{segment_id:int}", opt={"right": "market:read"}, summary="Read a product segment")
    async def one(self, tx: Tx, segment_id: FromPath[int]) -> ProductSegmentDetail:
        """Return a product segment with its rules in words, its users and its runs."""
        return await service.detail(tx, segment_id)

    @patch(
        "/{segment_id:int}",
        dto=Strict[ProductSegmentPatch],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Change a product segment, or switch its schedule on or off",
    )
    async def change(
        self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ProductSegmentPatch
    ) -> ProductSegmentDetail:
        """Change what is given; other rules have the list filled again at once."""
        changes = {
            name: value
            for name in ProductSegmentPatch.__struct_fields__
            if name != "version" and (value := getattr(data, name)) is not UNSET
        }
        version = None if data.version is UNSET else data.version
        return await service.change(tx, actor, segment_id, changes, version)

    @delete("/{segment_id:int}", opt={"right": "market:delete"}, summary="Archive a product segment")
    async def archive(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> None:
        """Take a product segment out of use; refused while something uses it."""
        await service.archive(tx, actor, segment_id)

    @post(
        "/{segment_id:int}/restore",
        status_code=200,
        opt={"right": "market:delete"},
        summary="Bring an archived product segment back",
    )
    async def restore(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> ProductSegmentDetail:
        """Restore a product segment with its list."""
        return await service.restore(tx, actor, segment_id)

    @post(
        "/{segment_id:int}/recalculate",
        status_code=202,
        opt={"right": "market:update"},
        summary="Fill an updatable product segment again",
    )
    async def recalculate(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> JobReply:
        """Return the job; while one is at work, that one."""
        return JobReply(await recalculate.recalculate(tx, actor, segment_id))

    @post("/{segment_id:int}/cancel", status_code=200, opt={"right": "market:update"}, summary="Stop a filling")
    async def cancel(self, tx: Tx, segment_id: FromPath[int]) -> ProductSegmentRun:
        """Return the run; the list stays as it was."""
        return await recalculate.cancel(tx, segment_id)

    @get("/{segment_id:int}/members", opt={"right": "market:read"}, summary="List what is in a product segment")
    async def members(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[ProductCard]:
        """Return a page of the list; ``q`` searches name, external id and brand."""
        return await lists.page(tx, segment_id, page)

    @post(
        "/{segment_id:int}/members/add",
        dto=Strict[ProductsNamed],
        return_dto=None,
        status_code=200,
        opt={"right": "market:update"},
        summary="Put products on a static list",
    )
    async def add(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ProductsNamed) -> ProductsAdded:
        """Add products or SKUs; those that do not exist are named in the answer."""
        return await lists.add(tx, actor, segment_id, data.ids, data.external_ids)

    @post(
        "/{segment_id:int}/members/remove",
        dto=Strict[ProductsNamed],
        return_dto=None,
        status_code=200,
        opt={"right": "market:update"},
        summary="Take products off a static list",
    )
    async def remove(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ProductsNamed) -> ProductsRemoved:
        """Remove products or SKUs."""
        return await lists.remove(tx, actor, segment_id, data.ids, data.external_ids)

    @post(
        "/{segment_id:int}/members/clear",
        status_code=200,
        opt={"right": "market:update"},
        summary="Empty a static list",
    )
    async def clear(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> ProductsRemoved:
        """Remove everything."""
        return await lists.clear(tx, actor, segment_id)

    @get("/{segment_id:int}/runs", opt={"right": "market:read"}, summary="List the fillings of a product segment")
    async def runs(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[ProductSegmentRun]:
        """Return a page of fillings, the newest first."""
        await store.find(tx, segment_id)
        return await store.RUNS.page(tx, segment_id, page)

    @get("/{segment_id:int}/log", opt={"right": "market:read"}, summary="List the changes of a static list")
    async def log(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[ProductSegmentChange]:
        """Return a page of changes by hand and API, the newest first."""
        await store.find(tx, segment_id)
        return await store.changes(tx, segment_id, page)

    @get(
        "/{segment_id:int}/export.csv",
        opt={"right": "market:read"},
        media_type="text/csv",
        summary="Download what is in a product segment",
    )
    async def export(self, tx: Tx, engines: Engines, segment_id: FromPath[int]) -> Stream:
        """Return a CSV of the list."""
        segment = await store.find(tx, segment_id)
        found = await store.members(tx, segment_id)
        return csv_file(f"product-segment-{segment_id}.csv", lists.export(engines, segment.entity, found))
