"""A database with people, a receiver of hooks that answers as it is told, and a sender."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelia.access import create_token
from fidelia.events.hooks import Sender
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import FetchLimits
from fidelia.platform.outbox import EventOut
from fidelia.profiles import create_database, upsert
from fidelia.worker import tasks as _tasks
from tests.conftest import NOW
from tests.events.conftest import SYSTEM
from tests.web_server import Asked, WebServer, open_to, send, web_server

from ...application import application

assert _tasks.MODULES
QUICK = FetchLimits(connect_seconds=2, read_seconds=0.5, total_seconds=1, redirects=0)


@dataclass
class Receiver:
    """Answers 200, unless ``says`` has an answer left: a status, headers beside it."""

    server: WebServer
    path: str = "/hook"
    says: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[Asked] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)
    silent: bool = False
    meanwhile: float = 0
    most_at_once: int = 0
    _now: int = 0

    async def handle(self, asked: Asked, out: asyncio.StreamWriter) -> None:
        self.got.append(asked)
        if self.silent:
            await asyncio.sleep(30)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        if self.meanwhile:
            await asyncio.sleep(self.meanwhile)
        status, headers = self.says.pop(0) if self.says else (200, {})
        if 200 <= status < 300:
            self.taken.append(json.loads(asked.body))
        self._now -= 1
        await send(out, b"thanks" if status == 200 else b"no", status, "text/plain", **headers)

    @property
    def url(self) -> str:
        return self.server.url(self.path)

    def bodies(self) -> list[Any]:
        return [json.loads(asked.body) for asked in self.got]

    def events(self) -> list[Any]:
        """What was taken, event by event."""
        return [event for body in self.taken for event in body["events"]]

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events()]


@dataclass
class Hooks:
    """The tests' hands on a whole installation."""

    engines: Engines
    api: httpx.AsyncClient
    database: int
    server: WebServer
    secrets: dict[int, str] = field(default_factory=dict)

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.engines.clock, FixedClock)
        return self.engines.clock

    def later(self, **delta: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**delta))

    def receiver(self, path: str = "/hook") -> Receiver:
        receiver = Receiver(self.server, path)
        self.server.pages[path] = receiver.handle
        return receiver

    async def hook(self, receiver: Receiver, **more: Any) -> int:
        body = {"name": f"to {receiver.path}", "url": receiver.url, "allow_http": True, "max_delay": 0, **more}
        made = await self.call("POST", "/hooks", 201, json=body)
        self.secrets[made["hook"]["id"]] = made["secret"]
        return int(made["hook"]["id"])

    async def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        reply = await self.api.request(method, path, **more)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    async def people(self, count: int, prefix: str = "p") -> list[int]:
        items = [{"external_id": f"{prefix}{n}", "email": f"{prefix}{n}@example.com"} for n in range(count)]
        async with self.engines.tx() as tx:
            done = await upsert(tx, SYSTEM, self.database, items, matching="external_id")
        return [item.profile_id or 0 for item in done.items]

    async def tell(self, *ids: str, profile: int = 1, type_: str = "custom.a", **properties: Any) -> None:
        async with self.engines.tx() as tx:
            tx.emit_many(EventOut(self.database, profile, type_, tx.now, properties, id_) for id_ in ids)
        await self.drain()

    async def drain(self) -> None:
        assert self.engines.drain is not None
        await self.engines.drain.flush()

    async def round(self, limits: FetchLimits = QUICK) -> int:
        async with Sender(self.engines, limits) as sender:
            return await sender.round()

    async def read(self, hook: int) -> Any:
        return await self.call("GET", f"/hooks/{hook}")

    async def log(self, hook: int, **params: Any) -> list[Any]:
        found: list[Any] = (await self.call("GET", f"/hooks/{hook}/deliveries", params=params))["items"]
        return found


@pytest.fixture
async def hooks(fresh: Engines) -> AsyncIterator[Hooks]:
    """A new installation with one database and a web server beside it."""
    fresh.settings = open_to(settings=fresh.settings)
    assert isinstance(fresh.clock, FixedClock)
    fresh.clock.set(NOW)
    async with fresh.tx() as tx:
        token = await create_token(tx, SYSTEM, name="tests", roles=["owner"])
        database = await create_database(tx, SYSTEM, name="shop")
    headers = {"Authorization": f"Bearer {token.secret}"}
    with application(fresh) as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as api,
            web_server() as server,
        ):
            hooks = Hooks(fresh, api, database.id, server)
            await hooks.drain()
            yield hooks
