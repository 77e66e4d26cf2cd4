"""What campaigns add to conditions: who is in them, on which side, who ever was, and when people came and left."""

from __future__ import annotations

from fidelia.conditions import MembershipKind, Vocabulary
from fidelia.platform.postgres import Tx

from .projection import BASE, GROUPS, STEP
from .store import facing as store

CATEGORY = "Campaigns and segments"


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what campaigns offer to conditions of a database; nothing while it has none."""
    names = await store.names_in(tx, database_id)
    if not names:
        return Vocabulary()
    kind = MembershipKind(
        key="campaign",
        label="Campaign",
        names=names,
        groups=GROUPS,
        past=True,
        entered="campaign.entered",
        left="campaign.left",
        property="campaign",
        base=BASE,
        step=STEP,
    )
    return Vocabulary(memberships=(kind,), categories=(CATEGORY,))
