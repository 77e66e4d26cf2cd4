"""The global control group through the API: drawn, refreshed, changed, switched off, deleted and made again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.control import refresh, rules, store

from ...conftest import api_client
from .conftest import STRATA, SYSTEM, Group


async def test_drawn_in_every_stratum_to_within_one_person(group: Group) -> None:
    await group.get(status=404)
    made = await group.make(strata=STRATA)
    assert (made["size"], made["people"], made["waiting"], made["percent"]) == (60, 600, 0, 10.0)
    assert made["open_run"] is None
    assert made["last_run"]["state"] == "done"
    assert made["started_at"] == "2026-11-16T12:00:00Z"
    members = await group.members()
    assert len(members) == 60
    async with group.engines.tx() as tx:
        database = await profiles.get_database(tx, group.database)
        age = database.by_name["age"].column
        rows = await (await (await tx.raw()).execute(f"select id, city, {age} from {database.table}")).fetchall()
    strata: dict[str, set[int]] = {}
    for id_, city, years in rows:
        where = {"oslo": "Oslo", "bergen": "West and north", "trondheim": "West and north"}
        first = "no City" if city is None else where.get(city.lower(), "another City")
        first = "oslo" if first == "Oslo" else first
        second = (
            "no Age" if years is None else "under 30" if years < 30 else "30 to 50" if years < 50 else "50 and more"
        )
        strata.setdefault(f"{first} · {second}", set()).add(id_)
    told = {part["label"]: part for part in made["parts"]}
    assert told.keys() == strata.keys()
    for label, people in strata.items():
        part = told[label]
        assert part["people"] == len(people)
        assert part["control"] == len(members & BitMap(people))
        assert abs(part["control"] - len(people) / 10) < 1, label
    assert await group.events("control.entered") == list(members)
    people = await group.get("/members?columns=email&limit=25")
    assert people["total"] == 60
    assert [row["profile_id"] for row in people["items"]] == list(members)[:25]
    rest = await group.get(f"/members?columns=email&limit=50&cursor={people['next_cursor']}")
    assert [row["profile_id"] for row in rest["items"]] == list(members)[25:]
    one = members[7]
    found = await group.get(f"/members?q=p{one}@example.com")
    assert ([row["profile_id"] for row in found["items"]], found["total"]) == ([one], 1)
    outside = next(n for n in range(1, 601) if n not in members)
    assert (await group.get(f"/members?q=p{outside}@example.com"))["items"] == []
    oslo = await group.get("/members?q=city:Oslo&limit=5")
    there = list(members & BitMap(range(4, 601, 4)))
    shown = [row["profile_id"] for row in oslo["items"]]
    more = await group.get(f"/members?q=city:Oslo&limit=1000&cursor={oslo['next_cursor']}")
    assert shown + [row["profile_id"] for row in more["items"]] == [n for n in there if n % 10]


async def test_newcomers_join_at_a_refresh_and_nobody_changes_sides(group: Group) -> None:
    await group.make(strata=STRATA)
    before = await group.members()
    new = BitMap(await group.grow(200))
    assert (await group.get())["waiting"] == 200
    run = await group.refresh()
    after = await group.members()
    assert (run["joined"], run["people"], run["size"]) == (200, 800, 80)
    assert before <= after
    assert after - before <= new
    assert run["entered"] == len(after - before) == 20
    # A person who moves stays where they are.
    async with group.engines.tx() as tx:
        for id_ in list(after)[:10]:
            change = profiles.Change(set={"city": "Paris", "age": 99})
            await profiles.change_profile(tx, SYSTEM, group.database, id_, change)
    assert (await group.refresh())["joined"] == 0
    assert await group.members() == after
    assert sorted(await group.events("control.entered")) == list(after)
    history = await group.get("/history")
    assert [run["joined"] for run in history["items"]] == [0, 200, 600]
    assert history["total"] == 3


async def test_due_refreshes_start_by_themselves(group: Group, clock: FixedClock) -> None:
    made = await group.make()
    assert made["schedule"]["at"] == "03:00"
    assert made["next_refresh_at"] == "2026-11-17T02:00:00Z"
    await group.grow(100)
    await refresh.start_due(group.engines)
    assert (await group.get())["open_run"] is None
    clock.set(clock.now() + timedelta(days=1))
    await refresh.start_due(group.engines)
    await refresh.start_due(group.engines)
    now = await group.get()
    assert now["open_run"]["source"] == "schedule"
    assert now["next_refresh_at"] == "2026-11-18T02:00:00Z"
    await run_job(group.engines, now["open_run"]["job_id"])
    assert (await group.get())["size"] == 70
    assert (await group.patch(schedule=None))["next_refresh_at"] is None


async def test_asking_twice_gives_the_same_job(group: Group) -> None:
    await group.make()
    first = await group.call("POST", "/refresh", status=202)
    second = await group.call("POST", "/refresh", status=202)
    assert first["job"]["id"] == second["job"]["id"]
    await run_job(group.engines, first["job"]["id"])
    # Run again, as after a crash: nothing happens twice.
    members = await group.members()
    async with group.engines.tx() as tx:
        run = await store.RUNS.last(tx, (await store.get(tx, group.database)).id)
    assert run is not None
    await group.refresh()
    assert await group.members() == members


async def test_drawing_many_keeps_nobody_waiting(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that draws answers requests too, so the split is worked out beside its event loop."""
    real, where = refresh.assign, []

    def assign(*args: Any) -> Any:
        where.append(threading.get_ident())
        return real(*args)

    monkeypatch.setattr(refresh, "assign", assign)
    assert (await group.make())["size"] == 60
    assert len(where) == 1
    assert where[0] != threading.get_ident()


