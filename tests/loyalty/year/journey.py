"""A retailer's year as draft orders: baskets, and the coupons that were handed in with them.

A coupon's value is the median discount (``coupon_disc``) that was seen on its products in baskets of households that
handed it in that day; a coupon with which none was seen is left out. A line that is an adjustment (quantity 0) is one
unit at what was paid for it.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from fidelia.demo.source import Source, _folder
from fidelia.loyalty.orders import DraftLine

CURRENCY = "USD"


class Coupon(NamedTuple):
    """A coupon: its products, and what it takes off, in cents."""

    code: str
    products: list[str]
    value: int


class Basket(NamedTuple):
    """A basket: whose, when, its lines, what they cost in cents, the coupons that were handed in that day."""

    id: str
    household: int
    at: datetime
    lines: list[DraftLine]
    total: int
    coupons: list[str]


def _cents(column: Any) -> list[int]:
    values: list[int] = np.rint(column.to_numpy() * 100).astype(np.int64).tolist()
    return values


class Journey:
    """The baskets and coupons, read once."""

    def __init__(self) -> None:
        self.source = Source()
        table = self.source.transactions
        folder = _folder()
        handed: dict[tuple[int, date], list[str]] = defaultdict(list)
        for row in pq.read_table(folder / "coupon_redemptions.parquet").to_pylist():
            handed[row["household_id"], row["redemption_date"].date()].append(str(row["coupon_upc"]))
        used = {code for codes in handed.values() for code in codes}
        products: dict[str, set[int]] = defaultdict(set)
        for row in pq.read_table(folder / "coupons.parquet").to_pylist():
            if str(row["coupon_upc"]) in used:
                products[str(row["coupon_upc"])].add(row["product_id"])
        self._handed = handed
        self._table = table
        self._basket, self._household = table["basket_id"].to_pylist(), table["household_id"].to_pylist()
        self._product, self._quantity = table["product_id"].to_pylist(), table["quantity"].to_pylist()
        self._paid, self._off = _cents(table["sales_value"]), _cents(table["coupon_disc"])
        at = table["transaction_timestamp"].to_numpy().astype("datetime64[us]")
        self._at: list[datetime] = at.tolist()
        seen: dict[str, list[int]] = defaultdict(list)
        for n, household in enumerate(self._household):
            if self._off[n] > 0:
                for code in handed.get((household, self._at[n].date()), ()):
                    if self._product[n] in products[code]:
                        seen[code].append(self._off[n])
        self.coupons = [
            Coupon(code, sorted(str(p) for p in products[code]), round(statistics.median(found)))
            for code, found in sorted(seen.items())
        ]
        self._known = {coupon.code for coupon in self.coupons}

    def baskets(self) -> Iterator[Basket]:
        """Yield the baskets, oldest first."""
        start, rows = 0, self._table.num_rows
        while start < rows:
            end = start
            while end < rows and self._basket[end] == self._basket[start]:
                end += 1
            lines, total = [], 0
            for n in range(start, end):
                quantity, paid = int(self._quantity[n]), self._paid[n]
                if paid % max(quantity, 1):  # a unit's price has no fractions of a cent here
                    quantity = 1
                unit = paid // max(quantity, 1)
                total += paid
                price = f"{unit // 100}.{unit % 100:02}"
                lines.append(
                    DraftLine(product=str(self._product[n]), id=f"l{n - start}", price=price, quantity=max(quantity, 1))
                )
            household, at = self._household[start], self._at[start].replace(tzinfo=UTC)
            coupons = [code for code in self._handed.get((household, at.date()), ()) if code in self._known]
            yield Basket(str(self._basket[start]), household, at, lines, total, sorted(set(coupons))[:20])
            start = end
