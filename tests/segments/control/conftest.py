"""A shop with people in six cities and ages, and shortcuts for its control group."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Field
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declares the jobs
SYSTEM = Actor.system()
_numbers = itertools.count(1)
CITIES = ("Oslo", "Bergen", "Trondheim")
STRATA = [
    {"field": "city", "lists": [{"values": ["oslo"]}, {"values": ["Bergen", "TRONDHEIM"], "name": "West and north"}]},
    {"field": "age", "ranges": [{"to": 30}, {"from": 30, "to": 50}, {"from": 50}]},
]


class Group:
    """The API of one database's control group, as somebody uses it."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int) -> None:
        self.api = api
        self.engines = engines
        self.database = database
        self.path = f"/databases/{database}/control-group"

    async def call(self, method: str, path: str = "", body: Any = None, status: int = 200) -> Any:
        more = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1{self.path}{path}", **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def get(self, path: str = "", status: int = 200) -> Any:
        return await self.call("GET", path, status=status)

    async def make(self, **more: Any) -> Any:
        """Make the group and let its members be drawn."""
        made = await self.call("POST", body={"percent": 10, **more}, status=201)
        await run_job(self.engines, made["open_run"]["job_id"])
        return await self.get()

    async def patch(self, status: int = 200, **change: Any) -> Any:
        return await self.call("PATCH", body=change, status=status)

    async def refresh(self) -> Any:
        """Have newcomers assigned; return the run."""
        reply = await self.call("POST", "/refresh", status=202)
        await run_job(self.engines, reply["job"]["id"])
        return (await self.get())["last_run"]

    async def drop(self) -> None:
        reply = await self.api.delete(f"/api/v1{self.path}")
        assert reply.status_code in (200, 404)

    async def members(self) -> BitMap:
        async with self.engines.tx() as tx:
            return await segments.control_people(tx, self.database)

    async def grow(self, count: int, **fixed: Any) -> list[int]:
        """Add people; return their ids."""
        async with self.engines.tx() as tx:
            made = []
            for n in range(count):
                person = {
                    "email": f"n{next(_numbers)}@example.com",
                    "city": CITIES[n % 3],
                    "age": 20 + n % 45,
                    **fixed,
                }
                made.append((await profiles.create_profile(tx, SYSTEM, self.database, person))["id"])
        return made

    async def events(self, type_: str) -> list[int]:
        await self.engines.catch_up()
        rows = await self.engines.clickhouse.query(
            f"select profile from e_{self.database} where type = {{t:String}} order by profile", {"t": type_}
        )
        return [int(row[0]) for row in rows]


async def new_group(api: httpx.AsyncClient, engines: Engines, count: int = 600) -> Group:
    async with engines.tx() as tx:
        fields = (
            Field(name="age", type="integer"),
            Field(name="vip", type="boolean"),
            Field(name="likes", type="tags"),
        )
        database = await profiles.create_database(
            tx, SYSTEM, name=f"shop {next(_numbers)}", timezone="Europe/Oslo", fields=fields
        )
        raw = await tx.raw()
        columns = {field.name: field.column for field in database.fields}
        # Every tenth has no city, every seventh no age; Paris stands in no list.
        await raw.execute(
            f"insert into {database.table} (id, version, email, city, {columns['age']}, {columns['vip']}, status,"
            " created_at, updated_at) select g, 1, 'p' || g || '@example.com',"
            " case when g %% 10 > 0 then (array['Oslo', 'Bergen', 'trondheim', 'Paris'])[g %% 4 + 1] end,"
            " case when g %% 7 > 0 then 18 + g %% 60 end, g %% 2 = 0, 'subscribed', %s, %s"
            " from generate_series(1, %s) g",
            (tx.now, tx.now, count),
        )
        await raw.execute(
            "update profile_database set last_profile_id = %s, profile_count = %s where id = %s",
            (count, count, database.id),
        )
        tx.mark_dirty("profiles", database.id, range(1, count + 1))
    return Group(api, engines, database.id)


@pytest.fixture
async def group(api: httpx.AsyncClient, engines: Engines) -> Group:
    """600 people of a database of its own, without a control group."""
    return await new_group(api, engines)
