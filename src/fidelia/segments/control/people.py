"""Whom the figures of a control group count (a source of figures). They are always those of now."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from . import store, store_people


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return the ``people`` kept back, the ``others``, who may be written to, or both, who are ``assigned``.

    ``run:9:assigned`` are those whom one refresh assigned, ``run:9:kept`` those of them who are kept back. Raises 403,
    404.
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
        case _:
            raise not_found("Figure", ":".join(("control", *parts)))
    link = f"/databases/{database_id}/control-group"
    return profiles.Counted(title=title, link=link, people=people, counted=figure, as_of=as_of)
