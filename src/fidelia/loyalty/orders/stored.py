"""How a placed order was calculated, and what has come back of it."""

from __future__ import annotations

import msgspec

from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from .. import programs
from . import store
from .model import Calculated, ReturnedShare, StoredCalculation


async def stored(tx: Tx, order_id: int) -> StoredCalculation:
    """Return the calculation of an order; raise 404 for one that was not placed through the program."""
    row = await store.by_order(tx, order_id if 0 < order_id < 2**63 else 0)
    if row is None:
        raise not_found("Calculation of order", order_id)
    keys = {}
    if row.program_id is not None:
        types = await programs.point_types(tx, row.program_id, archived=True)
        keys = {one.id: one.key for one in types.values()}
    return StoredCalculation(
        order=order_id,
        external_id=row.external_id,
        at=row.at,
        accrues=row.accrue_on,
        accrued_at=row.accrued_at,
        returned=[
            ReturnedShare(
                one.what,
                one.promotion_id,
                keys.get(one.point_type_id),
                one.line,
                amount_text(one.amount),
                amount_text(one.returned),
            )
            for one in await store.shares(tx, row.id)
            if one.returned
        ],
        calculation=msgspec.json.decode(await store.trace(tx, row.id), type=Calculated),
    )
