"""Routes of sending domains."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..channels.email.dkim import Algorithm
from . import service
from .model import DkimKey


class DkimKeyIn(Body, frozen=True):
    """A new key of a domain. Without ``private_key`` (PEM, RSA or Ed25519) one is made; it is never shown again."""

    domain: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    selector: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "fidelia"
    algorithm: Algorithm = "rsa-sha256"
    private_key: Annotated[str, msgspec.Meta(max_length=20_000)] | None = None


class DkimKeyPatch(Body, frozen=True):
    """Whether mails are signed with it; the domain's other keys are switched off with that."""

    active: bool


class DkimKeyController(Controller):
    """Keys that sign mails (DKIM)."""

    path = "/senders/domains"
    tags = ("Senders",)

    @get("/", opt={"right": "senders:read"}, summary="List the keys of sending domains")
    async def list_keys(self, tx: Tx, page: PageRequest) -> Page[DkimKey]:
        """Return a page of keys, sorted by ``domain`` or ``created_at``."""
        return await service.list_keys(tx, page)

    @post("/", dto=Strict[DkimKeyIn], return_dto=None, opt={"right": "senders:create"}, summary="Make a key")
    async def create_key(self, tx: Tx, actor: Actor, data: DkimKeyIn) -> DkimKey:
        """Make a key and return the record to publish."""
        return await service.create_key(
            tx,
            actor,
            domain=data.domain,
            selector=data.selector,
            algorithm=data.algorithm,
            private_key=data.private_key,
        )

    @get("/{key_id:int}", opt={"right": "senders:read"}, summary="Read a key")
    async def get_key(self, tx: Tx, key_id: FromPath[int]) -> DkimKey:
        """Return a key without its private part."""
        return await service.get_key(tx, key_id)

    @post(
        "/{key_id:int}/check", opt={"right": "senders:update"}, status_code=200, summary="Look whether it is published"
    )
    async def check_key(self, engines: Engines, key_id: FromPath[int]) -> DkimKey:
        """Ask the name servers for the DKIM, SPF and DMARC records of the domain; takes some seconds at most."""
        return await service.look(engines, key_id)

    @patch(
        "/{key_id:int}",
        dto=Strict[DkimKeyPatch],
        return_dto=None,
        opt={"right": "senders:update"},
        summary="Switch a key on or off",
    )
    async def change_key(self, tx: Tx, actor: Actor, key_id: FromPath[int], data: DkimKeyPatch) -> DkimKey:
        """Have mails of the domain signed with this key, or not."""
        return await service.switch(tx, actor, key_id, active=data.active)

    @delete("/{key_id:int}", opt={"right": "senders:delete"}, status_code=204, summary="Delete a key")
    async def delete_key(self, tx: Tx, actor: Actor, key_id: FromPath[int]) -> None:
        """Delete a key; 409 while it signs."""
        await service.delete_key(tx, actor, key_id)
