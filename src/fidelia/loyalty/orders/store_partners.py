"""Lines that are partners' goods."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fidelia.platform.postgres import Tx


async def note(tx: Tx, calculation_id: int, lines: Sequence[tuple[int, int, Decimal]]) -> None:
    """Note whose goods lines of a calculated order are: (line, partner, its share in percent)."""
    raw = await tx.raw()
    await raw.execute(
        """insert into order_partner (calculation_id, line, partner_id, share)
           select %s, * from unnest(%s::int[], %s::int[], %s::numeric[])""",
        (calculation_id, [one[0] for one in lines], [one[1] for one in lines], [one[2] for one in lines]),
    )
