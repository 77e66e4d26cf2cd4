"""Must hold whatever happens: many clients on one member, one budget, one code, the same orders."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.platform.engines import Engines
from fidelia.worker import tasks as _tasks

from .shop import GUARD, Shop

assert _tasks.MODULES  # declared tasks are what jobs are made of


@pytest.mark.timeout(300)
async def test_64_clients_share_a_member_a_budget_and_orders(api: httpx.AsyncClient, engines: Engines) -> None:
    async def send(method: str, path: str, body: Any) -> httpx.Response:
        return await api.request(method, f"/api/v1{path}", **({} if method == "GET" else {"json": body}))

    async def ask(query: str) -> list[Any]:
        async with engines.tx() as tx:
            return [tuple(row) for row in await tx.all(sa.text(query))]

    shop = Shop(send, uses=12, orders=24)
    await shop.open()
    async with engines.tx() as tx:
        await tx.execute(sa.text(GUARD.format(offer=shop.offer, uses=shop.uses)))
    await shop.storm(2)
    await shop.check(ask)
    assert shop.repeats == 0
