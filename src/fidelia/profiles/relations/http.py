"""Routes of relations."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from ..service.profiles import get_profile
from . import service
from .model import RelatedProfile, Relation, RelationsIn, RelationsOut, RelationType, RelationTypeIn, RelationTypePatch

_Database = Annotated[int | None, QueryParameter(name="database", description="Only types this database takes part in")]
_A = Annotated[int | None, QueryParameter(name="a", description="Only of this person on side a")]
_B = Annotated[int | None, QueryParameter(name="b", description="Only of this person on side b")]
_writes = partial(post, dto=Strict[RelationsIn], return_dto=None, status_code=200, opt={"right": "profiles:update"})
_Confirm = Annotated[str, QueryParameter(name="confirm", description="The type's name")]


class RelationController(Controller):
    """Types of relations, and who is related to whom."""

    path = "/relations"
    tags = ("Relations",)

    @get("/", opt={"right": "profiles:read"}, summary="List the types of relations")
    async def list_relation_types(self, tx: Tx, database: _Database = None) -> Page[RelationType]:
        """Return every type with how many relations it has."""
        return await service.list_types(tx, database)

    @post(
        "/",
        dto=Strict[RelationTypeIn],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Make a type of relation",
    )
    async def create_relation_type(self, tx: Tx, actor: Actor, data: RelationTypeIn) -> RelationType:
        """Make a type; 409 when the name is taken."""
        return await service.create_type(tx, actor, data)

    @get("/{type_id:int}", opt={"right": "profiles:read"}, summary="Read a type of relation")
    async def get_relation_type(self, tx: Tx, type_id: FromPath[int]) -> RelationType:
        """Return a type."""
        return await service.get_type(tx, type_id)

    @patch(
        "/{type_id:int}",
        dto=Strict[RelationTypePatch],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Change a type of relation",
    )
    async def change_relation_type(
        self, tx: Tx, actor: Actor, type_id: FromPath[int], data: RelationTypePatch
    ) -> RelationType:
        """Change labels, description and properties; values of properties that go are lost."""
        return await service.change_type(tx, actor, type_id, data)

    @delete(
        "/{type_id:int}",
        opt={"right": "databases:delete"},
        status_code=204,
        summary="Delete a type with its relations",
    )
    async def delete_relation_type(self, tx: Tx, actor: Actor, type_id: FromPath[int], confirm: _Confirm = "") -> None:
        """Delete a type with all its relations."""
        await service.delete_type(tx, actor, type_id, confirm)

    @get("/{type_id:int}/links", opt={"right": "profiles:read"}, summary="Who is related to whom")
    async def list_relations(
        self, tx: Tx, page: PageRequest, type_id: FromPath[int], a: _A = None, b: _B = None
    ) -> Page[Relation]:
        """Return a page of relations, of one person on either side if given."""
        return await service.page_of(tx, type_id, page, a=a, b=b)

    @get("/{type_id:int}/links/{a:int}/{b:int}", opt={"right": "profiles:read"}, summary="The relation of two people")
    async def get_relation(self, tx: Tx, type_id: FromPath[int], a: FromPath[int], b: FromPath[int]) -> Relation:
        """Return a relation with its properties."""
        return await service.get_relation(tx, type_id, a, b)

    @_writes("/{type_id:int}/attach", summary="Relate people")
    async def attach(self, tx: Tx, actor: Actor, type_id: FromPath[int], data: RelationsIn) -> RelationsOut:
        """Relate people; where they are already, the given properties are set and the others stay."""
        return await service.write(tx, actor, type_id, "attach", data.items)

    @_writes("/{type_id:int}/detach", summary="End relations")
    async def detach(self, tx: Tx, actor: Actor, type_id: FromPath[int], data: RelationsIn) -> RelationsOut:
        """End relations."""
        return await service.write(tx, actor, type_id, "detach", data.items)

    @_writes("/{type_id:int}/modify", summary="Increment properties of relations")
    async def modify(self, tx: Tx, actor: Actor, type_id: FromPath[int], data: RelationsIn) -> RelationsOut:
        """Add to numbers; a negative step takes away."""
        return await service.write(tx, actor, type_id, "modify", data.items)

    @_writes("/{type_id:int}/overwrite", summary="Replace properties of relations")
    async def overwrite(self, tx: Tx, actor: Actor, type_id: FromPath[int], data: RelationsIn) -> RelationsOut:
        """Put the given properties in place of all that there are."""
        return await service.write(tx, actor, type_id, "overwrite", data.items)


class RelatedController(Controller):
    """Relations from the side of a person or a database."""

    path = "/databases/{database_id:int}"
    tags = ("Relations",)

    @get("/relations", opt={"right": "profiles:read"}, summary="Types of relations of a database")
    async def list_database_relations(self, tx: Tx, database_id: FromPath[int]) -> Page[RelationType]:
        """Return the types that a database takes part in."""
        return await service.list_types(tx, database_id)

    @get("/profiles/{profile_id:int}/relations", opt={"right": "profiles:read"}, summary="Whom a person is related to")
    async def list_related(self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]) -> Page[RelatedProfile]:
        """Return up to 200 relations, the latest first."""
        found = await get_profile(tx, database_id, profile_id)
        return await service.of_profile(tx, database_id, found["id"])
