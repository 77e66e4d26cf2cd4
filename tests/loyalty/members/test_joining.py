"""Ways into a program and out of it: everybody, a segment, an order, by hand; who comes back and who does not."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.kernel.errors import Problem
from fidelia.loyalty import ledger, members
from fidelia.loyalty.members.service import work

from .conftest import PEOPLE, SYSTEM, Desk


async def balance(desk: Desk, profile: int) -> str:
    found = await desk.get(f"{desk.path}/members/{profile}")
    return next(b["active"] for b in found["member"]["balances"] if b["key"] == "stars")


async def test_everybody_is_let_in_with_what_they_begin_with(desk: Desk) -> None:
    await desk.make()
    assert await desk.activate() == {"joined": PEOPLE, "raised": 0, "lowered": 0}
    assert await desk.members() == BitMap(range(1, PEOPLE + 1))
    assert await balance(desk, 7) == "10"
    assert await desk.level(7) == "basic"
    assert await desk.moves(7) == [(None, "Basic", "joined")]
    summary = await desk.get(f"{desk.path}/members/summary")
    assert (summary["members"], summary["joined"], summary["removed"]) == (PEOPLE, PEOPLE, 0)
    assert [(size["members"]) for size in summary["levels"]] == [PEOPLE]


async def test_the_job_done_twice_changes_nothing(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    async with desk.engines.tx() as tx:
        job = await work.programs.enrol_all(tx, SYSTEM, await work.programs.program(tx, desk.program))
    assert await desk.work(job.id) == {"joined": 0, "raised": 0, "lowered": 0}
    assert await balance(desk, 7) == "10"


async def test_new_profiles_come_in_when_they_are_made(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    async with desk.engines.tx() as tx:
        await profiles.upsert(tx, SYSTEM, desk.database, [{"email": "new@example.com"}, {"email": "p1@example.com"}])
    await desk.engines.catch_up()
    await work.round_of(desk.engines)
    assert await desk.members() == BitMap(range(1, PEOPLE + 2))
    assert await balance(desk, PEOPLE + 1) == "10"
    await desk.call("POST", f"{desk.path}/deactivate")
    async with desk.engines.tx() as tx:
        await profiles.upsert(tx, SYSTEM, desk.database, [{"email": "later@example.com"}])
    await desk.engines.catch_up()
    await work.round_of(desk.engines)
    assert PEOPLE + 2 not in await desk.members()


async def test_a_segment_lets_in_and_never_takes_out(desk: Desk) -> None:
    async with desk.engines.tx() as tx:
        wanted = segments.Definition(database_id=desk.database, name=f"Regulars {desk.database}", type="static")
        segment = await segments.create_segment(tx, SYSTEM, wanted)
        await segments.add_members(tx, SYSTEM, segment.id, [1, 2, 3])
    await desk.make(audience="segment", segment_id=segment.id)
    assert (await desk.activate())["joined"] == 3
    await work.tick_segments(desk.engines)
    await desk.settle_jobs()
    async with desk.engines.tx() as tx:
        await segments.add_members(tx, SYSTEM, segment.id, [4])
        await segments.remove_members(tx, SYSTEM, segment.id, [1])
    await work.tick_segments(desk.engines)
    await desk.settle_jobs()
    assert await desk.members() == BitMap([1, 2, 3, 4])
    reply = await desk.call("DELETE", f"/segments/{segment.id}", status=409)
    assert "loyalty program Club" in reply["detail"]


async def test_just_in_time(desk: Desk) -> None:
    await desk.make()
    await desk.call("POST", f"{desk.path}/activate")  # the job has not run yet
    await desk.earn(5, 600)
    assert await desk.level(5) == "silver"
    assert await desk.moves(5) == [(None, "Basic", "joined"), ("Basic", "Silver", "points")]
    async with desk.engines.tx() as tx:
        with pytest.raises(Problem) as refused:
            await members.require(tx, desk.program, [4_000])
    assert refused.value.status == 404
    await desk.settle_jobs()
    assert await desk.members() == BitMap(range(1, PEOPLE + 1))


async def test_by_hand_only(desk: Desk) -> None:
    await desk.make(audience="manual")
    assert (await desk.activate())["joined"] == 0
    async with desk.engines.tx() as tx:
        with pytest.raises(Problem, match="Profile 5 is no member of the program Club"):
            await members.require(tx, desk.program, [5])
    body = {"profile_ids": [5, 999], "joined_at": "2026-01-31T08:00:00Z"}
    path = f"{desk.path}/members"
    assert await desk.call("POST", path, body, 201) == {"joined": 1, "already": 0, "unknown": [999]}
    assert await desk.call("POST", path, body, 201) == {"joined": 0, "already": 1, "unknown": [999]}
    found = await desk.get(f"{path}/5")
    assert found["member"]["joined_at"] == "2026-01-31T08:00:00Z"
    assert found["member"]["source"] == "api"
    keys = {"matching": "email", "keys": ["P6@example.com", "nobody@example.com"]}
    assert await desk.call("POST", path, keys, 201) == {"joined": 1, "already": 0, "unknown": ["nobody@example.com"]}
    refused = await desk.call("POST", path, {"keys": ["p7@example.com"]}, 422)
    assert refused["errors"][0]["pointer"] == "/matching"
    refused = await desk.call("POST", path, {"profile_ids": [7], "joined_at": "2027-01-01T00:00:00Z"}, 422)
    assert refused["errors"][0]["pointer"] == "/joined_at"


async def test_who_was_removed_stays_out_until_let_in_by_hand(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    await desk.earn(5, 600)
    assert (await desk.call("POST", f"{desk.path}/members/remove", {"profile_ids": [5, 6, 999]}))["removed"] == 2
    await desk.call("DELETE", f"{desk.path}/members/6", status=204)
    assert 5 not in await desk.members()
    async with desk.engines.tx() as tx:
        with pytest.raises(Problem, match="Profile 5 was removed"):
            await members.require(tx, desk.program, [5])
        assert not await members.enrol(tx, desk.program, BitMap([5]), "everybody")
    assert (await desk.get(f"{desk.path}/members?removed=true"))["total"] == 2
    # Back by hand: with the points and the level that were there, and no second beginning.
    assert (await desk.call("POST", f"{desk.path}/members", {"profile_ids": [5]}, 201))["joined"] == 1
    assert await desk.level(5) == "silver"
    assert await balance(desk, 5) == "10"


async def test_events_and_the_history(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    await desk.earn(5, 600)
    await desk.engines.catch_up()
    rows = await desk.engines.clickhouse.query(
        f"select type, profile, props.level.:`String`, props.direction.:`String` from e_{desk.database}"
        " where type like 'loyalty.%' and profile = 5 order by type desc"
    )
    assert [row for row in rows if row[0] != "loyalty.accrued"] == [
        ("loyalty.level_changed", 5, "silver", "up"),
        ("loyalty.joined", 5, None, None),
    ]


async def test_conditions_ask_for_members_and_levels(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    await desk.earn(5, 600)
    await desk.call("POST", f"{desk.path}/members/remove", {"profile_ids": [6]})
    program = await desk.get(desk.path)
    level = f"loyalty.{program['external_id']}.levels.status"

    async def count(condition: dict[str, object]) -> int:
        body = {"database_id": desk.database, "condition": condition}
        return int((await desk.call("POST", "/segments/calculate", body))["count"])

    assert await count({"kind": "compare", "field": level, "op": "eq", "value": "silver"}) == 1
    assert await count({"kind": "compare", "field": level, "op": "eq", "value": "basic"}) == PEOPLE - 2
    assert await count({"kind": "compare", "field": level, "op": "is_missing"}) == 1
    assert await count({"kind": "member", "of": {"program": desk.program}}) == PEOPLE - 1
    assert await count({"kind": "member", "of": {"program": desk.program}, "state": "left"}) == 1
    joined = f"loyalty.{program['external_id']}.joined_at"
    assert await count({"kind": "compare", "field": joined, "op": "in_last", "value": "P30D"}) == PEOPLE - 1


async def test_erased_and_merged_people(desk: Desk) -> None:
    await desk.make()
    await desk.activate()
    await desk.earn(5, 600)
    await desk.earn(6, 2000)
    async with desk.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, desk.database, [9])
    assert 9 not in await desk.members()
    body = {"destination": 5, "sources": [6]}
    await desk.call("POST", f"/databases/{desk.database}/profiles/merge", body)
    assert 6 not in await desk.members()
    assert await desk.level(5) == "gold"
    assert ("Basic", "Gold", "points") in await desk.moves(5)
    await desk.earn(5, 1)
    async with desk.engines.tx() as tx:
        assert await ledger.earned(tx, desk.miles, [5]) == {5: 2601}
    card = await desk.get(f"/databases/{desk.database}/profiles/5/loyalty")
    assert [item["program"] for item in card["items"]] == ["Club"]


async def test_members_are_found_by_address_phone_and_card_and_sorted_by_balance(desk: Desk) -> None:
    await desk.call(
        "POST", f"/databases/{desk.database}/fields", {"name": "card", "type": "string", "unique": True}, 201
    )
    await desk.make()
    await desk.activate()
    person = {"email": "p3@example.com", "card": "2900-7", "phones": ["+47 22 33 44 55"], "external_id": "C-3"}
    body = {"matching": "email", "mode": "upsert", "items": [person]}
    await desk.call("POST", f"/databases/{desk.database}/profiles/upsert", body)
    find = f"{desk.path}/members/find"
    for matching, key in (
        ("email", "P3@Example.com"),
        ("phone", "+4722334455"),
        ("external_id", "C-3"),
        ("card", "2900-7"),
    ):
        found = (await desk.api.get(f"/api/v1{find}", params={"matching": matching, "key": key})).json()
        assert (found["profile_id"], found["member"]["profile"]["first_name"]) == (3, "Person 3"), (matching, found)
        assert [one["total"] for one in found["member"]["balances"]] == ["10", "0"]
        assert found["member"]["levels"][0]["level"] == "Basic"
    await desk.get(f"{find}?matching=email&key=nobody@example.com", 404)
    for query, pointer in (("matching=moons&key=1", "/matching"), ("matching=phone&key=x", "/key")):
        refused = await desk.get(f"{find}?{query}", 422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
    await desk.call("POST", f"{desk.path}/members/3/accrue", {"points": "stars", "amount": "5.25"})
    await desk.call("POST", f"{desk.path}/members/9/redeem", {"points": "stars", "amount": "5"})
    order, cursor = [], ""
    while cursor is not None:
        page = await desk.get(f"{desk.path}/members?sort=-balance&limit=7{cursor and '&cursor=' + cursor}")
        order += [item["profile_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert order == [3, *(n for n in range(PEOPLE, 0, -1) if n not in (3, 9)), 9]
    await desk.earn(4, 7)
    page = await desk.get(f"{desk.path}/members?sort=-balance&points=miles&limit=1")
    assert page["items"][0]["profile_id"] == 4
    await desk.get(f"{desk.path}/members?sort=balance&points=moons", 422)
