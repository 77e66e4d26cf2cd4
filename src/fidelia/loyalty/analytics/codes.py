"""What became of promo codes: from generated to used or expired, pool by pool."""

from __future__ import annotations

from collections import defaultdict

from fidelia.kernel.errors import invalid_field
from fidelia.platform.engines import Engines

from .model import CodeCounts, CodeStep, LoyaltyCodes, PoolFunnel
from .question import Wanted, asking
from .store import codes as store

_WHAT = CodeCounts.__struct_fields__


async def codes(engines: Engines, wanted: Wanted) -> LoyaltyCodes:
    """Return the funnel of every pool of the program's database, or of one. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        pools = await store.stock(tx, asked.filters, wanted.pool)
        if wanted.pool is not None and not pools:
            raise invalid_field("/pool", "The program's database has no such pool")
        rows = await store.happened(tx, asked.filters, [pool.id for pool in pools])
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_WHAT, 0))
    for row in rows:
        for key in ((row.pool_id, row.step), (row.pool_id, 0), (0, 0)):
            counts[key][row.what] += row.codes
    found = [
        PoolFunnel(
            id=pool.id,
            name=pool.name,
            kind=pool.kind,  # type: ignore[arg-type]
            codes=pool.codes,
            free=pool.free,
            steps=[
                CodeStep(first=first, last=last, **counts[pool.id, n])
                for n, (first, last) in enumerate(asked.steps.days, 1)
            ],
            **counts[pool.id, 0],
        )
        for pool in pools
    ]
    return LoyaltyCodes(period=asked.steps.period, total=CodeCounts(**counts[0, 0]), pools=found)
