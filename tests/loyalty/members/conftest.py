"""A club through the API: two kinds of points, three levels, thirty people in the database."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.loyalty import ledger, members
from fidelia.loyalty.members.service import work
from fidelia.loyalty.members.store import standings
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declared tasks are what jobs are made of
SYSTEM = Actor.system()
_numbers = itertools.count(1)
PEOPLE = 30
LEVELS = [
    {"name": "Basic", "threshold": "0"},
    {"name": "Silver", "threshold": "500", "benefits": ["Free delivery"]},
    {"name": "Gold", "threshold": "1500"},
]


class Desk:
    """What somebody does with the programs of one database, by the API; and what members do, by the ledger."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int) -> None:
        self.api = api
        self.engines = engines
        self.database = database
        self.program = 0
        self.stars = 0
        self.miles = 0
        self.group = 0

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.engines.clock, FixedClock)
        return self.engines.clock

    def go(self, when: str) -> None:
        """Move the clock to a moment in UTC."""
        self.clock.set(datetime.fromisoformat(when))

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        more = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1{path}", **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.call("GET", path, status=status)

    @property
    def path(self) -> str:
        return f"/loyalty/programs/{self.program}"

    async def make(self, group: dict[str, Any] | None = None, **more: Any) -> None:
        """Make a program with stars (10 to begin with), miles and levels; a draft."""
        body = {"name": "Club", "database_id": self.database, **more}
        self.program = (await self.call("POST", "/loyalty/programs", body, 201))["id"]
        self.stars = (await self.call("POST", f"{self.path}/points", {"name": "Stars", "initial": "10"}, 201))["id"]
        miles = {"name": "Miles", "kind": "qualification"}
        self.miles = (await self.call("POST", f"{self.path}/points", miles, 201))["id"]
        settings = {"name": "Status", "point_type_id": self.miles, "levels": LEVELS, "entry": "basic", **(group or {})}
        self.group = (await self.call("POST", f"{self.path}/level-groups", settings, 201))["id"]

    async def activate(self) -> dict[str, Any]:
        """Activate the program and wait until its members are in; return what the job says."""
        made = await self.call("POST", f"{self.path}/activate")
        return await self.work(made["job"]["id"])

    async def work(self, job_id: str) -> dict[str, Any]:
        await run_job(self.engines, job_id)
        job = await self.get(f"/jobs/{job_id}")
        assert job["state"] == "done", job
        return dict(job["result"])

    async def earn(self, profile: int, miles: str | int, **more: Any) -> None:
        """Have a member earn miles, as orders do it: members first, then the ledger, then levels."""
        async with self.engines.tx() as tx:
            await members.require(tx, self.program, [profile])
            row = ledger.Accrual(profile_id=profile, point_type_id=self.miles, amount=Decimal(miles), **more)
            await ledger.accrue(tx, self.program, [row])
            await members.settle_levels(tx, self.program, [profile])

    async def lose(self, profile: int, transaction: Any, miles: str | int) -> None:
        async with self.engines.tx() as tx:
            await members.lock(tx, self.program, [profile])
            row = ledger.TakeBack(transaction_id=transaction, amount=Decimal(miles))
            await ledger.take_back(tx, self.program, [row])
            await members.settle_levels(tx, self.program, [profile])

    async def level(self, profile: int) -> str | None:
        async with self.engines.tx() as tx:
            found = (await members.levels(tx, self.program, [profile]))[profile]
        return found[self.group].key if self.group in found else None

    async def standing(self, profile: int) -> members.Standing:
        async with self.engines.tx() as tx:
            return (await standings.find(tx, self.group, [profile]))[profile]

    async def moves(self, profile: int) -> list[tuple[str | None, str | None, str]]:
        """Return a member's moves between levels, the oldest first."""
        found = (await self.get(f"{self.path}/members/{profile}"))["moves"]
        return [(move["from_level"], move["to_level"], move["cause"]) for move in reversed(found)]

    async def members(self) -> BitMap:
        async with self.engines.tx() as tx:
            return await members.everybody(tx, self.program)

    async def review(self) -> list[dict[str, Any]]:
        """Run the reviews whose day has come; return what each says."""
        await work.tick_reviews(self.engines)
        jobs = (await self.get("/jobs?state=queued"))["items"]
        return [await self.work(job["id"]) for job in jobs if job["kind"] == work.REVIEW]

    async def settle_jobs(self) -> None:
        """Run the jobs that let members in and bring levels up to the settings."""
        for job in (await self.get("/jobs?state=queued"))["items"]:
            if job["kind"] == "loyalty.enrol":
                await self.work(job["id"])


async def new_database(engines: Engines, people: int = PEOPLE, timezone: str = "Europe/Oslo") -> int:
    async with engines.tx() as tx:
        made = await profiles.create_database(tx, SYSTEM, name=f"shop {next(_numbers)}", timezone=timezone)
        items = [
            {"email": f"p{number}@example.com", "first_name": f"Person {number}"} for number in range(1, people + 1)
        ]
        await profiles.upsert(tx, SYSTEM, made.id, items)
    return made.id


@pytest.fixture
async def desk(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> Desk:
    """A desk on a database of its own, its clock at noon of 16 November 2026."""
    clock.set(datetime.fromisoformat("2026-11-16T12:00:00+00:00"))
    return Desk(api, engines, await new_database(engines))
