"""Whom the figures of a bulk update count (a source of figures), and merged people among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem, not_found
from fidelia.platform.postgres import Tx

from . import store
from .model import BulkFigure

_TITLES: Mapping[BulkFigure, str] = {
    "changed": "Changed by “{}”",
    "unchanged": "Left as they were by “{}”",
    "refused": "Refused by “{}”",
}


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return whom ``changed``, ``unchanged`` or ``refused`` of a bulk update counts. Raises 404."""
    which = next((name for name in store.LISTED if len(parts) == 2 and parts[1] == name), None)
    if which is None:
        raise not_found("Figure", ":".join(("bulk", *parts)))
    bulk_id = profiles.figure_number(parts[0])
    row = await store.find(tx, bulk_id)
    if row.database_id != database_id:
        raise not_found("Bulk update", bulk_id)
    found = (await store.listed(tx, bulk_id)).get(which)
    if found is None:
        raise Problem(404, "Figure not found", "Whom this bulk change was about is not known any more")
    return profiles.Counted(
        title=_TITLES[which].format(", ".join(row.titles)),
        link=f"/databases/{database_id}/bulk-updates/{bulk_id}",
        people=found,
        counted=getattr(row, which),
        as_of=row.finished_at or tx.now,
    )


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Take merged people out of what bulk updates keep: their profiles are gone (a port of profiles)."""
    for database_id in {source.database_id for source in move.sources}:
        gone = BitMap(s.profile_id for s in move.sources if s.database_id == database_id)
        await store.forget_listed(tx, database_id, gone)
    return {}
