"""A way to make scheduled imports and to run their jobs at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job

from .conftest import Importer

MAPPING = [{"column": "email", "field": "email"}, {"column": "name", "field": "first_name"}]


class Scheduler(Importer):
    """Talks to the API as a browser does."""

    async def ask(self, verb: str, path: str, status: int, body: Any = None) -> Any:
        reply = await self.api.request(verb, path, json=body)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    async def make(self, source: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
        body = {"name": "Shop customers", "source": source, "mapping": MAPPING, **more}
        found = await self.ask("POST", f"/databases/{self.database.id}/import-schedules", status, body)
        return dict(found)

    async def change(self, id_: int, status: int = 200, **changes: Any) -> dict[str, Any]:
        return dict(await self.ask("PATCH", f"/import-schedules/{id_}", status, changes))

    async def read(self, id_: int) -> dict[str, Any]:
        return dict(await self.get(f"/import-schedules/{id_}"))

    async def runs(self, id_: int) -> list[dict[str, Any]]:
        return list((await self.get(f"/import-schedules/{id_}/runs"))["items"])

    async def try_source(self, source: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
        path = f"/databases/{self.database.id}/import-schedules/test"
        return dict(await self.ask("POST", path, status, {"source": source, **more}))

    async def run(self, id_: int, **how: Any) -> dict[str, Any]:
        """Run it now, do the work of its jobs, and return the run."""
        await self.ask("POST", f"/import-schedules/{id_}/run", 202, how)
        return await self.work_off(id_)

    async def work_off(self, id_: int) -> dict[str, Any]:
        """Do what the workers would do for the last run."""
        run = (await self.runs(id_))[0]
        await run_job(self.engines, run["job_id"])
        run = (await self.runs(id_))[0]
        if run["import_id"] is not None and run["finished_at"] is None:
            imported = await self.get(f"/imports/{run['import_id']}")
            await run_job(self.engines, imported["job_id"])
        return (await self.runs(id_))[0]

    async def segment(self, name: str) -> int:
        body = {"database_id": self.database.id, "name": name, "type": "static"}
        return int((await self.ask("POST", "/segments", 201, body))["id"])

    async def members(self, segment_id: int) -> set[str]:
        found = await self.get(f"/segments/{segment_id}/members?columns=email")
        return {str(m["email"]) for m in found["items"]}


async def count(engines: Engines, query: str) -> int:
    async with engines.tx() as tx:
        return int(await tx.scalar(sa.text(query)))
