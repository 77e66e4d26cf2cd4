"""By pixel, redirect, script and API, for mails and for another channel: the right message gets the goal."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fidelia.messages.service.outlet import signer
from fidelia.platform.engines import Engines

from ...conftest import NOW
from .world import World, money

AGENT = {"User-Agent": "Mozilla/5.0 (Macintosh) Safari/605"}
SHOP = "https://shop.example.org"


async def write_key(api: httpx.AsyncClient, database: int, *domains: str) -> str:
    body = {"database_id": database, "name": "shop", "kind": "browser", "domains": list(domains)}
    reply = await api.post("/api/v1/write-keys", json=body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["key"])


@pytest.mark.parametrize("channel", ["email", "telegram"])
async def test_each_way_lands_on_the_message(engines: Engines, api: httpx.AsyncClient, channel: str) -> None:
    world = await World.of(engines, 9)
    await world.goal("buy", default_value="10", currency="EUR")
    run, newer = await world.run(channel=channel), await world.run()
    key = await write_key(api, world.database, "shop.example.org")
    signs = await signer(engines)
    for profile in (1, 2, 3, 4):  # by the last click it would be the newer one
        await world.touch(newer, profile, "clicked", NOW - timedelta(hours=1))

    def token(profile: int) -> str:
        return signs.token("g", run.id, profile)

    pixel = {"goal": "buy", "m": token(1), "id": "1"}
    for _ in range(2):
        assert (await api.get(f"/s/{key}/goal.gif", params=pixel)).status_code == 200
    went = await api.get(f"/s/{key}/goal", params={"goal": "buy", "m": token(2), "to": SHOP, "value": "2.5"})
    assert went.status_code == 302
    told: dict[str, Any] = {"visitor": "a", "message": token(3), "events": [{"kind": "goal", "id": "s", "data": {}}]}
    told["events"][0]["data"] = {"goal": "buy"}
    said = await api.post(f"/s/{key}/events", content=json.dumps(told), headers={"Origin": SHOP})
    assert said.status_code == 204
    body = {"database": world.database, "goal": "buy", "message": token(4), "id": "4"}
    for accepted in (1, 0):
        reply = await api.post("/api/v1/goals/register", json=body)
        assert reply.json() == {"accepted": accepted, "duplicates": 1 - accepted, "message": True}
    await world.settle()
    assert sorted(await world.rows(), key=lambda row: row[1]) == [
        (run.id, 1, 0, "goal", "buy", 1, money("10"), "EUR", "token"),
        (run.id, 2, 0, "goal", "buy", 1, money("2.5"), "EUR", "token"),
        (run.id, 3, 0, "goal", "buy", 1, money("10"), "EUR", "token"),
        (run.id, 4, 0, "goal", "buy", 1, money("10"), "EUR", "token"),
    ]
    history = await engines.clickhouse.query(
        f"select distinct mailing, channel from e_{world.database} where type = 'goal.reached'"
    )
    assert history == [(run.mailing_id, channel)]


async def test_a_click_tells_own_sites_by_which_message_one_came(engines: Engines, api: httpx.AsyncClient) -> None:
    world = await World.of(engines)
    run = await world.run()
    silent = await world.run(track_clicks=False)
    signs = await signer(engines)

    async def landing(run_id: int) -> str:
        reply = await api.get(f"/t/c/{signs.token('c', run_id, 1, link=0)}", headers=AGENT)
        assert reply.status_code == 302, reply.text
        return str(reply.headers["location"])

    assert "fm=" not in await landing(run.id)  # no site is known
    await write_key(api, world.database, "other.example.org")
    assert "fm=" not in await landing(run.id)
    await write_key(api, world.database, "*.example.org")
    where = await landing(run.id)
    assert where.startswith("https://shop.example.org/a?")
    (token,) = parse_qs(urlsplit(where).query)["fm"]
    found = signs.read("g", token)
    assert found is not None
    assert (found.run, found.profile) == (run.id, 1)
    assert "fm=" not in await landing(silent.id)
