"""What segments add to conditions: the table of stored members, and the events of entering and leaving."""

from __future__ import annotations

from fidelia.conditions import MembershipKind, Vocabulary, control_number
from fidelia.platform.postgres import Tx

from .control import store as control_store
from .projection import TABLE

CATEGORY = "Campaigns and segments"
SEGMENT = MembershipKind(
    key="segment", label="Segment", entered="segment.entered", left="segment.left", property="segment", past=True
)


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what segments offer to conditions of a database; the control group only where there is one."""
    kinds = [SEGMENT]
    if await control_store.find(tx, database_id) is not None:
        base = control_number(database_id)
        kinds.append(MembershipKind(key="global_control", label="Global control group", base=base))
    return Vocabulary(segments=TABLE, memberships=tuple(kinds), categories=(CATEGORY,))
