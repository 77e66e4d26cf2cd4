"""A catalogue of a dozen products, and shortcuts that read as sentences."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
ROOT = "/market/product-segments"
_names = itertools.count(1)


def compare(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": field, "op": op, "value": value}


def inside(segment: int, subject: str = "product") -> dict[str, Any]:
    return {"kind": "member", "of": {"segment": segment}, "subject": subject}


def every(*of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "all", "of": list(of)}


class Shop:
    """The application and its catalogue: products p1 … p12, coffee when odd, of price 10, 20 … 120."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int, ids: dict[str, int]) -> None:
        self.api = api
        self.engines = engines
        self.database = database
        self.ids = ids

    async def get(self, path: str, status: int = 200) -> Any:
        reply = await self.api.get(f"/api/v1{path}")
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        reply = await self.api.request(method, f"/api/v1{path}", json=body)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def make(self, type_: str, status: int = 201, **more: Any) -> Any:
        body = {"entity": "product", "name": f"segment {next(_names)}", "type": type_, **more}
        return await self.send("POST", ROOT, body, status)

    async def filled(self, condition: dict[str, Any], **more: Any) -> Any:
        """Make an updatable segment and let its first filling run."""
        made = await self.make("updatable", condition=condition, **more)
        await self.run(made["open_run"]["job_id"])
        return await self.get(f"{ROOT}/{made['id']}")

    async def run(self, job_id: str) -> Any:
        await run_job(self.engines, job_id)
        return await self.get(f"/jobs/{job_id}")

    async def names(self, segment: int, query: str = "") -> list[str]:
        """Page through what is on a list."""
        found: list[str] = []
        cursor = ""
        while True:
            page = await self.get(f"{ROOT}/{segment}/members?limit=5{query}{cursor}")
            found += [card["external_id"] for card in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def count(self, condition: dict[str, Any], **more: Any) -> Any:
        return await self.send("POST", f"{ROOT}/calculate", {"entity": "product", "condition": condition, **more})


@pytest.fixture(scope="module")
async def shop(api: httpx.AsyncClient, engines: Engines) -> Shop:
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, Actor.system(), name="shop", timezone="Europe/Oslo")
        for n in (1, 2, 3):
            await profiles.create_profile(tx, Actor.system(), database.id, {"external_id": f"c{n}"})
    shop = Shop(api, engines, database.id, {})
    await shop.send("POST", "/market/categories", {"items": [{"external_id": "coffee", "name": "Coffee"}]})
    products = [
        {
            "external_id": f"p{n}",
            "name": f"=Thing {n}" if n == 12 else f"Thing {n}",
            "brand": "Moka" if n % 3 == 0 else None,
            "category": "coffee" if n % 2 else None,
            "price": f"{10 * n}.00",
            "currency": "EUR",
            "image_url": f"https://shop.example/{n}.jpg",
        }
        for n in range(1, 13)
    ]
    made = await shop.send("POST", "/market/products", {"items": products})
    shop.ids = {f"p{item['index'] + 1}": item["id"] for item in made["items"]}
    orders = [
        {
            "external_id": f"o{n}",
            "placed_at": "2026-11-01T10:00:00Z",
            "match": {"external_id": f"c{n}"},
            "lines": [{"product": f"p{n}", "quantity": 1, "total": "10.00"}],
        }
        for n in (1, 2)
    ]
    await shop.send("POST", "/market/orders", {"database": database.id, "items": orders})
    return shop
