"""Lists and tables to work with, through the API as a browser uses it."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Database
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES
_numbers = itertools.count(1)


class Lists:
    """Talks to the API, and runs jobs in this process."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, database: Database) -> None:
        self.engines, self.api, self.database = engines, api, database

    async def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        reply = await self.api.request(method, path, **more)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return await self.call("GET", path, status, params=params)

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        return await self.call("POST", path, status, json=body)

    async def new(self, *values: Any, type: str = "text", **more: Any) -> int:
        body = {"name": f"list {next(_numbers)}", "type": type, "values": list(values), **more}
        made = await self.post("/value-lists", body, 201)
        assert made["values"]["rejected"] == []
        return int(made["list"]["id"])

    async def values(self, list_id: int, **params: Any) -> list[Any]:
        return list((await self.get(f"/value-lists/{list_id}/values", limit=1000, **params))["items"])

    async def upload(self, path: str, content: bytes, status: int = 202, name: str = "values.csv", **parts: Any) -> Any:
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parts.items()}
        return await self.call("POST", path, status, files={"file": (name, content)}, data=texts)

    async def load(self, path: str, content: bytes, name: str = "values.csv", **parts: Any) -> dict[str, Any]:
        """Upload and load at once; return the load."""
        reply = await self.upload(f"{path}/loads", content, 202, name, **({"run": "true"} | parts))
        await run_job(self.engines, reply["job"]["id"])
        return dict(await self.get(f"/list-loads/{reply['load']['id']}"))

    async def rejected(self, load_id: int) -> list[list[str]]:
        reply = await self.api.get(f"/list-loads/{load_id}/rejected.csv")
        assert reply.status_code == 200
        rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))
        assert rows[0] == ["row", "column", "value", "reason"]
        return rows[1:]

    async def in_clickhouse(self, list_id: int) -> list[Any]:
        """What a question would read, after everything that was acknowledged."""
        await self.engines.catch_up()
        rows = await self.engines.clickhouse.query(f"select c0 from v_{list_id} final order by c0")
        return [row[0] for row in rows]

    async def table(self, columns: dict[str, str], key: str, **more: Any) -> int:
        body = {
            "name": f"table_{next(_numbers)}",
            "columns": [{"name": name, "type": type_} for name, type_ in columns.items()],
            "key": key,
            **more,
        }
        return int((await self.post(f"/databases/{self.database.id}/data-tables", body, 201))["id"])

    async def rows(self, table_id: int, **params: Any) -> list[dict[str, Any]]:
        found = await self.get(f"/data-tables/{table_id}/rows", limit=1000, **params)
        return [row["values"] for row in found["items"]]


def adds_up(load: dict[str, Any]) -> None:
    counts = dict(load["counts"])
    assert counts.pop("rows") == sum(counts.values()), load["counts"]


@pytest.fixture
async def lists(engines: Engines, api: httpx.AsyncClient, database: Database) -> Lists:
    return Lists(engines, api, database)
