"""Static segments: what people and programs put in, the log, the events, and the same members wherever one asks."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.segments import add_members, members, remove_members, segment_people

from .conftest import ALWAYS, SYSTEM, Shop, compare, every, inverse, member

EVERYBODY = set(range(1, 13))


async def test_adding_and_removing(shop: Shop) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    assert await shop.post(f"{path}/members/add", {"profile_ids": [1, 2, 3]}) == {
        "added": 3,
        "already": 0,
        "unknown": [],
    }
    assert await shop.post(f"{path}/members/add", {"profile_ids": [3, 4, 4, 999]}) == {
        "added": 1,
        "already": 1,
        "unknown": [999],
    }
    assert await shop.post(f"{path}/members/remove", {"profile_ids": [1, 9, 998]}) == {
        "removed": 1,
        "absent": 1,
        "unknown": [998],
    }
    assert await shop.members(made["id"]) == [2, 3, 4]
    assert (await shop.get(path))["size"] == 3
    log = (await shop.get(f"{path}/log"))["items"]
    assert [(e["action"], e["source"], e["entered"], e["left"], e["size"]) for e in log] == [
        ("remove", "api", 0, 1, 3),
        ("add", "api", 1, 0, 4),
        ("add", "api", 3, 0, 3),
    ]
    assert await shop.members(made["id"], f"&log={log[1]['id']}") == [4]
    assert await shop.events(made["id"]) == [
        *(("segment.entered", n, "api") for n in (1, 2, 3, 4)),
        ("segment.left", 1, "api"),
    ]
    assert await shop.post(f"{path}/clear", {"skip_triggers": True}) == {"removed": 3}
    assert await shop.members(made["id"]) == []
    assert len(await shop.events(made["id"])) == 5
    await shop.get(f"{path}/members?log=999999", 404)


@pytest.mark.parametrize("body", [{"profile_ids": []}, {"profile_ids": [0]}, {"profile_ids": ["1"]}, {"ids": [1]}, {}])
async def test_wrong_ids_are_refused(shop: Shop, body: dict[str, object]) -> None:
    made = await shop.make("static")
    problem = await shop.post(f"/segments/{made['id']}/members/add", body, 422)
    assert problem["errors"][0]["pointer"].startswith(("/profile_ids", "/ids"))


async def test_only_static_segments_are_edited_by_hand(shop: Shop) -> None:
    dynamic = await shop.make("dynamic", condition=ALWAYS)
    updatable = await shop.updatable(ALWAYS)
    for made, word in ((dynamic, "dynamic"), (updatable, "updatable")):
        for verb in ("members/add", "members/remove"):
            refused = await shop.post(f"/segments/{made['id']}/{verb}", {"profile_ids": [1]}, 409)
            assert word in refused["detail"]
        assert word in (await shop.post(f"/segments/{made['id']}/clear", {}, 409))["detail"]
        assert word in (await shop.post(f"/segments/{made['id']}/fill", {"condition": ALWAYS}, 409))["detail"]
    assert await shop.members(updatable["id"]) == sorted(EVERYBODY)
    static = await shop.make("static")
    for made in (static, dynamic):
        assert (await shop.post(f"/segments/{made['id']}/recalculate", {}, 409))["status"] == 409


async def test_conditions_see_a_change_at_once(shop: Shop) -> None:
    made = await shop.make("static")
    for n in range(1, 13):
        await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [n]})
        assert await shop.who(member(made["id"])) == set(range(1, n + 1))
        assert await shop.who(inverse(member(made["id"])), nodes=True) == set(range(n + 1, 13))


async def test_a_static_segment_is_filled_once_from_a_condition(shop: Shop) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    await shop.post(f"{path}/members/add", {"profile_ids": [2]})
    ended = await shop.run(await shop.post(f"{path}/fill", {"condition": compare("profile.vip", "eq", False)}, 202))
    assert ended["state"] == "done"
    assert (ended["result"]["entered"], ended["result"]["left"], ended["result"]["size"]) == (6, 0, 7)
    assert await shop.members(made["id"]) == [1, 2, 3, 5, 7, 9, 11]
    assert len(await shop.events(made["id"])) == 1, "the first bulk filling writes no events"
    body = {"condition": compare("profile.vip", "eq", True), "replace": True, "limit": 2}
    ended = await shop.run(await shop.post(f"{path}/fill", body, 202))
    assert (ended["result"]["size"], ended["result"]["triggers"]) == (2, True)
    assert (await shop.get(f"{path}/log"))["items"][0]["action"] == "fill"
    assert (await shop.get(path))["condition"] is None
    assert (await shop.post(f"{path}/fill", {"condition": member(made["id"])}, 422))["status"] == 422


async def test_concurrent_edits_lose_nothing(shop: Shop) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}/members/add"
    replies = await asyncio.gather(*(shop.post(path, {"profile_ids": [n, n % 12 + 1]}) for n in range(1, 13)))
    assert sum(reply["added"] for reply in replies) == 12
    assert await shop.members(made["id"]) == sorted(EVERYBODY)
    assert len(await shop.events(made["id"])) == 12


async def test_the_same_request_twice_does_it_once(shop: Shop) -> None:
    made = await shop.make("static")
    url = f"/api/v1/segments/{made['id']}/members/add"
    headers = {"Idempotency-Key": f"add-{made['id']}"}
    first, second = [await shop.api.post(url, json={"profile_ids": [1]}, headers=headers) for _ in range(2)]
    assert first.json() == second.json() == {"added": 1, "already": 0, "unknown": []}


async def test_a_list_is_what_a_set_would_be(shop: Shop, engines: Engines) -> None:
    """Random edits against Python's set, with the events adding up to the list."""
    made = await shop.make("static")
    model: set[int] = set()
    rnd = random.Random(5)
    async with engines.tx() as tx:
        for _ in range(60):
            ids = [rnd.randint(1, 14) for _ in range(rnd.randint(1, 6))]
            known = set(ids) & EVERYBODY
            if rnd.random() < 0.5:
                added = await add_members(tx, SYSTEM, made["id"], ids)
                assert (added.added, set(added.unknown)) == (len(known - model), set(ids) - EVERYBODY)
                model |= known
            else:
                removed = await remove_members(tx, SYSTEM, made["id"], ids)
                assert removed.removed == len(known & model)
                model -= known
            assert set(await members(tx, made["id"])) == model
    assert set(await segment_people(engines, made["id"])) == model == await shop.who(member(made["id"]))
    inside: set[int] = set()
    balance = dict.fromkeys(EVERYBODY, 0)
    for type_, profile, _ in await shop.events(made["id"]):
        balance[profile] += 1 if type_ == "segment.entered" else -1
    inside = {n for n, count in balance.items() if count}
    assert inside == model
    assert set(balance.values()) <= {0, 1}


