"""Routes of pools of promo codes: make, change, archive, copy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import CodeExpiry, CodeField, PoolKind, Way
from ..service import pools
from ..service.checks import LIMIT, Settings
from ..service.pools import PromoPoolOut

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
ShortName = Annotated[str, msgspec.Meta(max_length=40, description="What templates use: loyalty.codes.<short_name>")]
Pattern = Annotated[
    str, msgspec.Meta(max_length=200, description="# is a digit, @ a letter, * either: SPRING-####-@@@@")
]
Url = Annotated[str, msgspec.Meta(max_length=2000)]
Fields = Annotated[tuple[CodeField, ...], msgspec.Meta(max_length=100)]
Uses = Annotated[int, msgspec.Meta(description="Of one code; null for any number")]


class PromoPoolIn(Body, frozen=True):
    """A new pool. Its database, kind and way stay as they are chosen here.

    ``max_uses`` counts uses of one code; a personal one has 1 if nothing is said, a universal one any number.
    """

    database_id: int
    name: Short
    short_name: ShortName
    kind: PoolKind = "personal"
    way: Way = "template"
    description: Text = ""
    pattern: Pattern | None = None
    remote_url: Url | None = None
    remote_headers: dict[str, str] | None = None
    remote_batch: int = 1000
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    expiry: CodeExpiry = CodeExpiry()
    max_uses: Uses | UnsetType | None = UNSET
    max_uses_per_person: Uses | None = 1
    code_limit: int = LIMIT
    warn_below: int = 0
    scenarios_create: bool = False
    mailings_create: bool = False
    fields: Fields = ()


class PromoPoolPatch(Body, frozen=True):
    """What is to be changed; ``version`` is the one that was read, to notice somebody else's change.

    A header whose value is null keeps the one that is stored.
    """

    name: Short | UnsetType = UNSET
    short_name: ShortName | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    kind: PoolKind | UnsetType = UNSET
    way: Way | UnsetType = UNSET
    pattern: Pattern | UnsetType | None = UNSET
    remote_url: Url | UnsetType | None = UNSET
    remote_headers: dict[str, str | None] | UnsetType = UNSET
    remote_batch: int | UnsetType = UNSET
    valid_from: datetime | UnsetType | None = UNSET
    valid_until: datetime | UnsetType | None = UNSET
    expiry: CodeExpiry | UnsetType = UNSET
    max_uses: Uses | UnsetType | None = UNSET
    max_uses_per_person: Uses | UnsetType | None = UNSET
    code_limit: int | UnsetType = UNSET
    warn_below: int | UnsetType = UNSET
    scenarios_create: bool | UnsetType = UNSET
    mailings_create: bool | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    version: int | UnsetType = UNSET


class PromoPoolClone(Body, frozen=True):
    """The copy's names; without them they are made up."""

    name: Short | None = None
    short_name: ShortName | None = None


class PoolController(Controller):
    """Pools of promo codes: how codes are made, for how long, and who may use them how often."""

    path = "/promo-codes/pools"
    tags = ("Promo codes",)

    @get("/", opt={"right": "loyalty:read"}, summary="List pools")
    async def list_pools(
        self,
        tx: Tx,
        page: PageRequest,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
    ) -> Page[PromoPoolOut]:
        """Return a page; sort by name, short_name, valid_until, created_at, updated_at or id."""
        return await pools.page(tx, page, database_id=database, archived=archived)

    @post("/", dto=Strict[PromoPoolIn], return_dto=None, opt={"right": "loyalty:create"}, summary="Make a pool")
    async def create(self, tx: Tx, actor: Actor, data: PromoPoolIn) -> PromoPoolOut:
        """Store a pool; it has no codes yet."""
        values = {name: getattr(data, name) for name in Settings.__struct_fields__}
        if data.max_uses is UNSET:
            values["max_uses"] = 1 if data.kind == "personal" else None
        return await pools.create(tx, actor, data.database_id, Settings(**values))

    @get("/{pool_id:int}", opt={"right": "loyalty:read"}, summary="Read a pool")
    async def one(self, tx: Tx, pool_id: FromPath[int]) -> PromoPoolOut:
        """Return a pool with its figures."""
        return await pools.read(tx, pool_id)

    @patch(
        "/{pool_id:int}",
        dto=Strict[PromoPoolPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change a pool",
    )
    async def change(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: PromoPoolPatch) -> PromoPoolOut:
        """Change what is given. Codes that people have keep their expiry."""
        names = [name for name in PromoPoolPatch.__struct_fields__ if name != "version"]
        given: dict[str, Any] = {name: value for name in names if (value := getattr(data, name)) is not UNSET}
        return await pools.change(tx, actor, pool_id, given, data.version)

    @delete("/{pool_id:int}", status_code=204, opt={"right": "loyalty:delete"}, summary="Archive a pool")
    async def archive(self, tx: Tx, actor: Actor, pool_id: FromPath[int]) -> None:
        """Put a pool away; none of its codes can be used meanwhile. 409 while codes are being made."""
        await pools.archive(tx, actor, pool_id)

    @post(
        "/{pool_id:int}/restore",
        status_code=200,
        opt={"right": "loyalty:delete"},
        summary="Bring an archived pool back",
    )
    async def restore(self, tx: Tx, actor: Actor, pool_id: FromPath[int]) -> PromoPoolOut:
        """Bring a pool back as it was."""
        return await pools.restore(tx, actor, pool_id)

    @post(
        "/{pool_id:int}/clone",
        dto=Strict[PromoPoolClone],
        return_dto=None,
        opt={"right": "loyalty:create"},
        summary="Copy a pool's settings",
    )
    async def clone(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: PromoPoolClone) -> PromoPoolOut:
        """Copy the settings, without the codes; headers of a service have to be entered again."""
        return await pools.clone(tx, actor, pool_id, data.name, data.short_name)