async def test_a_killed_draw_begins_again(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await group.call("POST", body={"percent": 10}, status=201)
    real = store.RUNS.end

    async def die(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(store.RUNS, "end", die)
    run_id = made["open_run"]["id"]
    ctx = refresh.JobContext(group.engines, "x", actor="t", database_id=group.database, attempt=1)
    with pytest.raises(KeyboardInterrupt):
        await refresh.run_refresh(ctx, database_id=group.database, run_id=run_id)
    monkeypatch.setattr(store.RUNS, "end", real)
    assert await group.members() == BitMap()
    assert (await group.get())["started_at"] is None
    ctx = refresh.JobContext(group.engines, "again", actor="t", database_id=group.database, attempt=2)
    await refresh.run_refresh(ctx, database_id=group.database, run_id=run_id)
    assert (await group.get())["size"] == 60
    assert await group.events("control.entered") == list(await group.members())


async def test_a_new_share_counts_for_newcomers_only(group: Group) -> None:
    await group.make()
    before = await group.members()
    assert (await group.patch(percent=50))["size"] == 60
    await group.grow(100)
    run = await group.refresh()
    assert (run["entered"], run["size"]) == (50, 110)
    assert before <= await group.members()
    await group.patch(percent=1.5)
    await group.grow(200)
    assert (await group.refresh())["entered"] == 3
    async with group.engines.tx() as tx:
        row = await store.get(tx, group.database)
        sizes = {epoch: len(people) for (epoch, _), (_, people) in (await store.strata(tx, row.id)).items()}
    assert sizes == {1: 600, 2: 100, 3: 200}


async def test_the_cap_holds_and_its_newcomers_are_compared_apart(group: Group) -> None:
    made = await group.make(cap=40, strata=STRATA)
    assert (made["size"], made["last_run"]["target"]) == (40, 40)
    assert "cap" in {warning["kind"] for warning in made["warnings"]}
    for _ in range(2):
        await group.grow(100)
        assert (await group.refresh())["entered"] == 0
    async with group.engines.tx() as tx:
        row = await store.get(tx, group.database)
        epochs = {epoch for epoch, _ in await store.strata(tx, row.id)}
    assert epochs == {1, 2}
    await group.patch(cap=45)
    await group.grow(100)
    assert (await group.refresh())["size"] == 45


async def test_what_would_break_the_comparison_is_refused(group: Group) -> None:
    await group.make(strata=STRATA)
    refused = await group.patch(strata=[], status=409)
    assert refused["errors"][0]["pointer"] == "/strata"
    assert "make it again" in refused["detail"]
    await group.call("POST", body={"percent": 5}, status=409)
    await group.patch(version=77, percent=5, status=409)
    # The field that people are divided by stays.
    async with group.engines.tx() as tx:
        field = (await profiles.get_database(tx, group.database)).by_name["age"]
    reply = await group.api.delete(f"/api/v1/databases/{group.database}/fields/{field.name}?confirm=age")
    assert reply.status_code == 409
    assert "global control group" in reply.text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"percent": 0}, "/percent"),
        ({"percent": 100}, "/percent"),
        ({"percent": 1.00001}, "/percent"),
        ({"percent": "5"}, "/percent"),
        ({"cap": 0}, "/cap"),
        ({"schedule": {"at": "25:00"}}, "/schedule/at"),
        ({"schedule": {"at": "03:00", "timezone": "Mars"}}, "/schedule/timezone"),
        ({"exceptions": [{"kind": "mailing", "id": 0}]}, "/exceptions/0/id"),
        ({"strata": [{"field": "shoe"}]}, "/strata/0/field"),
        ({"strata": [{"field": "vip"}, {"field": "vip"}]}, "/strata/1/field"),
        ({"strata": [{"field": "city"}]}, "/strata/0"),
        ({"strata": [{"field": "likes", "lists": [{"values": ["tea"]}]}]}, "/strata/0/field"),
        ({"strata": [{"field": "city", "ranges": [{"to": 3}]}]}, "/strata/0/field"),
        ({"strata": [{"field": "city", "lists": [{"values": []}]}]}, "/strata/0/lists/0/values"),
        ({"strata": [{"field": "city", "lists": [{"values": ["a", "A"]}]}]}, "/strata/0/lists/0/values/1"),
        ({"strata": [{"field": "age", "lists": [{"values": ["a"]}]}]}, "/strata/0/lists/0/values/0"),
        ({"strata": [{"field": "age", "ranges": [{"from": 5, "to": 5}]}]}, "/strata/0/ranges/0/to"),
        ({"strata": [{"field": "age", "ranges": [{"to": 5}, {"from": 4}]}]}, "/strata/0/ranges/1/from"),
        ({"strata": [{"field": "age", "ranges": [{}]}]}, "/strata/0/ranges/0"),
        ({"strata": [{"field": "birth_date", "ranges": [{"to": "soon"}]}]}, "/strata/0/ranges/0/to"),
        ({"strata": [{"field": "age", "ranges": [{"from": n, "to": n + 1} for n in range(20)]},
                     {"field": "city", "lists": [{"values": [str(n)]} for n in range(20)]}]}, "/strata"),
    ],
)  # fmt: skip
async def test_wrong_groups_are_refused(group: Group, body: dict[str, object], pointer: str) -> None:
    problem = await group.call("POST", body={"percent": 10, **body}, status=422)
    assert problem["errors"][0]["pointer"] == pointer, problem
    await group.get(status=404)


