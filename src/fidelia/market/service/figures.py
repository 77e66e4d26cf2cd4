"""What orders come to over time: how many, their revenue, the average basket, by channel."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.money import amount_text, round_money
from fidelia.platform.drain import DrainBehind
from fidelia.platform.postgres import Tx

from ..projection import ensure_market
from ..purchases import UNDONE

Step = Literal["day", "week", "month"]
MAX_STEPS = 400
_DAYS = {"day": 1, "week": 7, "month": 28}


class FigureRow(msgspec.Struct, frozen=True):
    """Orders of one channel and currency in the days from ``start``; revenue is what was paid and not given back."""

    start: date
    channel: str
    currency: str
    orders: int
    revenue: str
    refunded: str
    average: str


class FigureTotal(msgspec.Struct, frozen=True):
    """Orders of one currency in the whole period."""

    currency: str
    orders: int
    revenue: str
    refunded: str
    average: str


class MarketFigures(msgspec.Struct, frozen=True):
    """Orders over time, without those cancelled or given back whole; days are those of the database's time zone.

    ``complete`` is false while new orders are still on their way into the figures.
    """

    first: date
    last: date
    step: Step
    timezone: str
    complete: bool
    rows: list[FigureRow]
    totals: list[FigureTotal]


_QUERY = """
select {start} as start, channel, currency, count() as orders, sum(total - refunded) as revenue, sum(refunded) as back
from o_{database} final
where at >= {{from:DateTime64(3, 'UTC')}} and at < {{to:DateTime64(3, 'UTC')}}
    and status not in {{undone:Array(String)}}
    and (length({{channels:Array(String)}}) = 0 or channel in {{channels:Array(String)}})
group by start, channel, currency order by start, channel, currency
"""
_START = {
    "day": "toDate(toTimeZone(at, {zone:String}))",
    "week": "toMonday(toTimeZone(at, {zone:String}))",
    "month": "toStartOfMonth(toTimeZone(at, {zone:String}))",
}


async def market_figures(
    tx: Tx, database_id: int, *, first: date | None, last: date | None, step: Step, channels: list[str]
) -> MarketFigures:
    """Return orders, revenue and average basket by step and channel; the last 30 days unless said.

    Raises 404 for the database, 422 for a period that is too long or the wrong way round.
    """
    database = await profiles.get_database(tx, database_id)
    zone = ZoneInfo(database.timezone)
    until = last or tx.now.astimezone(zone).date()
    since = first or until - timedelta(days=29)
    if since > until:
        raise invalid_field("/from", "The first day comes after the last one")
    if (until - since).days / _DAYS[step] > MAX_STEPS:
        raise invalid_field("/from", f"A period has {MAX_STEPS} steps at most; take longer ones")
    complete = True
    try:
        await tx.engines.catch_up()
    except DrainBehind:
        complete = False
    await ensure_market(tx.engines, database_id)
    found = await tx.engines.clickhouse.query(
        _QUERY.format(start=_START[step], database=int(database_id)),
        {
            "from": datetime.combine(since, datetime.min.time(), zone),
            "to": datetime.combine(until + timedelta(days=1), datetime.min.time(), zone),
            "undone": list(UNDONE),
            "channels": channels,
            "zone": database.timezone,
        },
    )
    rows = [
        FigureRow(
            start,
            channel,
            currency,
            orders,
            amount_text(revenue, currency),
            amount_text(back, currency),
            _average(revenue, orders, currency),
        )
        for start, channel, currency, orders, revenue, back in found
    ]
    sums: dict[str, tuple[int, Decimal, Decimal]] = {}
    for _, _, currency, orders, revenue, back in found:
        count, total, given = sums.get(currency, (0, Decimal(0), Decimal(0)))
        sums[currency] = count + orders, total + revenue, given + back
    totals = [
        FigureTotal(
            currency,
            orders,
            amount_text(revenue, currency),
            amount_text(back, currency),
            _average(revenue, orders, currency),
        )
        for currency, (orders, revenue, back) in sorted(sums.items(), key=lambda item: -item[1][0])
    ]
    return MarketFigures(since, until, step, database.timezone, complete, rows, totals)


def _average(revenue: Decimal, orders: int, currency: str) -> str:
    return amount_text(round_money(revenue / orders, currency), currency) if orders else "0"
