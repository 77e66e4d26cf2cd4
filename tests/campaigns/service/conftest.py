"""Campaigns through the API, on a database of 600 people of whom 400 are on a static segment."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import segments
from fidelia.campaigns.store import people as lists
from fidelia.messages.tables import mailing
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job

from ..people.conftest import SYSTEM, Shop, new_shop


class Desk:
    """What somebody does with campaigns of one database."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, shop: Shop) -> None:
        self.api = api
        self.engines = engines
        self.shop = shop
        self.database = shop.database
        self.segment = shop.segment

    async def call(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        more = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1{path}", headers=headers, **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.call("GET", path, status=status)

    async def make(self, status: int = 201, **more: Any) -> Any:
        body = {"name": "Winter", "database_id": self.database, "segment_id": self.segment, **more}
        return await self.call("POST", "/campaigns", body, status)

    async def start(self, campaign: int) -> Any:
        """Start a campaign and wait until it is active."""
        made = await self.call("POST", f"/campaigns/{campaign}/activate")
        assert made["state"] == "building"
        await run_job(self.engines, made["open_run"]["job_id"])
        return await self.get(f"/campaigns/{campaign}")

    async def started(self, **more: Any) -> Any:
        return await self.start((await self.make(**more))["id"])

    async def refresh(self, campaign: int) -> Any:
        reply = await self.call("POST", f"/campaigns/{campaign}/refresh", status=202)
        await run_job(self.engines, reply["job"]["id"])
        return await self.get(f"/campaigns/{campaign}")

    async def mailing(self, name: str = "Sale", **more: Any) -> int:
        made = await self.call("POST", "/mailings", {"name": name, "database_id": self.database, **more}, 201)
        return int(made["id"])

    async def put_mailing(self, mailing_id: int, **values: Any) -> None:
        """Set columns of a mailing, past its rules."""
        async with self.engines.tx() as tx:
            await tx.execute(sa.update(mailing).where(mailing.c.id == mailing_id).values(**values))

    async def attach(self, campaign: int, mailing_id: int, status: int = 201, **more: Any) -> Any:
        return await self.call("POST", f"/campaigns/{campaign}/activities", {"id": mailing_id, **more}, status)

    async def people(self, campaign: int) -> lists.People:
        async with self.engines.tx() as tx:
            return await lists.people(tx, campaign)

    async def other_segment(self, ids: Any = (), **more: Any) -> int:
        async with self.engines.tx() as tx:
            made = await segments.create_segment(
                tx, SYSTEM, segments.Definition(**{"database_id": self.database, "type": "static", **more})
            )
            if ids:
                await segments.add_members(tx, SYSTEM, made.id, ids)
        return made.id

    async def events(self, campaign: int, type_: str) -> BitMap:
        await self.engines.catch_up()
        rows = await self.engines.clickhouse.query(
            f"select profile from e_{self.database} final where type = {{t:String}} and campaign = {{c:UInt32}}",
            {"t": type_, "c": campaign},
        )
        return BitMap(int(row[0]) for row in rows)

    async def actions(self, campaign: int) -> list[str]:
        """Return what the audit log tells of a campaign, the newest first."""
        found = await self.get(f"/audit?kind=campaign&object_id={campaign}&limit=100")
        return [entry["action"] for entry in found["items"]]


def said(problem: Any) -> dict[str, str]:
    """Return the faults of a problem document by pointer."""
    return {fault["pointer"]: fault["message"] for fault in problem["errors"]}


@pytest.fixture
async def desk(api: httpx.AsyncClient, engines: Engines) -> Desk:
    """A database of its own, with a segment."""
    return Desk(api, engines, await new_shop(engines))
