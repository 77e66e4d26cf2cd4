"""Routes of write keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page
from fidelia.platform.http import Body, PageParams, Strict
from fidelia.platform.postgres import Tx

from ..service import keys as service
from ..service.keys import KeyCount, KeyKind, WriteKeyOut

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Rate = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class WriteKeyIn(Body, frozen=True):
    """A new write key; ``rate`` is messages a second, null for the installation's default."""

    database_id: int
    name: Name
    kind: KeyKind
    rate: Rate | None = None
    domains: tuple[str, ...] = ()
    heeds_privacy: bool = True


class WriteKeyPatch(Body, frozen=True):
    """What to change."""

    name: Name | UnsetType = UNSET
    rate: Rate | UnsetType | None = UNSET
    domains: tuple[str, ...] | UnsetType = UNSET
    heeds_privacy: bool | UnsetType = UNSET


class WriteKeyCounts(msgspec.Struct, frozen=True):
    """What happened to the messages of a key, newest day first."""

    items: list[KeyCount]


class WriteKeyController(Controller):
    """Keys by which websites and servers send events."""

    path = "/write-keys"
    tags = ("Events",)

    @get(opt={"right": "events:read"}, summary="Write keys")
    async def every(
        self,
        tx: Tx,
        page: PageParams,
        database: Annotated[int | None, QueryParameter(name="database")] = None,
        revoked: Annotated[bool, QueryParameter(name="revoked", description="Also those that were revoked")] = False,
    ) -> Page[WriteKeyOut]:
        """List write keys by id."""
        return await service.list_keys(tx, page, database_id=database, revoked=revoked)

    @post(dto=Strict[WriteKeyIn], return_dto=None, opt={"right": "events:create"}, summary="Make a write key")
    async def create(self, tx: Tx, actor: Actor, data: WriteKeyIn) -> WriteKeyOut:
        """Make a write key of a database."""
        return await service.create_key(
            tx,
            actor,
            data.database_id,
            name=data.name,
            kind=data.kind,
            rate=data.rate,
            domains=data.domains,
            heeds_privacy=data.heeds_privacy,
        )

    @get("/{key_id:int}", opt={"right": "events:read"}, summary="A write key")
    async def one(self, tx: Tx, key_id: FromPath[int]) -> WriteKeyOut:
        """Return a write key."""
        return await service.get_key(tx, key_id)

    @get("/{key_id:int}/counts", opt={"right": "events:read"}, summary="What happened to a key's messages")
    async def counts(self, tx: Tx, key_id: FromPath[int]) -> WriteKeyCounts:
        """Return counters of 30 days: accepted by kind, duplicates, rejected by reason, traits left aside by name."""
        return WriteKeyCounts(await service.key_counts(tx, key_id))

    @patch(
        "/{key_id:int}",
        dto=Strict[WriteKeyPatch],
        return_dto=None,
        opt={"right": "events:update"},
        summary="Change a write key",
    )
    async def change(self, tx: Tx, actor: Actor, key_id: FromPath[int], data: WriteKeyPatch) -> WriteKeyOut:
        """Rename it, change its rate, its sites, or whether it heeds browsers that ask not to be tracked."""
        sent = {name: value for name in WriteKeyPatch.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
        return await service.change_key(tx, actor, key_id, sent)

    @delete("/{key_id:int}", opt={"right": "events:delete"}, status_code=204, summary="Revoke a write key")
    async def revoke(self, tx: Tx, actor: Actor, key_id: FromPath[int]) -> None:
        """Revoke it for good; it stays in the list of revoked ones."""
        await service.revoke_key(tx, actor, key_id)
