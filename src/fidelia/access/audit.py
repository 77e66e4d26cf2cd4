"""The audit log: one entry for every change of configuration, written in the change's own transaction."""

from __future__ import annotations

from typing import Any

from fidelia.platform.postgres import Tx

from .actor import Actor
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
