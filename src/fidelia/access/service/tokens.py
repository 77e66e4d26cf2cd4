"""API tokens: made once, shown once, revoked at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fidelia.kernel.errors import FieldError, conflict, forbidden, invalid, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..credentials import digest, memory, new_secret
from ..model import TokenOut
from ..rules import TOKEN_PREFIX, TOKEN_SHOWN, check_name, check_rights, check_roles, rights_of
from ..store import tokens as store
from ..trail import audit


class NewToken(NamedTuple):
    """A token and its secret, which nobody can read again."""

    token: TokenOut
    secret: str


async def create_token(
    tx: Tx,
    actor: Actor,
    name: str,
    roles: Sequence[str] = (),
    *,
    rights: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> NewToken:
    """Make a token with the rights of some roles and single rights; return it and its secret, which is not stored.

    Raises 422 for bad values, 403 for rights above the actor's own.
    """
    name = check_name(name)
    wanted, single = check_roles(roles), check_rights(rights)
    if not wanted and not single:
        raise invalid(FieldError("/roles", "Give at least one role or right"))
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= tx.now):
        raise invalid(FieldError("/expires_at", "A token must end in the future; give a time with its zone"))
    missing = sorted(rights_of(wanted, single) - actor.rights)
    if missing:
        raise forbidden(f"You cannot give rights that you do not hold yourself: {', '.join(missing[:5])}")
    secret = new_secret(TOKEN_PREFIX)
    token = await store.insert(
        tx,
        digest=digest(secret),
        prefix=secret[:TOKEN_SHOWN],
        name=name,
        roles=wanted,
        rights=single,
        created_by=actor.name,
        expires_at=expires_at,
    )
    after = {"prefix": token.prefix, "roles": wanted, "rights": single, "expires_at": expires_at}
    await audit(tx, actor, "token.created", kind="token", object_id=token.id, name=name, after=after)
    return NewToken(token, secret)


async def list_tokens(tx: Tx, page: PageRequest | None = None, *, revoked: bool | None = None) -> Page[TokenOut]:
    """Return a page of tokens, newest first."""
    return await store.pages(tx, page or PageRequest(limit=1000), revoked=revoked)


async def get_token(tx: Tx, token_id: int) -> TokenOut:
    """Return a token without its secret; raise 404."""
    found = await store.get(tx, token_id)
    if found is None:
        raise not_found("Token", token_id)
    return found


async def revoke_token(tx: Tx, actor: Actor, token_id: int) -> TokenOut:
    """End a token; it is refused within two seconds everywhere. Raises 404, and 409 when it was revoked before."""
    found = await get_token(tx, token_id)
    if actor.kind == "token" and rights_of(found.roles, found.rights) - actor.rights:
        raise forbidden("A token cannot revoke one that holds more rights")
    revoked = await store.revoke(tx, token_id)
    if revoked is None:
        raise conflict("This token was revoked before")
    memory(tx.engines).clear()
    await audit(tx, actor, "token.revoked", kind="token", object_id=token_id, name=revoked.name)
    return revoked
