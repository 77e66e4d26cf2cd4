"""Scores through the API: what may be made, who may write their fields, their schedule, change and end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fidelia import profiles
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.scores import compute, store

from ...conftest import NOW, api_client
from .conftest import NAMES, SYSTEM, Shop
from .reading import Bought

FIGURE = {"of": "orders_sum"}


def bought(*who: int) -> list[Bought]:
    return [Bought(n, NOW - timedelta(days=n), "EUR", Decimal(10 * n)) for n in who]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 61}, "/name"),
        ({"prefix": "RFM"}, "/prefix"),
        ({"prefix": "1rfm"}, "/prefix"),
        ({"prefix": "points"}, "/prefix"),
        ({"groups": 0}, "/groups"),
        ({"groups": 11}, "/groups"),
        ({"days": 0}, "/days"),
        ({"days": 3661}, "/days"),
        ({"currency": "euro"}, "/currency"),
        ({"figure": FIGURE}, "/figure"),
        ({"kind": "quantile"}, "/figure"),
        ({"kind": "quantile", "figure": {"of": "events"}}, "/figure/event"),
        ({"kind": "quantile", "figure": {"of": "events", "event": "custom.never"}}, "/figure/event"),
        ({"kind": "quantile", "figure": {"of": "orders_sum", "event": "order.paid"}}, "/figure/event"),
        ({"kind": "quantile", "figure": {"of": "field", "field": "email"}}, "/figure/field"),
        ({"kind": "quantile", "figure": {"of": "field", "field": "nothing"}}, "/figure/field"),
        ({"kind": "quantile", "figure": {"of": "orders_count", "field": "points"}}, "/figure/field"),
        ({"kind": "quantile", "figure": {"of": "field", "field": "points"}, "days": 9}, "/days"),
        ({"kind": "quantile", "figure": {"of": "orders_count"}, "currency": "EUR"}, "/currency"),
        ({"schedule": {"at": "03:00", "timezone": "Mars/Base"}}, "/schedule/timezone"),
        ({"schedule": {"at": "25:00"}}, "/schedule/at"),
        ({"wrong": 1}, "/wrong"),
    ],
)
async def test_wrong_definitions_are_refused(shop: Shop, body: dict[str, Any], pointer: str) -> None:
    reply = await shop.make(status=422, **body)
    assert [error["pointer"] for error in reply["errors"]] == [pointer]
    assert (await shop.get(f"{shop.home}/scores"))["items"] == []
    assert "rfm" not in [field["name"] for field in (await shop.get(f"{shop.home}/fields"))["items"]]


async def test_names_are_taken_once(shop: Shop) -> None:
    await shop.make()
    assert "choose another name" in (await shop.make(status=409, name="rfm", prefix="other"))["detail"]
    assert (await shop.make(status=422, name="Other"))["errors"][0]["pointer"] == "/prefix"
    await shop.get("/databases/999/scores", status=404)
    await shop.get(f"{shop.home}/scores/999999", status=404)


async def test_nobody_else_writes_its_fields(shop: Shop) -> None:
    await shop.buy(bought(1, 2, 3))
    score = await shop.make()
    before = await shop.values()
    assert [field["name"] for field in score["fields"]] == list(NAMES)
    fields = {field["name"]: field for field in (await shop.get(f"{shop.home}/fields"))["items"]}
    assert all(fields[name]["read_only"] and fields[name]["keeper"] == f"score:{score['id']}" for name in NAMES)
    person = f"{shop.home}/profiles/1"
    for change in ({"set": {"rfm": "111"}}, {"set": {"rfm": None}}, {"unset": ["rfm"]}, {"incr": {"rfm_rank": 1}}):
        assert (await shop.call("PATCH", person, change, 422))["errors"]
    told = await shop.call("PATCH", person, {"set": {"rfm_rank": 7}}, 422)
    assert "kept by a score" in told["errors"][0]["message"]
    for value in (3, None):
        body = {"matching": "external_id", "items": [{"external_id": "c1", "rfm_rank": value}]}
        reply = await shop.call("POST", f"{shop.home}/profiles/upsert", body)
        assert (reply["updated"], reply["rejected"]) == (0, 1)
    file = {"file": ("a.csv", "external_id,rfm_rank\nc1,1\n")}
    made = (await shop.api.post(f"/api/v1{shop.home}/imports", files=file)).json()
    mapping = [{"column": "external_id", "field": "external_id"}, {"column": "rfm_rank", "field": "rfm_rank"}]
    number = made.get("import", made)["id"]
    reply = await shop.call("PATCH", f"/imports/{number}", {"mapping": mapping}, 422)
    assert any("cannot be set" in error["message"] for error in reply["errors"])
    reply = await shop.call("PATCH", f"{shop.home}/fields/rfm", {"name": "mine"}, 409)
    assert "kept by a score" in reply["detail"]
    await shop.call("DELETE", f"{shop.home}/fields/rfm?confirm=rfm", status=409)
    await shop.call("PATCH", f"{shop.home}/fields/rfm", {"label": "How good"})
    with pytest.raises(Problem):
        async with shop.engines.tx() as tx:
            await profiles.create_profile(tx, SYSTEM, shop.database, {"external_id": "new", "rfm": "555"})
    assert await shop.values() == before
    # Others read them: in lists, in searches, in conditions.
    found = await shop.get(f"{shop.home}/profiles?columns=rfm,rfm_rank&q=rfm:{before[1][3]}")
    assert [row["id"] for row in found["items"]] == [who for who, values in before.items() if values[3] == before[1][3]]


async def test_only_what_differs_is_written(shop: Shop) -> None:
    await shop.buy(bought(1, 2, 3, 4, 5))
    score = await shop.make()
    assert score["last_run"]["changed"] == 5
    versions = await shop.values("version")
    run = await shop.compute(score["id"])
    assert (run["changed"], run["people"], run["source"]) == (0, 5, "api")
    assert await shop.values("version") == versions
    await shop.buy([Bought(9, NOW, "EUR", Decimal(1))])
    run = await shop.compute(score["id"])
    assert run["people"] == 6
    changed = {who for who, version in (await shop.values("version")).items() if versions[who] != version}
    assert run["changed"] == len(changed)
    assert 9 in changed
    history = await shop.get(f"{shop.home}/scores/{score['id']}/runs?limit=2")
    assert history["total"] == 3
    rest = await shop.get(f"{shop.home}/scores/{score['id']}/runs?limit=2&cursor={history['next_cursor']}")
    assert [item["changed"] for item in [*history["items"], *rest["items"]]] == [run["changed"], 0, 5]


async def test_values_go_when_the_reason_does(shop: Shop, clock: FixedClock) -> None:
    await shop.buy(bought(1, 8))
    score = await shop.make(days=10)
    assert set(await shop.values()) == {1, 8}
    clock.set(NOW + timedelta(days=3))
    run = await shop.compute(score["id"])
    assert (run["people"], run["without"], run["changed"]) == (1, 19, 2)
    assert set(await shop.values()) == {1}


async def test_runs_when_it_is_time(shop: Shop, clock: FixedClock) -> None:
    await shop.buy(bought(1, 2, 3))
    score = await shop.make(schedule={"at": "03:00", "weekdays": ["wednesday"], "timezone": "America/New_York"})
    assert score["next_run_at"] == "2026-11-18T08:00:00Z"
    clock.set(NOW + timedelta(days=1))
    await compute.start_due(shop.engines)
    assert (await shop.score(score["id"]))["open_run"] is None
    clock.set(NOW + timedelta(days=1, hours=20))
    await compute.start_due(shop.engines)
    await compute.start_due(shop.engines)
    found = await shop.score(score["id"])
    assert found["next_run_at"] == "2026-11-25T08:00:00Z"
    assert (found["open_run"]["source"], found["open_run"]["actor"]) == ("schedule", "Schedule")
    again = await shop.call("POST", f"{shop.home}/scores/{score['id']}/compute", status=202)
    assert again["job"]["id"] == found["open_run"]["job_id"]
    await run_job(shop.engines, found["open_run"]["job_id"])
    found = await shop.score(score["id"])
    assert (found["last_run"]["state"], found["last_run"]["as_of"]) == ("done", "2026-11-18T08:00:00Z")
    changed = await shop.call("PATCH", f"{shop.home}/scores/{score['id']}", {"schedule": None})
    assert (changed["next_run_at"], changed["open_run"], changed["version"]) == (None, None, 2)
    clock.set(NOW + timedelta(days=30))
    await compute.start_due(shop.engines)
    assert (await shop.score(score["id"]))["open_run"] is None


async def test_changes_are_computed_at_once(shop: Shop) -> None:
    await shop.buy(bought(1, 2, 3, 4, 5, 6))
    score = await shop.make()
    path = f"{shop.home}/scores/{score['id']}"
    told = await shop.call("PATCH", path, {"groups": 3, "name": "Value", "version": 1})
    assert told["open_run"] is not None
    await shop.call("PATCH", path, {"groups": 4}, 409)
    await shop.call("PATCH", path, {"name": "Worth"})
    assert "Somebody" in (await shop.call("PATCH", path, {"groups": 2, "version": 1}, 409))["detail"]
    await run_job(shop.engines, told["open_run"]["job_id"])
    score = await shop.score(score["id"])
    assert score["last_run"]["state"] == "done", score["last_run"]["error"]
    assert {values[2] for values in (await shop.values()).values()} == {1, 2, 3}
    assert score["fields"][0]["label"] == "Worth: recency"
    assert "1 to 3" in score["fields"][0]["description"]
    await shop.call("PATCH", path, {"groups": 3}, 200)
    audit = await shop.get("/audit?limit=50")
    assert [row["action"] for row in audit["items"] if row["action"].startswith("score.")][:3] == [
        "score.updated",
        "score.updated",
        "score.created",
    ]


async def test_deleted_only_when_nothing_uses_it(shop: Shop) -> None:
    await shop.buy(bought(1, 2, 3))
    score = await shop.make()
    path = f"{shop.home}/scores/{score['id']}"
    top = {"kind": "compare", "field": "profile.rfm_rank", "op": "gt", "value": 90}
    body = {"database_id": shop.database, "name": f"Top {shop.database}", "type": "dynamic", "condition": top}
    segment = await shop.call("POST", "/segments", body, 201)
    quantile: dict[str, Any] = {
        "kind": "quantile",
        "prefix": "again",
        "figure": {"of": "field", "field": "rfm_frequency"},
    }
    other = await shop.make(name="Again", **quantile)
    assert (await shop.score(score["id"]))["used_by"] == ["score Again", f"segment Top {shop.database}"]
    await shop.call("DELETE", f"{path}?confirm=wrong", status=422)
    refused = await shop.call("DELETE", f"{path}?confirm=RFM", status=409)
    assert set(refused["used_by"]) == {"score Again", f"segment Top {shop.database}"}
    await shop.call("DELETE", f"{shop.home}/scores/{other['id']}?confirm=Again", status=204)
    await shop.call("DELETE", f"/segments/{segment['id']}", status=204)
    await shop.call("DELETE", f"{path}?confirm=RFM", status=204)
    await shop.get(f"{shop.home}/scores/{score['id']}", status=404)
    names = [field["name"] for field in (await shop.get(f"{shop.home}/fields"))["items"]]
    assert not set(NAMES) & set(names)
    assert (await shop.make())["last_run"]["state"] == "done"  # the names are free again


async def test_an_updatable_segment_follows(shop: Shop) -> None:
    await shop.buy(bought(*range(1, 11)))
    score = await shop.make()
    top = {"kind": "compare", "field": "profile.rfm_rank", "op": "gt", "value": 80}
    body = {"database_id": shop.database, "name": f"Best {shop.database}", "type": "updatable", "condition": top}
    made = await shop.call("POST", "/segments", body, 201)
    await run_job(shop.engines, made["last_run"]["job_id"])
    segment = f"/segments/{made['id']}"
    first = {row["profile_id"] for row in (await shop.get(f"{segment}/members?columns="))["items"]}
    assert len(first) == 2

    async def again() -> Any:
        reply = await shop.call("POST", f"{segment}/recalculate", status=202)
        await run_job(shop.engines, reply["job"]["id"])
        return (await shop.get(segment))["last_run"]

    assert (await shop.compute(score["id"]))["changed"] == 0
    await shop.buy([Bought(20, NOW, "EUR", Decimal(100_000)), Bought(20, NOW, "EUR", Decimal(1))])
    assert (await shop.compute(score["id"]))["changed"] > 0
    run = await again()
    assert not run["skipped"]
    members = {row["profile_id"] for row in (await shop.get(f"{segment}/members?columns="))["items"]}
    ranks = await shop.values("rfm_rank")
    assert members == {who for who, (rank,) in ranks.items() if rank > 80}
    assert 20 in members
    assert members != first


async def test_cancelled_and_forgotten_runs_are_told(shop: Shop) -> None:
    await shop.buy(bought(1, 2))
    made = await shop.call("POST", f"{shop.home}/scores", {"name": "RFM"}, 201)
    await shop.call("DELETE", f"{shop.home}/scores/{made['id']}?confirm=RFM", status=409)
    job_id = made["open_run"]["job_id"]
    await shop.call("POST", f"/jobs/{job_id}/cancel", status=200)
    await run_job(shop.engines, job_id)
    await compute.start_due(shop.engines)
    score = await shop.score(made["id"])
    assert (score["open_run"], score["last_run"]["state"]) == (None, "cancelled")
    assert (await shop.compute(made["id"]))["state"] == "done"
    async with shop.engines.tx() as tx:
        row = await store.get(tx, shop.database, made["id"])
        run_id = await store.RUNS.add(tx, row.id, source="hand", actor="somebody")
        assert run_id is not None
        await store.RUNS.set_job(tx, [run_id], "gone")
    assert (await shop.compute(made["id"]))["state"] == "done"
    runs = (await shop.get(f"{shop.home}/scores/{made['id']}/runs"))["items"]
    assert [run["state"] for run in runs] == ["done", "failed", "done", "cancelled"]


async def test_rights(shop: Shop) -> None:
    async with api_client(shop.engines, roles=("viewer",)) as api:
        assert (await api.get(f"/api/v1{shop.home}/scores")).status_code == 200
        assert (await api.post(f"/api/v1{shop.home}/scores", json={"name": "RFM"})).status_code == 403


async def test_the_database_goes_with_its_scores(shop: Shop) -> None:
    await shop.make()
    async with shop.engines.tx() as tx:
        name = (await profiles.get_database(tx, shop.database)).name
        await profiles.delete_database(tx, SYSTEM, shop.database, name)
    async with shop.engines.tx() as tx:
        assert await store.of_database(tx, shop.database) == []
