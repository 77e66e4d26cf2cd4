"""Routes of order segments."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia import conditions
from fidelia.access import Actor
from fidelia.conditions import VocabularyInfo
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import OrderSegment
from ..service import segments
from ..vocabulary import vocabulary

Name = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]


class OrderSegmentIn(Body, frozen=True):
    """A named condition over a draft order (subject ``order``, live facts)."""

    database_id: int
    name: Name
    condition: dict[str, Any]
    description: Text = ""


class OrderSegmentPatch(Body, frozen=True):
    """What is to be changed; ``revision`` is the one that was read."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    condition: dict[str, Any] | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class OrderSegments(msgspec.Struct, frozen=True):
    """Order segments by name."""

    items: list[OrderSegment]


class OrderSegmentController(Controller):
    """Order segments: named conditions over an order that is being worked out."""

    path = "/loyalty/order-segments"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="List order segments")
    async def list_segments(
        self,
        tx: Tx,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
    ) -> OrderSegments:
        """Return them with the promotions that use them."""
        return OrderSegments(await segments.every(tx, database))

    @post("/", dto=Strict[OrderSegmentIn], return_dto=None, opt={"right": "loyalty:create"}, summary="Make one")
    async def create(self, tx: Tx, actor: Actor, data: OrderSegmentIn) -> OrderSegment:
        """Store it; 422 with a pointer for each fault of the condition."""
        return await segments.create(tx, actor, data.database_id, data.name, data.description, data.condition)

    @get("/vocabulary", opt={"right": "loyalty:read"}, summary="What conditions of order segments may use")
    async def words(
        self, tx: Tx, database: Annotated[int, QueryParameter(name="database", description="Of which database")]
    ) -> VocabularyInfo:
        """Return fields, links and operators, as the editor of conditions takes them."""
        return conditions.describe(await vocabulary(tx, database), "order")

    @get("/{segment_id:int}", opt={"right": "loyalty:read"}, summary="Read an order segment")
    async def one(self, tx: Tx, segment_id: FromPath[int]) -> OrderSegment:
        """Return it."""
        return await segments.read(tx, segment_id)

    @patch(
        "/{segment_id:int}",
        dto=Strict[OrderSegmentPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change an order segment",
    )
    async def change(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: OrderSegmentPatch) -> OrderSegment:
        """Change it; promotions that use it follow at once."""
        wanted = segments.SegmentChange(**{name: getattr(data, name) for name in data.__struct_fields__})
        return await segments.change(tx, actor, segment_id, wanted)

    @delete("/{segment_id:int}", opt={"right": "loyalty:delete"}, summary="Archive an order segment")
    async def archive(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> None:
        """Archive one that no promotion uses; 409 otherwise."""
        await segments.archive(tx, actor, segment_id)
