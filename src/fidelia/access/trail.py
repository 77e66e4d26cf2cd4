"""The audit log: one entry for every change of configuration, written in the change's own transaction."""

from __future__ import annotations

from typing import Any, Unpack

from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.postgres import Tx

from .actor import Actor
from .model import AuditOut
from .rules import changes
from .store import audit as store


async def audit(
    tx: Tx,
    actor: Actor,
    action: str,
    *,
    kind: str,
    object_id: object,
    name: str | None,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write one entry.

    ``action`` is written ``segment.updated``; ``kind`` and ``object_id`` tell the object, ``name`` is its name at that
    moment (it stays readable after the object is gone). ``before`` and ``after`` are Structs or dicts: of two states
    only what differs is kept, and members named like a password or secret are blanked.
    """
    old, new = changes(before, after)
    await store.append(
        tx,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        address=actor.address,
        action=action,
        kind=kind,
        object_id=None if object_id is None else str(object_id),
        object_name=name,
        before=old,
        after=new,
    )


async def read_audit(tx: Tx, page: PageRequest, **only: Unpack[store.AuditFilter]) -> Page[AuditOut]:
    """Return a page of entries, newest first; ``since`` is included, ``until`` is not. Raise 422 for a bad cursor."""
    rows = await store.page(tx, page.limit, before_id=cursor_id(page), q=page.q, **only)
    items = [AuditOut(**row._mapping) for row in rows[: page.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > page.limit else None, None)
