"""Saved views of lists: everybody keeps their own, and may show them to all."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.kernel.errors import conflict, forbidden, invalid_field, name_taken, not_found
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..model import ViewLook, ViewOut
from ..rules import check_name
from ..store import views as store
from ..trail import audit

MOST_VIEWS = 200
MOST_BYTES = 8_000
_LIST = re.compile(r"[a-z][a-z0-9._-]{0,79}")


def _check_look(look: ViewLook) -> ViewLook:
    text = msgspec.json.encode(look)
    if len(text) > MOST_BYTES:
        raise invalid_field("/look", f"A view has {MOST_BYTES} bytes at most")
    if b"\\u0000" in text:
        raise invalid_field("/look", "NUL characters are not allowed")
    return look


async def list_views(tx: Tx, actor: Actor, list_: str | None = None) -> list[ViewOut]:
    """Return the actor's views of one list, or of all, and those that others share; own first, by name."""
    if list_ is not None and not _LIST.fullmatch(list_):
        return []
    return [view.out for view in await store.of_list(tx, actor.key, list_)]


async def get_view(tx: Tx, actor: Actor, view_id: int) -> ViewOut:
    """Return a view; raise 404 for none, and for another's that is not shared."""
    return (await _find(tx, actor, view_id)).out


async def create_view(tx: Tx, actor: Actor, *, list_: str, name: str, look: ViewLook, shared: bool) -> ViewOut:
    """Keep a view of a list; raise 409 when the actor has one of this name, 422 for bad values."""
    if not _LIST.fullmatch(list_):
        raise invalid_field("/list", "A list is named in small letters, such as segments or profiles.1")
    name = check_name(name)
    if await store.named(tx, actor.key, list_, name) is not None:
        raise conflict(f"You have a view named {name} here. Choose another name, or save that view again")
    if await store.count(tx, actor.key) >= MOST_VIEWS:
        raise conflict(f"You have {MOST_VIEWS} views. Delete one before you save another")
    made = await store.insert(
        tx, actor.key, list=list_, name=name, look=_check_look(look), shared=shared, owner_name=actor.name
    )
    await audit(tx, actor, "view.created", kind="view", object_id=made.out.id, name=name, after=made.out)
    return made.out


async def change_view(
    tx: Tx,
    actor: Actor,
    view_id: int,
    *,
    name: str | UnsetType = UNSET,
    look: ViewLook | UnsetType = UNSET,
    shared: bool | UnsetType = UNSET,
) -> ViewOut:
    """Change a view; raise 404, 403 for another's, 409 for a name that is taken, 422 for bad values."""
    before = await _own(tx, actor, view_id)
    values: dict[str, Any] = {}
    if name is not UNSET:
        values["name"] = check_name(name)
        if await store.named(tx, before.owner, before.out.list, values["name"]) not in (None, view_id):
            raise name_taken("view", values["name"])
    if look is not UNSET:
        values["look"] = msgspec.to_builtins(_check_look(look))
    if shared is not UNSET:
        values["shared"] = shared
    if not values:
        return before.out
    after = (await store.update(tx, actor.key, view_id, **values)).out
    await audit(
        tx, actor, "view.updated", kind="view", object_id=view_id, name=after.name, before=before.out, after=after
    )
    return after


async def delete_view(tx: Tx, actor: Actor, view_id: int) -> None:
    """Remove a view; raise 404, and 403 for another's."""
    before = await _own(tx, actor, view_id)
    await store.delete(tx, view_id)
    await audit(tx, actor, "view.deleted", kind="view", object_id=view_id, name=before.out.name, before=before.out)


async def _find(tx: Tx, actor: Actor, view_id: int) -> store.View:
    found = await store.get(tx, actor.key, view_id) if abs(view_id) < 2**31 else None
    if found is None:
        raise not_found("View", view_id)
    return found


async def _own(tx: Tx, actor: Actor, view_id: int) -> store.View:
    found = await _find(tx, actor, view_id)
    if not found.out.mine and not actor.may("settings:update"):
        raise forbidden(f"This view belongs to {found.out.owner_name}. Save your own under another name")
    return found
