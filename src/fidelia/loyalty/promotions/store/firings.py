"""Queries of trigger promotions at work: a reference does it once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.platform.postgres import Tx

from ..model import PromotionFired
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


async def known(tx: Tx, promotion_id: int, references: Collection[str]) -> set[str]:
    """Return which of these references were taken."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "select reference from promotion_firing where promotion_id = %s and reference = any(%s::text[])",
        (promotion_id, list(references)),
    )
    return {row[0] for row in await cursor.fetchall()}


async def write(tx: Tx, promotion_id: int, fired: Sequence[tuple[str, PromotionFired]]) -> None:
    """Store references, none of which is taken, with the replies."""
    if not fired:
        return
    raw = await tx.raw()
    await raw.execute(
        """insert into promotion_firing (promotion_id, reference, profile_id, asked, reply, at)
           select %s, a.reference, a.profile_id, '', a.reply, %s
           from unnest(%s::text[], %s::bigint[], %s::jsonb[]) as a (reference, profile_id, reply)""",
        (
            promotion_id,
            tx.now,
            [reference for reference, _ in fired],
            [one.profile for _, one in fired],
            [msgspec.json.encode(one).decode() for _, one in fired],
        ),
    )
