"""Groups of scores open whom they count."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fidelia import profiles
from fidelia.access import Actor

from ...conftest import NOW
from .conftest import Shop
from .reading import Bought

SYSTEM = Actor.system()


async def people_of(shop: Shop, key: str) -> list[int]:
    page = await shop.get(f"{shop.home}/profiles?figure={key}&columns=rfm&limit=100")
    assert page["total"] == len(page["items"])
    return [p["id"] for p in page["items"]]


async def figure(shop: Shop, key: str, status: int = 200) -> Any:
    return await shop.get(f"{shop.home}/figures/{key}", status)


def bought(*who: int) -> list[Bought]:
    return [Bought(n, NOW - timedelta(days=n), "EUR", Decimal(10 * n)) for n in who]


async def test_every_group_opens_as_many_as_it_says(shop: Shop) -> None:
    await shop.buy(bought(*range(1, 13)))
    score = await shop.make(kind="rfm", prefix="rfm")
    values = await shop.values("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm")
    for place, part in enumerate(score["last_done"]["parts"]):
        for group in part["groups"]:
            key = f"score:{score['id']}:{part['key']}:{group['group']}"
            found = await people_of(shop, key)
            assert len(found) == group["people"]
            assert found == [who for who, value in values.items() if value[place] == group["group"]]
            said = await figure(shop, key)
            assert (said["people"], said["counted"]) == (group["people"], group["people"])
            assert said["as_of"] == score["last_done"]["as_of"]
    assert await people_of(shop, f"score:{score['id']}:with") == list(range(1, 13))
    assert await people_of(shop, f"score:{score['id']}:without") == list(range(13, 21))
    assert (await figure(shop, f"score:{score['id']}:without"))["counted"] == score["last_done"]["without"] == 8
    assert (await figure(shop, f"score:{score['id']}:recency:5"))["title"] == "RFM: recency 5"


async def test_who_is_erased_or_new_since_is_said(shop: Shop) -> None:
    await shop.buy(bought(*range(1, 13)))
    score = await shop.make(kind="rfm", prefix="rfm")
    async with shop.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [1, 2])
        await profiles.create_profile(tx, SYSTEM, shop.database, {"external_id": "new"})
    said = await figure(shop, f"score:{score['id']}:with")
    assert (said["people"], said["counted"], said["only_less"]) == (10, 12, True)
    said = await figure(shop, f"score:{score['id']}:without")
    assert (said["people"], said["counted"], said["only_less"]) == (9, 8, False)


async def test_a_figure_that_is_none(shop: Shop) -> None:
    await shop.buy(bought(1, 2))
    figure_of = {"of": "orders_sum"}
    score = await shop.make(kind="quantile", prefix="sums", groups=2, figure=figure_of)
    assert (await figure(shop, f"score:{score['id']}:value:2"))["people"] == 1
    for rest in ("", ":recency:1", ":value:0", ":value:3", ":value", ":value:1:2", ":rank:9"):
        await figure(shop, f"score:{score['id']}{rest}", 404)
    await figure(shop, "score", 404)
