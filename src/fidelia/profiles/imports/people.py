"""Whom the figures of an import count, and what is forgotten of them."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import Problem, not_found
from fidelia.platform.postgres import Tx

from ..figures.model import Counted
from ..figures.service import number
from ..merge.model import Move
from . import store, store_people

_TITLES = {
    "created": "Created by {}",
    "updated": "Updated by {}",
    "unchanged": "In {} and left as they were",
    "all": "In {}",
}


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> Counted:
    """Return whom ``created``, ``updated``, ``unchanged`` or ``all`` of an import counts (a source of figures)."""
    actor.require("imports:read")
    if len(parts) != 2 or parts[1] not in _TITLES:
        raise not_found("Figure", ":".join(("import", *parts)))
    shown = store.as_import(await store.find(tx, number(parts[0])))
    if shown.database_id != database_id:
        raise not_found("Import", shown.id)
    found = await store_people.people(tx, shown.id, database_id) if shown.people_known else None
    if found is None:
        raise Problem(404, "Figure not found", f"Whom {shown.file_name} was about is not known any more")
    which = parts[1]
    figures = shown.counts
    numbers = {"created": figures.created, "updated": figures.updated, "unchanged": figures.unchanged}
    return Counted(
        title=_TITLES[which].format(shown.file_name),
        link=f"/databases/{database_id}/imports/{shown.id}",
        people=found.all if which == "all" else getattr(found, which),
        counted=numbers[which] if which in numbers else sum(numbers.values()),
        as_of=shown.finished_at or tx.now,
    )


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of what imports keep."""
    await store_people.forget(tx, database_id, gone)


async def merge_people(tx: Tx, move: Move) -> dict[str, int]:
    """Take merged people out of what imports keep: their profiles are gone."""
    for database_id in {source.database_id for source in move.sources}:
        gone = BitMap(s.profile_id for s in move.sources if s.database_id == database_id)
        await store_people.forget(tx, database_id, gone)
    return {}
