"""Routes of API tokens and of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..actor import Actor, Kind
from ..model import AuditOut, TokenOut
from ..service import tokens as service
from ..trail import read_audit
from .auth import Text


class TokenIn(Body, frozen=True):
    """A new token: the rights of roles, single rights, or both. Without ``expires_at`` it never ends by itself."""

    name: Text
    roles: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    expires_at: datetime | None = None


class TokenCreated(msgspec.Struct, frozen=True):
    """A token and its secret, which is stored nowhere: a repeated request gets the first reply with null instead."""

    token: TokenOut
    secret: str | None


class TokenController(Controller):
    """API tokens."""

    path = "/tokens"
    tags = ("Tokens",)

    @get("/", opt={"right": "tokens:read"}, summary="List tokens")
    async def list_tokens(
        self,
        tx: Tx,
        page: PageRequest,
        revoked: Annotated[
            bool | None, QueryParameter(name="revoked", description="Only revoked ones, or none")
        ] = None,
    ) -> Page[TokenOut]:
        """Return a page without secrets: newest first, or sorted by name, created_at, last_used_at or expires_at."""
        return await service.list_tokens(tx, page, revoked=revoked)

    @post(
        "/",
        dto=Strict[TokenIn],
        return_dto=None,
        opt={"right": "tokens:create", "secret": "secret"},
        summary="Make a token",
    )
    async def create_token(self, tx: Tx, actor: Actor, data: TokenIn) -> TokenCreated:
        """Make a token; its secret is in this reply only."""
        token, secret = await service.create_token(
            tx, actor, data.name, data.roles, rights=data.rights, expires_at=data.expires_at
        )
        return TokenCreated(token, secret)

    @get("/{token_id:int}", opt={"right": "tokens:read"}, summary="Read a token")
    async def get_token(self, tx: Tx, token_id: FromPath[int]) -> TokenOut:
        """Return one token without its secret."""
        return await service.get_token(tx, token_id)

    @delete("/{token_id:int}", opt={"right": "tokens:delete"}, status_code=200, summary="Revoke a token")
    async def revoke_token(self, tx: Tx, actor: Actor, token_id: FromPath[int]) -> TokenOut:
        """End a token; it stays in the list as revoked."""
        return await service.revoke_token(tx, actor, token_id)


class AuditController(Controller):
    """Who changed what, and when."""

    path = "/audit"
    tags = ("Audit",)

    @get("/", opt={"right": "audit:read"}, summary="Changes of configuration, newest first")
    async def list_audit(
        self,
        tx: Tx,
        page: PageRequest,
        kind: Annotated[str | None, QueryParameter(name="kind", description="Kind of object, such as segment")] = None,
        object_id: Annotated[str | None, QueryParameter(name="object_id", description="With kind: one object")] = None,
        actor_kind: Annotated[Kind | None, QueryParameter(name="actor_kind", description="Kind of who did it")] = None,
        actor_id: Annotated[
            int | None, QueryParameter(name="actor_id", description="User or token that did it")
        ] = None,
        action: Annotated[str | None, QueryParameter(name="action", description="Such as segment.updated")] = None,
        since: Annotated[datetime | None, QueryParameter(name="since", description="From this moment on")] = None,
        until: Annotated[datetime | None, QueryParameter(name="until", description="Before this moment")] = None,
    ) -> Page[AuditOut]:
        """Return entries with what was before and after; entries of deleted objects stay."""
        for name, moment in (("since", since), ("until", until)):
            if moment is not None and moment.tzinfo is None:
                raise invalid_field(f"/{name}", "Give the moment with its time zone, such as 2026-11-01T00:00:00Z")
        if actor_id is not None and abs(actor_id) >= 2**31:
            raise invalid_field("/actor_id", "No user or token has such a number")
        for name, text in (("kind", kind), ("object_id", object_id), ("action", action)):
            if text is not None and "\x00" in text:
                raise invalid_field(f"/{name}", "NUL characters are not allowed")
        return await read_audit(
            tx,
            page,
            kind=kind,
            object_id=object_id,
            actor_kind=actor_kind,
            actor_id=actor_id,
            action=action,
            since=since,
            until=until,
        )
