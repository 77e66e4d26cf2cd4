"""The grouping rule in plain Python, from the guide: sort, count who is before, divide. No code of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo


class Bought(NamedTuple):
    """An order of somebody."""

    profile: int
    at: datetime
    currency: str
    total: Decimal
    status: str = "paid"


def groups(values: Mapping[int, Any], number: int) -> dict[int, int]:
    """Stand everybody in a row, the worst first; who stands with equals has the place of the first of them."""
    row = sorted(values, key=lambda who: values[who])
    found: dict[int, int] = {}
    for place, who in enumerate(row):
        before = row[place - 1] if place else None
        if before is not None and values[before] == values[who]:
            found[who] = found[before]
        else:
            found[who] = 1 + int(Decimal(number * place) / len(row))
    return found


def ranks(values: Mapping[int, Any]) -> dict[int, int]:
    """How many of a hundred are ahead of somebody, from 100 downwards."""
    return {
        who: 100 - (100 * sum(other > mine for other in values.values())) // len(values) for who, mine in values.items()
    }


def rfm(
    orders: Sequence[Bought], *, now: datetime, zone: str, number: int, days: int | None, currency: str
) -> dict[int, tuple[int, int, int, str, int]]:
    """Recency, frequency and monetary group, all three, and rank of everybody who bought."""
    home = ZoneInfo(zone)
    local = now.astimezone(home)
    since = None if days is None else local.replace(tzinfo=None) - timedelta(days=days)
    counted = [
        order
        for order in orders
        if order.status not in ("cancelled", "refunded")
        and order.at <= now
        and (since is None or order.at >= since.replace(tzinfo=home))
    ]
    people = {order.profile for order in counted}
    mine = {who: [order for order in counted if order.profile == who] for who in people}
    ago = {who: (local.date() - max(o.at for o in own).astimezone(home).date()).days for who, own in mine.items()}
    often = {who: len(own) for who, own in mine.items()}
    spent = {who: sum((o.total for o in own if o.currency == currency), Decimal()) for who, own in mine.items()}
    r, f, m = groups({who: -n for who, n in ago.items()}, number), groups(often, number), groups(spent, number)
    best = ranks({who: (r[who] + f[who] + m[who], spent[who], often[who], -ago[who]) for who in people})
    dash = "-" if number > 9 else ""
    return {who: (r[who], f[who], m[who], dash.join(str(x[who]) for x in (r, f, m)), best[who]) for who in people}
