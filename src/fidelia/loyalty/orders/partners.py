"""Which lines of a placed order are partners' goods, on the terms of that moment: the settlement is made of them."""

from __future__ import annotations

from datetime import datetime

from fidelia.platform.postgres import Tx

from .. import pricing, programs
from . import store_partners
from .context import Context


async def keep_partners(tx: Tx, calculation_id: int, context: Context, now: datetime) -> None:
    """Write down whose goods the lines of an order are and which share of their points each partner pays."""
    ready = context.ready
    if ready is None:
        return
    found = pricing.partners_of(ready.compiled, context.draft, now, ready.zone)
    if not found:
        return
    shares = {one.id: one.share for one in await programs.partners(tx, ready.program.id)}
    await store_partners.note(
        tx,
        calculation_id,
        [(index + 1, partner, shares[partner]) for index, partner in sorted(found.items()) if partner in shares],
    )
