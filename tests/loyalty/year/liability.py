"""What members have not used yet, month by month: worked out with pandas from the list of transactions alone.

Only what came in and what was spent is looked at; what lapses is found out here: it is what is left of each accrual at
its end. Neither lots nor the expiries that the ledger has written are asked.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import sqlalchemy as sa

from fidelia.platform.engines import Engines

_MOMENT = timedelta(microseconds=1)
#: What a point is worth.
WORTH = Decimal("0.01")
#: A report over the whole year takes so many seconds at most.
SECONDS = 2.0
REPORTS = ("liability", "points", "members", "levels", "promotions", "buyers", "partners", "codes")


async def transactions(engines: Engines, program: int) -> pd.DataFrame:
    """Return what came in and what was spent, in the order of each account."""
    query = sa.text(
        "select account_id, seq, type, change, at, active_from, expires_at from loyalty_transaction"
        " where program_id = :program and type in ('accrual', 'redeem') order by account_id, seq"
    )
    async with engines.tx() as tx:
        rows = await tx.all(query, {"program": program})
        others = sa.text(
            "select count(*) from loyalty_transaction where program_id = :program"
            " and type not in ('accrual', 'redeem', 'expire')"
        )
        assert await tx.scalar(others, {"program": program}) == 0
    return pd.DataFrame(rows, columns=["account", "seq", "type", "change", "at", "active_from", "expires_at"])


def changes(frame: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return by how much what is outstanding changed, and when: accruals, redemptions, and what lapsed until now."""
    found: list[tuple[datetime, Decimal]] = []
    for _, rows in frame.groupby("account", sort=False):
        lots: list[list[Any]] = []
        for row in rows.itertuples(index=False):
            found.append((row.at, row.change))
            if row.type == "accrual":
                lots.append([row.expires_at, row.active_from, row.change])
                continue
            wanted = -row.change
            usable = [lot for lot in lots if lot[2] and lot[1] <= row.at < lot[0]]
            for lot in sorted(usable, key=lambda lot: (lot[0], lot[1])):
                part = min(lot[2], wanted)
                lot[2] -= part
                wanted -= part
            assert wanted == 0, "more was spent than there was"
            lots = [lot for lot in lots if lot[2]]
            found += [(end - _MOMENT, -left) for end, _, left in lots if end <= row.at]
            lots = [lot for lot in lots if lot[0] > row.at]
        found += [(end - _MOMENT, -left) for end, _, left in lots if end <= now]
    return pd.DataFrame(found, columns=["at", "change"])


async def check_liability(engines: Engines, api: httpx.AsyncClient, program: int, zone: str) -> None:
    """Compare the report's months with what the transactions say, to the last part of a point and cent."""
    now = engines.clock.now()
    frame = changes(await transactions(engines, program), now)
    first = frame["at"].min().astimezone(ZoneInfo(zone)).date().replace(day=1)
    reply = await api.get(f"/api/v1/loyalty/programs/{program}/analytics/liability?from={first}&by=month")
    assert reply.status_code == 200, reply.text
    (found,) = reply.json()["types"]
    month = pd.to_datetime(frame["at"], utc=True).dt.tz_convert(zone).dt.strftime("%Y-%m")
    by_month: dict[str, Decimal] = defaultdict(Decimal, frame.groupby(month)["change"].sum().to_dict())
    left = Decimal(0)
    assert len(found["steps"]) > 0
    for step in found["steps"]:
        left += by_month[step["first"][:7]]
        assert Decimal(step["points"]) == left, step
        assert Decimal(step["money"]) == (left * WORTH).quantize(Decimal("0.01"), "ROUND_HALF_UP"), step
    assert Decimal(found["outstanding"]) == left
    for part in ("ages", "expiries"):
        assert sum(Decimal(one["points"]) for one in found[part]) == left, part
    print(f"{len(found['steps'])} months of liability, {left} points in the end")


async def check_speed(api: httpx.AsyncClient, program: int) -> None:
    """Every report over the whole year answers in time; the second of two calls counts."""
    for name in REPORTS:
        took = 0.0
        for _ in range(2):
            began = time.perf_counter()
            reply = await api.get(f"/api/v1/loyalty/programs/{program}/analytics/{name}?by=month")
            took = time.perf_counter() - began
            assert reply.status_code == 200, reply.text
        print(f"report {name}: {took:.2f} s")
        assert took <= SECONDS, name
