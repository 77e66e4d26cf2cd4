"""Sixty-four clients over HTTP against a running installation whose processes are killed (SIGKILL) in between."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.up import Up, open_folder

from .shop import CLIENTS, GUARD, Shop

STEPS = 12
KILLS = 6


async def _kill_now_and_then(up: Up, clients: asyncio.Task[None]) -> list[str]:
    """Kill the process of the API, every other time a worker as well; it comes back by itself."""
    chance, killed = random.Random(3), []
    while len(killed) < KILLS and not clients.done():
        await asyncio.sleep(chance.uniform(1, 4))
        for name in ("core", *([] if len(killed) % 2 else ["worker"])):
            pid = up.pids().get(name)
            if pid is None:
                continue
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it is being started at this moment
            killed.append(name)
    return killed


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_64_clients_lose_nothing_although_the_api_is_killed() -> None:
    with open_folder("fidelia-races-") as root:
        up = Up(root / "data").ready(300)
        try:
            await _story(up)
        except BaseException:
            for log in (up.log, *Path(up.data, "logs").glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-20_000:]}")
            raise
        finally:
            up.end()


async def _story(up: Up) -> None:
    run = up.run()
    headers = {"Authorization": f"Bearer {run['token']}"}
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=run["url"], headers=headers, timeout=60, limits=limits) as client:

        async def send(method: str, path: str, body: Any) -> httpx.Response:
            return await client.request(method, f"/api/v1{path}", **({} if method == "GET" else {"json": body}))

        dsn = json.loads(Path(up.data, "run", "settings.json").read_text())["postgres"]["dsn"]

        async def ask(query: str) -> list[Any]:
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                cursor = await connection.execute(query.encode())
                return await cursor.fetchall() if cursor.description else []

        shop = Shop(send, uses=100, orders=160)
        await shop.open()
        await ask(GUARD.format(offer=shop.offer, uses=shop.uses))
        clients = asyncio.create_task(shop.storm(STEPS))
        killed = await _kill_now_and_then(up, clients)
        await clients
        await shop.check(ask)
        print(f"\n{dict(shop.said)}; {len(killed)} processes killed, {shop.repeats} requests asked again")
        assert killed.count("core") >= 2
        assert shop.repeats > 0
