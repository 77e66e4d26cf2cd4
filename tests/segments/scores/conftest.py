"""A shop whose orders a test chooses, and shortcuts for its scores."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Field
from fidelia.worker import tasks as _tasks

from .reading import Bought

assert _tasks.MODULES  # declares the jobs
SYSTEM = Actor.system()
ZONE = "Europe/Oslo"
NAMES = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm", "rfm_rank")
_numbers = itertools.count(1)


class Shop:
    """The API of one database, as somebody uses it for scores."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int) -> None:
        self.api = api
        self.engines = engines
        self.database = database
        self.home = f"/databases/{database}"

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        more: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1{path}", **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.call("GET", path, status=status)

    async def make(self, status: int = 201, **more: Any) -> Any:
        """Make a score and let it be computed."""
        made = await self.call("POST", f"{self.home}/scores", {"name": "RFM", **more}, status)
        if status != 201:
            return made
        await run_job(self.engines, made["open_run"]["job_id"])
        return await self.score(made["id"])

    async def score(self, score_id: int) -> Any:
        return await self.get(f"{self.home}/scores/{score_id}")

    async def compute(self, score_id: int) -> Any:
        """Compute again; return the run."""
        reply = await self.call("POST", f"{self.home}/scores/{score_id}/compute", status=202)
        await run_job(self.engines, reply["job"]["id"])
        return (await self.score(score_id))["last_run"]

    async def buy(self, orders: Sequence[Bought]) -> None:
        items = [
            {
                "external_id": f"o{next(_numbers)}",
                "placed_at": order.at.isoformat(),
                "match": {"external_id": f"c{order.profile}"},
                "currency": order.currency,
                "status": order.status,
                "lines": [{"product": "mug", "quantity": 1, "total": str(order.total)}],
            }
            for order in orders
        ]
        if items:
            await self.call("POST", "/market/orders", {"database": self.database, "items": items})

    async def values(self, *names: str) -> dict[int, tuple[Any, ...]]:
        """What PostgreSQL has for everybody who has anything."""
        async with self.engines.tx() as tx:
            everybody = await profiles.all_ids(tx, self.database)
            rows = await profiles.read_many(tx, self.database, everybody, names or NAMES)
        found = {row["id"]: tuple(row[name] for name in names or NAMES) for row in rows}
        return {who: values for who, values in found.items() if any(value is not None for value in values)}

    async def who(self, condition: dict[str, Any]) -> set[int]:
        body = {"database_id": self.database, "condition": condition, "limit": 1000, "columns": []}
        reply = await self.call("POST", "/segments/calculate", body)
        return {row["profile_id"] for row in reply["preview"]}


async def new_shop(api: httpx.AsyncClient, engines: Engines, people: int) -> Shop:
    async with engines.tx() as tx:
        fields = (Field(name="points", type="integer"), Field(name="ratio", type="float"))
        database = await profiles.create_database(
            tx, SYSTEM, name=f"shop {next(_numbers)}", timezone=ZONE, fields=fields
        )
        for n in range(1, people + 1):
            await profiles.create_profile(tx, SYSTEM, database.id, {"external_id": f"c{n}", "points": n * n % 17})
    return Shop(api, engines, database.id)


@pytest.fixture
async def shop(api: httpx.AsyncClient, engines: Engines) -> Shop:
    """Twenty people who have bought nothing yet."""
    return await new_shop(api, engines, 20)