async def test_erased_people_leave_every_list(shop: Shop, engines: Engines) -> None:
    static = await shop.make("static")
    async with engines.tx() as tx:
        ghost = (await profiles.create_profile(tx, SYSTEM, shop.database, {"email": "ghost@example.com"}))["id"]
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [1, ghost]})
    updatable = await shop.updatable(compare("profile.email", "starts_with", "ghost"))
    assert updatable["size"] == 1
    async with engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [ghost])
    assert await shop.members(static["id"]) == [1]
    assert (await shop.get(f"/segments/{updatable['id']}"))["size"] == 0
    assert await shop.who(member(static["id"])) == {1}
    log = (await shop.get(f"/segments/{static['id']}/log"))["items"][0]
    assert log["entered"] == 2
    assert await shop.members(static["id"], f"&log={log['id']}") == [1]


async def test_pages_search_and_files(shop: Shop, engines: Engines) -> None:
    made = await shop.make("static", name="Kaffe & kaker")
    path = f"/segments/{made['id']}"
    await shop.post(f"{path}/members/add", {"profile_ids": list(range(1, 13))})
    page = await shop.get(f"{path}/members?limit=2&columns=email,age,car")
    assert page["total"] == 12
    assert page["items"][0] == {
        "profile_id": 1,
        "email": "c1@example.com",
        "age": 20,
        "car": None,
    }
    assert [r["profile_id"] for r in (await shop.get(f"{path}/members?q=c7@example.com"))["items"]] == [7]
    assert [r["profile_id"] for r in (await shop.get(f"{path}/members?q=city:Oslo&limit=3"))["items"]] == [2, 3, 5]
    await shop.post(f"{path}/members/remove", {"profile_ids": [7]})
    assert (await shop.get(f"{path}/members?q=c7@example.com"))["items"] == []
    for wrong in ("columns=shoe", "sort=email", "cursor=abc", "columns=age,age"):
        await shop.get(f"{path}/members?{wrong}", 422)
    async with engines.tx() as tx:
        await profiles.change_profile(
            tx, SYSTEM, shop.database, 1, profiles.Change(set={"first_name": '=cmd|"x",1', "city": "@oslo"})
        )
    file = await shop.api.get(f"/api/v1{path}/export?columns=first_name,city,age,likes,car")
    assert file.headers["content-type"].startswith("text/csv")
    assert 'filename="kaffe---kaker-' in file.headers["content-disposition"]
    lines = file.text.split("\r\n")
    assert lines[0] == "profile_id,first_name,city,age,likes,car"
    assert lines[1] == '1,"\'=cmd|""x"",1",\'@oslo,20,"tea, rum",'
    assert len(lines) == 1 + 11 + 1
    assert '"{""make"":""Saab""' in lines[6]
    assert (await shop.api.get(f"/api/v1{path}/export?columns=shoe")).status_code == 422
    await shop.get("/segments/99999/members", 404)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_no_cell_begins_like_a_formula(value: object) -> None:
    from fidelia.segments.service.people import cell

    text = cell(value)
    if isinstance(value, str):
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert text.removeprefix("'") == value.removeprefix("'")
    assert isinstance(text, str)


async def test_members_of_other_databases_are_unknown(shop: Shop) -> None:
    other = await shop.post("/databases", {"name": "nobody here"}, 201)
    made = await shop.make("static", database_id=other["id"])
    added = await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [1, 2]})
    assert added == {"added": 0, "already": 0, "unknown": [1, 2]}
    assert (await shop.make("dynamic", 422, condition=every(member(made["id"]))))["status"] == 422
