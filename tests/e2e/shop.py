"""People and orders that the browser tests of segments ask about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from .conftest import Site


def open_shop(site: Site, name: str) -> int:
    """A database of 40 people: every second lives in Oslo, one in four lives nowhere, ten have ordered."""
    with site.api() as api:
        made = api.post("/databases", json={"name": name, "timezone": "Europe/Oslo"}).raise_for_status()
        database = int(made.json()["id"])
        people = [
            {"external_id": f"s{n}", "email": f"s{n}@example.com", "first_name": f"Name{n}"}
            | ({"city": "Oslo"} if n % 2 == 0 else {"city": "Bergen"} if n % 4 == 1 else {})
            for n in range(40)
        ]
        body = {"matching": "external_id", "items": people}
        api.post(f"/databases/{database}/profiles/upsert", json=body).raise_for_status()
        at = (datetime.now(UTC) - timedelta(days=5)).isoformat()
        orders = [
            {
                "external_id": f"{name}-{n}", "placed_at": at, "match": {"external_id": f"s{n}"}, "status": "paid",
                "lines": [{"product": "coffee", "quantity": 1, "price": "10.00"}],
            }
            for n in range(10)
        ]  # fmt: skip
        api.post("/market/orders", json={"database": database, "items": orders}).raise_for_status()
    return database


def count(page: Page) -> Locator:
    """Return the live count of the builder."""
    return page.get_by_test_id("count")


def condition(site: Site, name: str) -> Any:
    """Return the rules of a segment by its name."""
    with site.api() as api:
        found = api.get("/segments", params={"q": name}).raise_for_status().json()["items"]
    return next(s["condition"] for s in found if s["name"] == name)
