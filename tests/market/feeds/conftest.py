"""Feeds through the application: uploaded, made, run, and what became of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.worker import tasks as _tasks
from tests.web_server import open_to

assert _tasks.MODULES  # declares the jobs
_names = itertools.count(1)


class Market:
    """The application, as a shop uses it."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines) -> None:
        self.api = api
        self.engines = engines

    async def get(self, path: str, status: int = 200) -> Any:
        reply = await self.api.get(f"/api/v1/market{path}")
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        reply = await self.api.request(method, f"/api/v1/market{path}", json=body)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def upload(self, content: str | bytes, status: int = 201, name: str = "feed.xml") -> Any:
        data = content.encode() if isinstance(content, str) else content
        reply = await self.api.post("/api/v1/market/feeds/files", files={"file": (name, data)})
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json()

    async def feed(self, content: str | bytes | None = None, status: int = 201, **more: Any) -> Any:
        """Make a feed of a file, or of whatever source is given."""
        body: dict[str, Any] = {"name": f"Feed {next(_names)}", **more}
        if content is not None:
            file = await self.upload(content)
            body |= {"source": {"kind": "file", "name": file["name"]}, "file": file["file"]}
        return await self.send("POST", "/feeds", body, status)

    async def run(self, feed: int, **more: Any) -> Any:
        """Load a feed and return how the run ended."""
        run = await self.send("POST", f"/feeds/{feed}/run", more, 202)
        await run_job(self.engines, run["job_id"])
        return await self.get(f"/feed-runs/{run['id']}")

    async def load(self, content: str | bytes, **more: Any) -> Any:
        return await self.run((await self.feed(content, **more))["id"])

    async def product(self, external_id: str) -> Any:
        found = (await self.get(f"/products?q={external_id}&limit=100"))["items"]
        one = next((p for p in found if p["external_id"] == external_id), None)
        return None if one is None else await self.get(f"/products/{one['id']}")

    async def skus(self, product: str) -> list[Any]:
        found = await self.get(f"/skus?product={(await self.product(product))['id']}&limit=100&sort=external_id")
        return list(found["items"])


@pytest.fixture
async def market(engines: Engines, api: httpx.AsyncClient) -> AsyncIterator[Market]:
    before = engines.settings
    engines.settings = open_to("127.0.0.2/32", before)
    yield Market(api, engines)
    engines.settings = before