async def test_a_plan_tells_before_anything_is_stored(group: Group) -> None:
    plan = await group.call("POST", "/plan", {"percent": 10, "strata": STRATA})
    assert (plan["people"], plan["size"]) == (600, 60)
    assert sum(part["control"] for part in plan["parts"]) == 60
    assert plan["warnings"] == []
    assert 0.05 < plan["detectable"] < 0.15
    capped = await group.call("POST", "/plan", {"percent": 10, "cap": 8, "strata": STRATA})
    assert (capped["size"], capped["target"]) == (8, 60)
    assert {"cap", "too_small"} <= {warning["kind"] for warning in capped["warnings"]}
    await group.call("POST", "/plan", {"percent": 10, "strata": [{"field": "city"}]}, status=422)
    await group.get(status=404)


async def test_deleted_and_made_again_draws_others(group: Group) -> None:
    first = await group.make()
    before = await group.members()
    assert await group.call("DELETE") == {"left": 60}
    assert await group.events("control.left") == list(before)
    await group.get(status=404)
    again = await group.make()
    after = await group.members()
    assert len(after) == 60
    assert after != before
    assert again["id"] != first["id"]
    assert (await group.refresh())["joined"] == 0


async def test_a_draw_of_a_deleted_group_ends(group: Group) -> None:
    made = await group.call("POST", body={"percent": 10}, status=201)
    await group.call("DELETE")
    await run_job(group.engines, made["open_run"]["job_id"])
    job = (await group.api.get(f"/api/v1/jobs/{made['open_run']['job_id']}")).json()
    assert job["state"] == "cancelled"
    assert await group.members() == BitMap()


