"""What is told of a list: events with their source, who was ever in, runs with their people, series for charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.segments.service.recalculate import start_due

from .conftest import ALWAYS, Shop, compare, inverse, member

VIP = compare("profile.vip", "eq", True)


async def properties(shop: Shop, segment: int) -> list[tuple[str, int, str, str]]:
    await shop.engines.catch_up()
    return [
        (str(type_), int(count), str(source), str(by))
        for type_, count, source, by in await shop.engines.clickhouse.query(
            f"select type, count(), props.source::String as s, props.by::String as b from e_{shop.database}"
            " where startsWith(type, 'segment.') and props.segment::UInt32 = {s:UInt32} group by type, s, b"
            " order by min(at), type, s",
            {"s": segment},
        )
    ]


async def ever(shop: Shop, segment: int) -> set[int]:
    """Read from ClickHouse, where conditions read it."""
    await shop.engines.catch_up()
    found = await shop.engines.clickhouse.scalar(
        "select bitmapToArray(ever) from segment_bitmaps final where segment = {s:UInt32}", {"s": segment}
    )
    return {int(id_) for id_ in found}


async def test_events_tell_source_and_who(shop: Shop, clock: FixedClock) -> None:
    static = await shop.make("static")
    path = f"/segments/{static['id']}"
    await shop.post(f"{path}/members/add", {"profile_ids": [1, 2]})
    clock.advance(timedelta(seconds=1))
    await shop.run(await shop.post(f"{path}/fill", {"condition": VIP, "skip_triggers": False}, 202))
    clock.advance(timedelta(seconds=1))
    updatable = await shop.updatable(VIP)
    await shop.patch(f"/segments/{updatable['id']}", {"condition": compare("profile.age", "lt", 35)})
    await shop.run(await shop.post(f"/segments/{updatable['id']}/recalculate", {}, 202))
    assert await properties(shop, static["id"]) == [
        ("segment.entered", 2, "api", "test"),
        ("segment.entered", 5, "fill", "test"),
    ]
    assert await properties(shop, updatable["id"]) == [
        ("segment.entered", 2, "recalculation", "test"),
        ("segment.left", 5, "recalculation", "test"),
    ]


async def test_a_million_changes_are_two_rows(shop: Shop, engines: Engines) -> None:
    made = await shop.updatable(VIP)
    await shop.patch(f"/segments/{made['id']}", {"condition": inverse(VIP)})
    await engines.catch_up()
    await shop.run(await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))
    async with engines.tx() as tx:
        rows = await tx.all(sa.text("select rows, profiles from event_inbox where profiles is not null"))
    assert sorted(len(BitMap.deserialize(bytes(row.profiles))) for row in rows) == [6, 6]


async def test_who_was_ever_in_is_known_with_and_without_events(shop: Shop) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    await shop.post(f"{path}/members/add", {"profile_ids": [1, 2, 3], "skip_triggers": True})
    await shop.post(f"{path}/members/remove", {"profile_ids": [2], "skip_triggers": True})
    await shop.post(f"{path}/members/add", {"profile_ids": [5]})
    await shop.post(f"{path}/clear", {"skip_triggers": True})
    assert await shop.members(made["id"]) == []
    assert await ever(shop, made["id"]) == {1, 2, 3, 5}
    updatable = await shop.updatable(VIP)
    await shop.patch(f"/segments/{updatable['id']}", {"condition": ALWAYS, "limit": 1})
    await shop.run(await shop.post(f"/segments/{updatable['id']}/recalculate", {}, 202))
    assert await ever(shop, updatable["id"]) >= {2, 4, 6, 8, 10, 12}
    was = {"kind": "member", "of": {"segment": made["id"]}, "state": "ever"}
    gone = {**was, "state": "left"}
    assert await shop.who(was) == await shop.who(gone) == {1, 2, 3, 5}
    await shop.post(f"{path}/members/add", {"profile_ids": [5]})
    assert await shop.who(gone) == {1, 2, 3}


async def test_entries_are_counted_within_time(shop: Shop, clock: FixedClock) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    for days, who in ((0, [1, 2]), (5, [1]), (10, [1, 2])):
        clock.set(datetime(2026, 11, 16, 12, tzinfo=UTC) + timedelta(days=days))
        await shop.post(f"{path}/members/add", {"profile_ids": who})
        await shop.post(f"{path}/members/remove", {"profile_ids": who})

    async def entered(count: int, last: str) -> set[int]:
        times = {"count": {"op": "gte", "value": count}, "within": {"last": last}}
        return await shop.who({"kind": "member", "of": {"segment": made["id"]}, "state": "ever", **times})

    assert await entered(3, "P30D") == {1}
    assert await entered(2, "P30D") == {1, 2}
    assert await entered(2, "P6D") == {1}
    assert await entered(1, "P1D") == {1, 2}


async def test_who_entered_and_left_by_a_run(shop: Shop) -> None:
    made = await shop.updatable(VIP)
    await shop.patch(f"/segments/{made['id']}", {"condition": compare("profile.age", "lt", 35)})
    await shop.run(await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))
    last, first = (await shop.get(f"/segments/{made['id']}/history"))["items"]
    assert (last["entered"], last["left"], last["attempts"]) == (2, 5, 1)
    assert await shop.members(made["id"], f"&run={last['id']}") == [1, 3]
    assert await shop.members(made["id"], f"&run={last['id']}&which=left") == [4, 6, 8, 10, 12]
    assert await shop.members(made["id"], f"&run={first['id']}") == [2, 4, 6, 8, 10, 12]
    await shop.get(f"/segments/{made['id']}/members?run=999999", 404)
    await shop.get(f"/segments/{made['id']}/members?run=1&which=both", 422)


def by_source(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    return {row["source"]: (row["entered"], row["left"], row["changes"]) for row in rows}


async def test_series_of_an_updatable_segment(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 16, 22, 30, tzinfo=UTC))  # half past eleven in Oslo
    made = await shop.updatable(VIP, schedule={"at": "03:00"})
    path = f"/segments/{made['id']}"
    await shop.patch(path, {"condition": inverse(VIP)})
    clock.set(datetime(2026, 11, 16, 23, 30, tzinfo=UTC))  # the next day there
    await shop.run(await shop.post(f"{path}/recalculate", {}, 202))
    clock.set(datetime(2026, 11, 19, 2, 0, tzinfo=UTC))
    await start_due(engines)
    await shop.run(await shop.get(path))
    clock.set(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    series = await shop.get(f"{path}/series?days=5")
    assert series["timezone"] == "Europe/Oslo"
    told = [(d["day"][-2:], d["size"], d["entered"], d["left"], d["changes"], d["skipped"]) for d in series["days"]]
    assert told == [
        ("16", 6, 6, 0, 1, 0),
        ("17", 6, 6, 6, 1, 0),
        ("18", 6, 0, 0, 0, 0),
        ("19", 6, 0, 0, 1, 1),
        ("20", 6, 0, 0, 0, 0),
    ]
    assert by_source(series["sources"]) == {"api": (12, 6, 2), "schedule": (0, 0, 1)}
    assert by_source(series["days"][3]["sources"]) == {"schedule": (0, 0, 1)}
    later = await shop.get(f"{path}/series?days=2")
    assert [d["size"] for d in later["days"]] == [6, 6], "the size before the period is known"
    for wrong in ("0", "401", "x"):
        assert (await shop.api.get(f"/api/v1{path}/series?days={wrong}")).status_code in (400, 422)


async def test_series_of_a_static_segment(shop: Shop, clock: FixedClock) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    assert [d["size"] for d in (await shop.get(f"{path}/series?days=2"))["days"]] == [None, 0]
    await shop.post(f"{path}/members/add", {"profile_ids": [1, 2, 3]})
    await shop.run(await shop.post(f"{path}/fill", {"condition": VIP}, 202))
    clock.advance(timedelta(days=2))
    await shop.post(f"{path}/members/remove", {"profile_ids": [1]})
    series = await shop.get(f"{path}/series?days=4")
    assert [d["size"] for d in series["days"]] == [None, 8, 8, 7]
    assert by_source(series["sources"]) == {"fill": (5, 0, 1), "api": (3, 1, 2)}
    dynamic = await shop.make("dynamic", condition=member(made["id"]))
    await shop.get(f"/segments/{dynamic['id']}/series", 409)
