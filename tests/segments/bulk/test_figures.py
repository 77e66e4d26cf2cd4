"""The figures of bulk updates open whom they count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.segments.bulk import service, work

from ..conftest import Shop
from .test_bulk import TEN_OLDER, Bulk

SYSTEM = Actor.system()


@pytest.fixture
def bulk(shop: Shop) -> Bulk:
    return Bulk(shop)


async def listed(shop: Shop, key: str) -> list[int]:
    page = await shop.get(f"/databases/{shop.database}/profiles?figure={key}&columns=age&limit=100")
    assert page["total"] == len(page["items"])
    return [p["id"] for p in page["items"]]


async def figure(shop: Shop, key: str, status: int = 200) -> Any:
    return await shop.get(f"/databases/{shop.database}/figures/{key}", status)


@pytest.mark.parametrize("chunk", [5_000, 4])
async def test_each_figure_opens_as_many_as_it_says(
    shop: Shop, bulk: Bulk, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(work, "CHUNK", chunk)
    town = f"Town of {chunk}"  # the shop is that of the tests before
    for person in (1, 5, 9):
        await shop.patch(f"/databases/{shop.database}/profiles/{person}", {"set": {"city": town}})
    done = await bulk.do({"everybody": True}, [{"op": "set", "field": "city", "value": town}])
    key = f"bulk:{done['id']}"
    assert done["known"] == ["changed", "unchanged", "refused"]
    assert (await listed(shop, f"{key}:unchanged")) == [1, 5, 9]
    assert (await listed(shop, f"{key}:changed")) == [2, 3, 4, 6, 7, 8, 10, 11, 12]
    assert (await listed(shop, f"{key}:refused")) == []
    said = await figure(shop, f"{key}:changed")
    assert (said["people"], said["counted"], said["counted"]) == (9, 9, done["changed"])
    assert said["title"] == f"Changed by “Set City to {town}”"
    assert said["link"] == f"/databases/{shop.database}/bulk-updates/{done['id']}"


async def test_refused_people_open_as_long_as_their_rows(shop: Shop, bulk: Bulk, clock: FixedClock) -> None:
    for person in (3, 7):
        await shop.patch(f"/databases/{shop.database}/profiles/{person}", {"set": {"age": 2**63 - 3}})
    done = await bulk.do({"profile_ids": [1, 3, 7]}, TEN_OLDER)
    assert done["refused"] == 2
    assert await listed(shop, f"bulk:{done['id']}:refused") == [3, 7]
    clock.advance(timedelta(days=31))
    await service.forget_old(shop.engines)
    assert (await shop.get(f"/bulk-updates/{done['id']}"))["known"] == ["changed", "unchanged"]
    await figure(shop, f"bulk:{done['id']}:refused", 404)
    clock.advance(timedelta(days=60))
    await service.forget_old(shop.engines)
    assert (await shop.get(f"/bulk-updates/{done['id']}"))["known"] == []


async def test_erased_and_merged_people_leave_it(shop: Shop, bulk: Bulk) -> None:
    done = await bulk.do({"everybody": True}, [{"op": "set", "field": "level", "value": "silver"}])
    key = f"bulk:{done['id']}:changed"
    assert done["changed"] == 12
    async with shop.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [4, 5])
    await shop.post(f"/databases/{shop.database}/profiles/merge", {"destination": 1, "sources": [2]})
    said = await figure(shop, key)
    assert (said["people"], said["counted"], said["only_less"]) == (9, 12, True)
    assert await listed(shop, key) == [1, 3, 6, 7, 8, 9, 10, 11, 12]


async def test_a_figure_that_is_none(shop: Shop, bulk: Bulk) -> None:
    done = await bulk.do({"profile_ids": [1]}, TEN_OLDER)
    for key in (
        "bulk",
        "bulk:0:changed",
        f"bulk:{done['id']}:gone",
        f"bulk:{done['id']}",
        f"bulk:{done['id'] + 99}:changed",
    ):
        await figure(shop, key, 404)


async def test_whom_a_figure_counts_can_be_changed_and_exported(shop: Shop, bulk: Bulk) -> None:
    first = await bulk.do({"profile_ids": [3, 6, 9]}, [{"op": "set", "field": "city", "value": "Narvik"}])
    key = f"bulk:{first['id']}:changed"
    told = await bulk.preview({"figure": key}, TEN_OLDER)
    assert (told["people"], told["title"]) == (3, "Changed by “Set City to Narvik”")
    assert (await bulk.preview({"figure": key, "q": "name3"}, TEN_OLDER))["people"] == 1
    again = await bulk.do({"figure": key}, [{"op": "set", "field": "city", "value": "Moss"}])
    assert await listed(shop, f"bulk:{again['id']}:changed") == [3, 6, 9]
    made = await shop.post(f"/databases/{shop.database}/exports", {"audience": {"figure": key}}, 202)
    assert (await shop.run(made))["result"]["rows"] == 3
    for audience in ({"figure": key, "everybody": True}, {"figure": "bulk:0:changed"}, {"figure": "none"}):
        await bulk.preview(audience, TEN_OLDER, 422)


async def test_fields_and_statuses_open_too(shop: Shop) -> None:
    counters = await shop.get(f"/databases/{shop.database}/counters")
    for name in ("city", "age", "likes", "car", "email"):
        assert len(await listed(shop, f"field:{name}:any")) == counters["filled"][name]
        assert len(await listed(shop, f"field:{name}:none")) == counters["total"] - counters["filled"][name]
    for status, people in counters["statuses"].items():
        assert len(await listed(shop, f"field:status:{status}")) == people
    for key in ("field", "field:nothing:any", "field:city:Oslo", "field:status:gone"):
        await figure(shop, key, 404)
