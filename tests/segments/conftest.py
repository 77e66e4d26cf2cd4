"""A shop of a dozen people with orders and events, and shortcuts that read as sentences."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Field
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
SYSTEM = Actor.system()
_names = itertools.count(1)
FIELDS = (
    Field(name="age", type="integer"),
    Field(name="score", type="float"),
    Field(name="vip", type="boolean"),
    Field(name="since", type="date"),
    Field(name="likes", type="tags"),
    Field(name="level", type="enum", options=("gold", "silver")),
    Field(name="car", type="object"),
)
PEOPLE: list[dict[str, Any]] = [
    {
        "external_id": f"c{n}",
        "email": f"c{n}@example.com",
        "first_name": f"Name{n}",
        **({"city": ("Oslo", "Bergen", "oslo")[n % 3]} if n % 4 else {}),
        **({"age": 15 + 5 * n} if n % 5 else {}),
        "vip": n % 2 == 0,
        "likes": ["tea"] if n % 3 == 0 else ["tea", "rum"] if n % 3 == 1 else [],
        "level": "gold" if n % 4 == 1 else None,
        "car": {"make": "Saab", "year": 1990 + n} if n % 6 == 0 else None,
    }
    for n in range(1, 13)
]


def name(word: str = "segment") -> str:
    return f"{word} {next(_names)}"


def compare(field: str, op: str, value: Any = None) -> dict[str, Any]:
    node = {"kind": "compare", "field": field, "op": op}
    return node if value is None else {**node, "value": value}


def every(*of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "all", "of": list(of)}


def some(*of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "any", "of": list(of)}


def inverse(of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "not", "of": of}


def member(segment: int) -> dict[str, Any]:
    return {"kind": "member", "of": {"segment": segment}}


ALWAYS = {"kind": "always"}


class Shop:
    """The API, as somebody uses it for one database."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int) -> None:
        self.api = api
        self.engines = engines
        self.database = database

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        reply = await self.api.post(f"/api/v1{path}", json={} if body is None else body)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def get(self, path: str, status: int = 200) -> Any:
        reply = await self.api.get(f"/api/v1{path}")
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def patch(self, path: str, body: Any, status: int = 200) -> Any:
        reply = await self.api.patch(f"/api/v1{path}", json=body)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def make(self, type_: str, status: int = 201, **more: Any) -> Any:
        body = {"database_id": self.database, "name": name(), "type": type_, **more}
        return await self.post("/segments", body, status)

    async def calculate(self, condition: dict[str, Any], status: int = 200, **more: Any) -> Any:
        body = {"database_id": self.database, "condition": condition, "limit": 1000, "columns": [], **more}
        return await self.post("/segments/calculate", body, status)

    async def run(self, reply: Any) -> Any:
        """Run the job that a reply names; return how it ended."""
        job_id = reply["job"]["id"] if "job" in reply else reply["last_run"]["job_id"]
        await run_job(self.engines, job_id)
        return await self.get(f"/jobs/{job_id}")

    async def updatable(self, condition: dict[str, Any], **more: Any) -> Any:
        """Make an updatable segment and let its first filling run."""
        made = await self.make("updatable", condition=condition, **more)
        ended = await self.run(made)
        assert ended["state"] == "done", ended["error"]
        return await self.get(f"/segments/{made['id']}")

    async def members(self, segment: int, query: str = "") -> list[int]:
        """Page through everybody of a segment."""
        found: list[int] = []
        cursor = ""
        while True:
            page = await self.get(f"/segments/{segment}/members?columns=&limit=5{query}{cursor}")
            found += [row["profile_id"] for row in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def events(self, segment: int) -> list[tuple[str, int, str]]:
        """Read who entered and left by the history: type, profile, source."""
        await self.engines.catch_up()
        return [
            (str(type_), int(profile), str(source))
            for type_, profile, source in await self.engines.clickhouse.query(
                f"select type, profile, props.source::String from e_{self.database}"
                " where startsWith(type, 'segment.') and props.segment::UInt32 = {s:UInt32} order by at, type, profile",
                {"s": segment},
            )
        ]

    async def who(self, condition: dict[str, Any], **more: Any) -> set[int]:
        return {row["profile_id"] for row in (await self.calculate(condition, **more))["preview"]}


@pytest.fixture(scope="module")
async def shop(api: httpx.AsyncClient, engines: Engines) -> Shop:
    """Profiles 1 … 12; the first five have orders, the first eight have events."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="shop", timezone="Europe/Oslo", fields=FIELDS)
        for person in PEOPLE:
            await profiles.create_profile(tx, SYSTEM, database.id, person)
    shop = Shop(api, engines, database.id)
    orders = [
        {
            "external_id": f"o{n}-{k}",
            "placed_at": f"2026-1{k % 2}-0{k + 1}T10:00:00Z",
            "match": {"external_id": f"c{n}"},
            "lines": [{"product": ("beans", "mug")[k % 2], "quantity": n, "total": f"{10 * n + k}.50"}],
        }
        for n in range(1, 6)
        for k in range(n)
    ]
    await shop.post("/market/orders", {"database": database.id, "items": orders})
    events = [
        {
            "id": f"q{n}-{k}",
            "type": "custom.quiz",
            "at": f"2026-11-0{k + 1}T12:00:00Z",
            "profile": n,
            "properties": {"points": n * k, "word": "Yes" if k % 2 else "no"},
        }
        for n in range(1, 9)
        for k in range(n % 4 + 1)
    ]
    await shop.post("/events", {"database": database.id, "events": events}, 202)
    return shop
