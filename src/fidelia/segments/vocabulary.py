"""What segments add to conditions: stored members, of people and of products, and entering and leaving as events."""

from __future__ import annotations

from fidelia.conditions import BASES, MembershipKind, Vocabulary, control_number
from fidelia.platform.postgres import Tx

from .control import store as control_store
from .products import store as products_store
from .projection import TABLE

CATEGORY = "Campaigns and segments"
SEGMENT = MembershipKind(
    key="segment", label="Segment", entered="segment.entered", left="segment.left", property="segment", past=True
)


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what segments offer to conditions of a database; the control group only where there is one."""
    kinds = [SEGMENT, *await product_memberships(tx)]
    if await control_store.find(tx, database_id) is not None:
        base = control_number(database_id)
        kinds.append(MembershipKind(key="global_control", label="Global control group", base=base))
    return Vocabulary(segments=TABLE, memberships=tuple(kinds), categories=(CATEGORY,))


async def product_memberships(tx: Tx) -> tuple[MembershipKind, ...]:
    """Return what products and SKUs can be members of, where there are such segments."""
    labels = {"product": "Product segment", "sku": "SKU segment"}
    return tuple(
        MembershipKind(key="segment", subject=entity, label=labels[entity], names=names, base=BASES["product_segment"])
        for entity, names in (await products_store.names(tx)).items()
        if names
    )
