"""Figures of the market: orders, revenue and average basket by day and channel."""

from __future__ import annotations

from decimal import Decimal

import httpx

from fidelia.market.purchases import purchases_sql
from fidelia.platform.engines import Engines

M = "/api/v1/market"


async def test_what_orders_come_to_by_day_and_channel(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    def order(external: str, at: str, total: str, channel: str, **more: object) -> dict[str, object]:
        return {
            "external_id": external,
            "placed_at": at,
            "match": {"external_id": "c2"},
            "channel": channel,
            "currency": "NOK",
            "lines": [{"product": "x", "total": total}],
            **more,
        }

    items = [
        order("g1", "2026-10-05T22:30:00Z", "100.00", "web"),  # the 6th in Oslo
        order("g2", "2026-10-06T10:00:00Z", "50.00", "web"),
        order("g3", "2026-10-06T11:00:00Z", "30.00", "shop"),
        order("g4", "2026-10-07T11:00:00Z", "30.00", "shop", status="cancelled"),
    ]
    reply = (await api.post(f"{M}/orders", json={"database": shop, "items": items})).json()
    await api.post(f"{M}/orders/{reply['items'][1]['id']}/refunds", json={"lines": [{"line": 1, "amount": "20.00"}]})
    ask = {"database": shop, "from": "2026-10-01", "to": "2026-10-31"}
    found = (await api.get(f"{M}/figures", params=ask)).json()
    assert found["complete"] is True
    assert [(r["start"], r["channel"], r["orders"], r["revenue"], r["average"]) for r in found["rows"]] == [
        ("2026-10-06", "shop", 1, "30.00", "30.00"),
        ("2026-10-06", "web", 2, "130.00", "65.00"),
    ]
    assert found["totals"] == [
        {"currency": "NOK", "orders": 3, "revenue": "160.00", "refunded": "20.00", "average": "53.33"}
    ]
    query = f"select sum(total) from ({purchases_sql(shop)}) where currency = 'NOK'"
    assert await engines.clickhouse.query(query) == [(Decimal("160"),)]
    weeks = (await api.get(f"{M}/figures", params={**ask, "step": "week", "channel": "web"})).json()
    assert [(r["start"], r["orders"]) for r in weeks["rows"]] == [("2026-10-05", 2)]
    assert (await api.get(f"{M}/figures", params={**ask, "from": "2026-11-05"})).status_code == 422
    assert (await api.get(f"{M}/figures", params={**ask, "from": "2020-01-05"})).status_code == 422
