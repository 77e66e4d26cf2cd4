"""Whom the figures of a control group count (a source of figures). They are always those of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from . import store, store_people


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return the ``people`` kept back, the ``others``, who may be written to, or both, who are ``assigned``.

    ``run:9:assigned`` are those whom one refresh assigned, ``run:9:kept`` those of them who are kept back. A report of
    a period compares ``since:2026-11-01T00:00:00Z:kept`` with ``…:others``. Raises 403, 404.
    """
    actor.require("databases:read")
    group = await store.get(tx, database_id)
    kept = await store.members(tx, group.id)
    title, people = "Kept back in the control group", kept
    figure, as_of = None, None
    match list(parts):
        case ["people"]:
            pass
        case ["assigned" | "others" as which]:
            found = [there for _, there in (await store.strata(tx, group.id)).values()]
            people = BitMap.union(BitMap(), *found)
            title = "Assigned to the control group or to the others"
            if which == "others":
                people, title = people - kept, "Not in the control group: they may be written to"
        case ["run", number, "assigned" | "kept" as which]:
            run = await store_people.assigned_by(tx, group.id, profiles.figure_number(number))
            if run is None:
                raise not_found("Refresh of the control group", number)
            figure, as_of = (run.joined if which == "assigned" else run.entered), run.finished_at
            people = BitMap.deserialize(bytes(run.members))
            title = "Assigned by a refresh of the control group"
            if which == "kept":
                people, title = people & kept, "Kept back by a refresh of the control group"
        case ["since", *moment, "kept" | "others" as which]:
            people, title = await _compared(tx, group.id, moment, which, kept)
        case _:
            raise not_found("Figure", ":".join(("control", *parts)))
    link = f"/databases/{database_id}/control-group"
    return profiles.Counted(title=title, link=link, people=people, counted=figure, as_of=as_of)


async def _compared(tx: Tx, group_id: int, moment: list[str], which: str, kept: BitMap) -> tuple[BitMap, str]:
    """Return one side of what a report compares: those who were assigned up to a moment."""
    try:
        since = datetime.fromisoformat(":".join(moment))
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise not_found("Figure", f"control:since:{':'.join(moment)}")
    inside = BitMap.union(BitMap(), *(people for _, people in (await store.strata(tx, group_id)).values()))
    people = inside - await store.assigned_after(tx, group_id, since)
    if which == "kept":
        return people & kept, "Compared: the control group"
    return people - kept, "Compared: those who may be written to"
