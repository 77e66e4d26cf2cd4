"""Two people at one object: the second to save is told who was first."""

from __future__ import annotations

from fidelia.access import read_audit
from fidelia.kernel.errors import FieldError, Problem, conflict
from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx


async def clash(tx: Tx, kind: str, object_id: int, member: str, present: object) -> Problem:
    """Return the 409 for who saves an object of ``kind`` that somebody has changed since, told by ``member``."""
    entries = (await read_audit(tx, PageRequest(limit=1), kind=kind, object_id=str(object_id))).items
    who = entries[0].actor_name if entries else "Somebody"
    return conflict(
        f"{who} has changed this {kind} since you opened it. Compare before you save",
        FieldError(f"/{member}", f"It stands at {present} now"),
    )
