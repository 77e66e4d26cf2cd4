"""Files to import, and a way to run jobs at once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Database, Field
from fidelia.worker import tasks as _tasks

from ..conftest import new_database

assert _tasks.MODULES
FIELDS = (
    Field(name="age", type="integer"),
    Field(name="level", type="enum", options=("gold", "silver")),
    Field(name="nick", type="string", unique=True),
    Field(name="likes", type="tags"),
)


def csv_bytes(rows: Sequence[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


class Importer:
    """Talks to the API as a browser does, and runs jobs in this process."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, database: Database) -> None:
        self.engines, self.api, self.database = engines, api, database

    async def upload(self, content: bytes, name: str = "people.csv", status: int = 201, **parts: Any) -> dict[str, Any]:
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parts.items()}
        reply = await self.api.post(
            f"/databases/{self.database.id}/imports", files={"file": (name, content)}, data=texts
        )
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    async def get(self, path: str, status: int = 200) -> Any:
        reply = await self.api.get(path)
        assert reply.status_code == status, reply.text
        return reply.json()

    async def patch(self, import_id: int, status: int = 200, **values: Any) -> dict[str, Any]:
        reply = await self.api.patch(f"/imports/{import_id}", json=values)
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    async def work(self, import_id: int, verb: str = "run") -> dict[str, Any]:
        """Start a job, do its work, and return the import."""
        reply = await self.api.post(f"/imports/{import_id}/{verb}")
        assert reply.status_code == 202, reply.text
        await run_job(self.engines, reply.json()["job"]["id"])
        return dict(await self.get(f"/imports/{import_id}"))

    async def load(self, content: bytes, name: str = "people.csv", **parts: Any) -> dict[str, Any]:
        """Upload and import at once, and return the import."""
        reply = await self.upload(content, name, 202, **({"run": "true"} | parts))
        await run_job(self.engines, reply["job"]["id"])
        done = dict(await self.get(f"/imports/{reply['import']['id']}"))
        assert done["state"] == "done", done
        counts = done["counts"]
        parts_of = ("created", "updated", "unchanged", "rejected", "duplicates")
        assert counts["rows"] == sum(counts[name] for name in parts_of), counts
        return done

    async def people(self) -> dict[str, dict[str, Any]]:
        """Return everybody by e-mail address."""
        from fidelia.profiles import all_ids, read_many

        async with self.engines.tx() as tx:
            rows = await read_many(tx, self.database.id, await all_ids(tx, self.database.id))
        return {
            str(row["email"]): {k: v for k, v in row.items() if v is not None and k not in ("created_at", "updated_at")}
            for row in rows
        }

    async def report(self, import_id: int, kind: str = "rejected") -> list[list[str]]:
        reply = await self.api.get(f"/imports/{import_id}/{kind}.csv")
        assert reply.status_code == 200, reply.text
        assert reply.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))
        assert rows[0] == ["row", "column", "value", "reason"]
        return rows[1:]


@pytest.fixture
async def importer(engines: Engines, api: httpx.AsyncClient) -> Importer:
    return Importer(engines, api, await new_database(engines, *FIELDS))
