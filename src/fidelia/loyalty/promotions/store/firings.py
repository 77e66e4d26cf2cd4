"""Queries of trigger promotions at work: a reference does it once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.platform.postgres import Tx

from ..tables import promotion_firing

_f = promotion_firing.c


async def begin(tx: Tx, promotion_id: int, reference: str, profile_id: int, asked: str) -> bool:
    """Take a reference; ``False`` when it was taken. Waits for whoever is doing the same right now."""
    stmt = insert(promotion_firing).values(
        promotion_id=promotion_id, reference=reference, profile_id=profile_id, asked=asked, reply={}, at=tx.now
    )
    found = await tx.scalar(stmt.on_conflict_do_nothing().returning(_f.promotion_id))
    return found is not None


async def first_answer(tx: Tx, promotion_id: int, reference: str) -> tuple[str, Any]:
    """Return what was asked with a reference, hashed, and the reply."""
    row = await tx.one(sa.select(_f.asked, _f.reply).where(_f.promotion_id == promotion_id, _f.reference == reference))
    return row.asked, row.reply


async def finish(tx: Tx, promotion_id: int, reference: str, reply: Any) -> None:
    """Store the reply."""
    await tx.execute(
        sa.update(promotion_firing)
        .where(_f.promotion_id == promotion_id, _f.reference == reference)
        .values(reply=reply)
    )