async def test_where_somebody_stands_and_erasure(group: Group) -> None:
    await group.make(strata=STRATA)
    members = await group.members()
    person = members[0]
    other = next(n for n in range(1, 601) if n not in members)
    (new,) = await group.grow(1)

    async def side(profile: int, status: int = 200) -> tuple[str | None, bool, bool]:
        reply = await group.api.get(f"/api/v1/databases/{group.database}/profiles/{profile}/control-group")
        assert reply.status_code == status
        told = reply.json()
        return told.get("side"), told.get("since") is not None, told.get("stratum") is not None

    assert await side(person) == ("control", True, True)
    assert await side(other) == ("rest", True, True)
    assert await side(new) == ("waiting", False, False)
    await side(9999, 404)
    async with group.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, group.database, [person, other])
    assert person not in await group.members()
    now = await group.get()
    assert (now["size"], now["people"], now["waiting"]) == (59, 598, 1)
    async with group.engines.tx() as tx:
        row = await store.get(tx, group.database)
        assert await store.assigned_at(tx, row.id, person) is None
    await side(person, 404)
    # The free place goes to newcomers of the same stratum only, and only as far as the share goes.
    await group.refresh()
    assert len(await group.members()) in (59, 60)


async def test_conditions_may_ask_for_members_while_it_is_off(group: Group) -> None:
    await group.make()
    members = await group.members()
    off = await group.patch(active=False)
    assert (off["active"], off["size"], off["next_refresh_at"]) == (False, 60, None)
    assert off["switched_off_at"] is not None
    assert await group.members() == members
    async with group.engines.tx() as tx:
        assert await segments.kept_back(tx, group.database, "mailing", 1, members) == BitMap()
    await group.call("POST", "/refresh", status=409)
    on = await group.patch(active=True)
    assert (on["active"], on["switched_off_at"]) == (True, None)
    assert on["next_refresh_at"] is not None


async def test_every_change_is_in_the_audit_log(group: Group) -> None:
    await group.make()
    await group.patch(percent=20)
    await group.call("DELETE")
    log = (await group.api.get("/api/v1/audit", params={"limit": 10})).json()["items"]
    mine = [e for e in log if e["kind"] == "control_group" and e["object_id"] == str(group.database)]
    assert [e["action"] for e in mine] == ["control_group.deleted", "control_group.updated", "control_group.created"]
    assert mine[1]["before"] == {"percent": 10.0}
    assert mine[1]["after"] == {"percent": 20.0}


async def test_rights(group: Group, engines: Engines) -> None:
    await group.make()
    async with api_client(engines, roles=("viewer",)) as viewer:
        assert (await viewer.get(f"/api/v1{group.path}")).status_code == 200
        for method, path in (("POST", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/refresh")):
            more = {} if method == "DELETE" else {"json": {"percent": 5} if path == "" else {}}
            reply = await viewer.request(method, f"/api/v1{group.path}{path}", **more)
            assert reply.status_code == 403, (method, path, reply.text)


async def test_the_group_goes_with_its_database(group: Group) -> None:
    await group.make()
    async with group.engines.tx() as tx:
        name = (await profiles.get_database(tx, group.database)).name
        await profiles.delete_database(tx, Actor.system(), group.database, name)
    async with group.engines.tx() as tx:
        assert await store.find(tx, group.database) is None


async def test_the_same_salt_draws_the_same_people(group: Group) -> None:
    await group.make(strata=STRATA)
    members = await group.members()
    async with group.engines.tx() as tx:
        row = await store.get(tx, group.database)
        strata = {key: people for (_, key), (_, people) in (await store.strata(tx, row.id)).items()}
    assert rules.split(strata, row.share, row.salt).control == members
