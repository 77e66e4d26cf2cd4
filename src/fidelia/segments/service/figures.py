"""Whom the figures of a segment's history count (a source of figures)."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem, not_found
from fidelia.platform.postgres import Tx

from ..model import Segment
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return who ``entered`` or ``left`` by a run (``5:run:12:entered``), or was concerned by a change (``5:log:3``).

    Raises 403, 404: also when it is no longer known whom a run was about.
    """
    actor.require("segments:read")
    number = profiles.figure_number
    segment = await store.get(tx, number(parts[0] if parts else ""))
    if segment.database_id == database_id:
        match list(parts[1:]):
            case ["run", run, "entered" | "left" as which]:
                return await _of_run(tx, segment, number(run), which)
            case ["log", change]:
                found = await members_store.log_people(tx, segment.id, number(change))
                title = f"Concerned by a change of {segment.name}"
                return profiles.Counted(title=title, link=_link(segment, "log"), people=found, sure=False)
    raise not_found("Figure", ":".join(("segment", *parts)))


async def _of_run(tx: Tx, segment: Segment, run_id: int, which: str) -> profiles.Counted:
    entered, left = await runs_store.people(tx, segment.id, run_id)
    run = await runs_store.get(tx, run_id)
    figure, found = (run.entered, entered) if which == "entered" else (run.left, left)
    if figure and not found and not await runs_store.keeps_people(tx, run_id):
        raise Problem(404, "Figure not found", f"Who {which} {segment.name} by this run is not known any more")
    return profiles.Counted(
        title=f"{which.capitalize()} {segment.name} by a run",
        link=_link(segment, "runs"),
        people=found,
        sure=False,
        counted=figure,
        as_of=run.finished_at,
    )


def _link(segment: Segment, tab: str) -> str:
    return f"/segments/{segment.id}?tab={tab}"
