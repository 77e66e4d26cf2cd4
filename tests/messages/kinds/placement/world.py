"""A site with a signed visitor, slots and placements, for the tests of placements."""

from __future__ import annotations

import itertools
import json
from typing import Any

import httpx

from fidelia.messages.kinds.placement import rules
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from tests.messages.test_mailings import AGENT, ok, run_jobs, template
from tests.messages.world import people

HOST = "https://shop.example.org"
BODY = '<p>Hi {{ profile.first_name | default("friend") }}</p><a href="https://shop.example.org/a">Shop</a>'
_numbers = itertools.count(1)


class Site:
    """A database of twenty people ``p1 …`` with external ids ``c1 …``, a browser key and its secret."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, database: int, key: dict[str, Any]) -> None:
        self.engines = engines
        self.api = api
        self.database = database
        self.key = str(key["key"])
        self.key_id = int(key["id"])
        self.secret = ""

    @classmethod
    async def of(cls, engines: Engines, api: httpx.AsyncClient, count: int = 20) -> Site:
        database = await people(engines, count)
        async with engines.db.hot() as raw:
            await raw.execute(f"update profile_{database} set external_id = 'c' || id")
        body = {"database_id": database, "name": "Shop", "kind": "browser", "domains": ["shop.example.org"]}
        site = cls(engines, api, database, await ok(await api.post("/api/v1/write-keys", json=body), 201))
        made = await ok(await api.post(f"/api/v1/placements/sites/{site.key_id}/secret", json={}))
        site.secret = made["secret"]
        return site

    async def slot(self, key: str = "hero", **more: Any) -> int:
        body = {"database_id": self.database, "key": key, "name": f"The {key}", **more}
        return int((await ok(await self.api.post("/api/v1/placements/slots", json=body), 201))["id"])

    async def draft(self, slot: int, *, body: str = BODY, placement: Any = None, **more: Any) -> str:
        made = await template(self.api, self.database, body=body, format="html", name=f"Banner {next(_numbers)}")
        settings = {"slot_id": slot, **(placement or {})}
        values = {"name": "Banner", "type": "placement", "database_id": self.database, "template_id": made}
        values |= {"undo_seconds": 0, "placement": settings}
        reply = await self.api.post(
            "/api/v1/mailings", json={**values, "undo_seconds": 0, "placement": settings, **more}
        )
        return f"/api/v1/mailings/{(await ok(reply, 201))['id']}"

    async def placed(self, slot: int, **more: Any) -> str:
        """Return the path of a placement that is live."""
        path = await self.draft(slot, **more)
        await ok(await self.api.post(f"{path}/start", json={}))
        await run_jobs(self.engines)
        await running.tick(self.engines)
        return path

    def signed(self, who: str, *, seconds: int = 600, secret: str = "") -> str:
        return rules.sign(secret or self.secret, who, int(self.engines.clock.now().timestamp()) + seconds)

    async def ask(self, who: str = "", *slots: str, origin: str = HOST, **more: Any) -> dict[str, Any]:
        """Return what a page gets for its slots as a signed visitor (``c1``), or as nobody."""
        body = {"slots": slots or ["hero"], "visitor": self.signed(f"user:{who}") if who else "", **more}
        headers = {"Origin": origin, **AGENT, **more.pop("headers", {})}
        reply = await self.api.post(f"/s/{self.key}/slots", content=json.dumps(body), headers=headers)
        assert "no-store" in reply.headers["cache-control"]
        return dict((await ok(reply))["slots"])

    async def tell(self, token: str, what: str, origin: str = HOST) -> None:
        body = json.dumps({"told": [{"token": token, "what": what}]})
        headers = {"Origin": origin, **AGENT}
        await ok(await self.api.post(f"/s/{self.key}/slots/told", content=body, headers=headers), 204)

    async def see(self, who: str, *slots: str) -> str:
        """Have somebody see a placement; return the token of the serving."""
        token = (await self.ask(who, *slots))[slots[0] if slots else "hero"]["token"]
        await self.tell(token, "shown")
        return str(token)

    async def report(self, path: str) -> dict[str, Any]:
        return await ok(await self.api.get(f"{path}/report"))

    async def history(self, where: str = "type like 'message.%'") -> list[tuple[Any, ...]]:
        await self.engines.catch_up()
        return await self.engines.clickhouse.query(
            f"select type, profile, channel from e_{self.database} final where {where} order by type, profile, id"
        )
