"""A database with a few people, and clients of the whole application."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.access import Actor, create_token
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, create_database, upsert

from ..application import application

SYSTEM = Actor.system()
_numbers = itertools.count(1)


class World:
    """A database of one's own in shared engines, and requests that read as sentences."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, root: httpx.AsyncClient, database: Database) -> None:
        self.engines = engines
        self.api = api
        self.root = root
        self.database = database.id

    async def people(self, count: int) -> list[int]:
        """Make people ``u1 …`` and return their ids."""
        items = [{"external_id": f"u{n}", "email": f"u{n}@example.com"} for n in range(1, count + 1)]
        async with self.engines.tx() as tx:
            done = await upsert(tx, SYSTEM, self.database, items, matching="external_id")
        return [item.profile_id or 0 for item in done.items]

    async def send(self, *events: Any, status: int = 202, **more: Any) -> Any:
        reply = await self.api.post("/events", json={"database": self.database, "events": list(events), **more})
        assert reply.status_code == status, reply.text
        return reply.json()

    async def rows(
        self, columns: str = "type, profile, id", where: str = "type not like 'profile.%'"
    ) -> list[tuple[Any, ...]]:
        """What history holds beside changes of profiles, drained, by id."""
        await self.engines.catch_up()
        return await self.engines.clickhouse.query(f"select {columns} from e_{self.database} where {where} order by id")

    async def history(self, profile: int, **params: Any) -> Any:
        reply = await self.api.get(f"/databases/{self.database}/profiles/{profile}/history", params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def key(self, kind: str, **more: Any) -> Any:
        reply = await self.api.post(
            "/write-keys", json={"database_id": self.database, "name": f"{kind} key", "kind": kind, **more}
        )
        assert reply.status_code == 201, reply.text
        return reply.json()

    async def segment(self, key: Any, call: str, body: Any, status: int = 200) -> httpx.Response:
        reply = await self.root.post(f"/v1/{call}", json=body, auth=(key["key"], ""))
        assert reply.status_code == status, reply.text
        return reply


@pytest.fixture(scope="module")
async def api(engines: Engines) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application with an owner's token; its base is the root."""
    async with engines.tx() as tx:
        token = await create_token(tx, SYSTEM, name="tests", roles=["owner"])
    headers = {"Authorization": f"Bearer {token.secret}"}
    with application(engines) as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as client:
            yield client


@pytest.fixture
async def world(engines: Engines, api: httpx.AsyncClient) -> AsyncIterator[World]:
    """A new database in the module's engines."""
    fields = (
        Field(name="plan", type="string"),
        Field(name="age", type="integer"),
        Field(name="likes", type="tags"),
    )
    async with engines.tx() as tx:
        database = await create_database(tx, SYSTEM, name=f"db {next(_numbers)}", fields=fields)
    async with httpx.AsyncClient(transport=api._transport, base_url="http://test") as root:
        yield World(engines, api, root, database)
