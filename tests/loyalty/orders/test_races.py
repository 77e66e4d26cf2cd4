"""Many tills at once: one budget, one member, one code."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.loyalty.orders import store
from fidelia.platform.postgres import Tx

from .till import Till

D = Decimal
#: How many events wait for the history.
EVENTS = "select coalesce(sum(rows), 0) from event_inbox where database_id = :database"


async def _commits(till: Till, bodies: list[dict[str, Any]]) -> list[httpx.Response]:
    return await asyncio.gather(*(till.api.post("/api/v1/market/orders/commit", json=body) for body in bodies))


async def test_sixty_four_tills_share_a_budget(till: Till) -> None:
    offer = await till.promotion(
        {"kind": "amount_off", "amount": "5"}, limits=[{"what": "uses", "most": "20"}, {"what": "money", "most": "90"}]
    )
    bodies = [till.draft(("coffee", 1), profile=n, external_id=f"b{n}", final="7.50") for n in range(1, 65)]
    replies = await _commits(till, bodies)
    assert sorted({reply.status_code for reply in replies}) == [200, 409]
    placed = [reply.json() for reply in replies if reply.status_code == 200]
    assert len(placed) == 18
    assert all(reply.json()["final"] == "12.50" for reply in replies if reply.status_code == 409)
    assert await till.used(offer) == {"uses:0": D(18), "money:0": D(90)}
    figures = await till.call("GET", f"/loyalty/promotions/{offer}")
    assert (figures["usage"]["uses"], figures["usage"]["money"]) == (18, "90.00")
    await asyncio.gather(
        *(till.call("PATCH", f"/market/orders/{one['order']}", {"status": "cancelled"}) for one in placed)
    )
    assert await till.used(offer) == {"uses:0": D(0), "money:0": D(0)}


async def test_who_finds_a_limit_used_up_at_the_end_begins_again_and_leaves_one_order(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone: list[Tx] = []
    back = store.back_to_mark

    async def counted(tx: Tx) -> None:
        undone.append(tx)
        await back(tx)

    monkeypatch.setattr(store, "back_to_mark", counted)
    everybody = await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "20"})
    few = await till.promotion(
        {"kind": "points_fixed", "points": "stars", "amount": "50"},
        limits=[{"what": "uses", "most": "5"}, {"what": "uses", "most": "1", "per": "member"}],
    )
    bodies = [till.draft(("coffee", 1), profile=n, external_id=f"f{n}", final="12.50") for n in range(1, 41)]
    async with till.engines.tx() as tx:
        before = (await tx.one(sa.text(EVENTS), {"database": till.database}))[0]
    replies = await _commits(till, bodies)
    assert {reply.status_code for reply in replies} == {200}
    assert undone, "nobody was too late: more tills are needed at once"
    points = [D(reply.json()["calculation"]["points"]["accrue"]["stars"]) for reply in replies]
    assert sorted(points) == [D(20)] * 35 + [D(70)] * 5
    for n, told in enumerate(points, 1):
        assert D((await till.balance(n))["total"]) == told
    winners = [n for n, told in enumerate(points, 1) if told == 70]
    assert await till.used(few) == {"uses:0": D(5)} | {f"uses:{n}": D(1) for n in winners}
    for promotion, uses in ((everybody, 40), (few, 5)):
        assert (await till.call("GET", f"/loyalty/promotions/{promotion}"))["usage"]["uses"] == uses
    async with till.engines.tx() as tx:
        after = (await tx.one(sa.text(EVENTS), {"database": till.database}))[0]
    await till.commit(("coffee", 1), profile=41)
    async with till.engines.tx() as tx:
        alone = (await tx.one(sa.text(EVENTS), {"database": till.database}))[0] - after
    # Points of the few are an event more; what was buffered for an order that began again was undone with it.
    assert after - before == 40 * alone + 5


async def test_one_member_at_many_tills_spends_points_once(till: Till) -> None:
    await till.promotion(
        {"kind": "points_fixed", "points": "stars", "amount": "50"}, limits=[{"what": "uses", "most": "1"}]
    )
    await till.commit(("coffee", 1))
    bodies = [till.draft(("coffee", 1), external_id=f"m{n}", final="11.50", redeem={"stars": "10"}) for n in range(16)]
    replies = await _commits(till, bodies)
    assert sum(reply.status_code == 200 for reply in replies) == 5
    assert (await till.balance(1))["total"] == "0"


async def test_one_code_is_used_by_one_order(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    undone: list[Tx] = []
    back = store.back_to_mark

    async def counted(tx: Tx) -> None:
        undone.append(tx)
        await back(tx)

    monkeypatch.setattr(store, "back_to_mark", counted)
    pool = await till.call(
        "POST",
        "/promo-codes/pools",
        {
            "database_id": till.database,
            "name": "Spring",
            "short_name": f"spring{till.database}",
            "kind": "personal",
            "way": "file",
        },
        201,
    )
    await till.call(
        "POST", f"/promo-codes/pools/{pool['id']}/codes/import", {"items": [{"code": f"SPRING{till.database}"}]}
    )
    five = await till.promotion({"kind": "amount_off", "amount": "5"}, code_pool_id=pool["id"])
    code = f"SPRING{till.database}"
    told = await till.preorder(("coffee", 1), promo_codes=[code, "NONE"])
    assert (told["final"], [one["status"] for one in told["promo_codes"]]) == ("7.50", ["used", "refused"])
    assert (await till.preorder(("coffee", 1)))["trace"][0]["reason"] == "code"
    before = await till.standing()
    bodies = [
        till.draft(("coffee", 1), profile=n, external_id=f"c{n}", final="7.50", promo_codes=[code]) for n in range(1, 9)
    ]
    replies = await _commits(till, bodies)
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    placed = next(reply.json() for reply in replies if reply.status_code == 200)
    await till.refund(placed["order"])
    assert await till.standing() == before
    await till.call("POST", f"/loyalty/promotions/{five}/pause")
    told = (await till.preorder(("coffee", 1), promo_codes=[code]))["promo_codes"]
    assert (told[0]["status"], told[0]["reason"].partition(": ")[2]) == ("unused", "It is paused")
