"""Reports that are not plain: no group, too few, goals, groups made again, the global group, files, refusals."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import httpx
import openpyxl
import psycopg
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import events, market, profiles
from fidelia.kernel.clock import FixedClock
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job

from ...conftest import NOW
from ..people.conftest import SYSTEM
from .world import DAY, HOUR, World

pytestmark = pytest.mark.usefixtures("clock")


async def begun(api: httpx.AsyncClient, engines: Engines, **more: Any) -> World:
    world = await World.of(api, engines, **more)
    await world.shop.build()
    return world


def kinds(report: dict[str, Any]) -> set[str]:
    return {warning["kind"] for warning in report["warnings"]}


async def buyers(world: World, people: Any, total: str = "20.00", currency: str = "EUR") -> None:
    await world.buy([(person, world.now, total, currency, "paid") for person in people])


async def test_nothing_to_report_before_the_start(api: httpx.AsyncClient, engines: Engines) -> None:
    world = await World.of(api, engines)
    refused = await world.get(status=409)
    assert "has not begun" in refused["detail"]
    assert (await api.get("/api/v1/campaigns/999999/report")).status_code == 404
    await world.shop.build()
    report = await world.get()
    assert (report["verdict"], report["running"], report["currency"]) == ("too_few", True, None)
    assert report["headline"].startswith(
        "Too few to say yet: 0.0 % of the test group bought, 0.0 % of the control group"
    )
    assert [metric["key"] for metric in report["metrics"]] == ["conversion", "orders"]
    assert (report["control"]["people"], report["test"]["people"]) == (40, 360)
    assert [day["day"] for day in report["days"]] == ["2026-11-16"]
    assert report["activities"] == report["channels"] == report["left_out"] == []


async def test_nobody_in_it_and_a_goal_that_is_gone(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock
) -> None:
    world = await begun(api, engines, listed=0, goal="gone", cost="5", currency="EUR")
    clock.advance(DAY)
    report = await world.get()
    assert report["headline"] == "Too few to say yet: there is nobody to compare with."
    assert (report["control"]["people"], report["test"]["people"], report["strata"]) == (0, 0, [])
    assert [day["test_share"] for day in report["days"]] == [None, None]
    assert (report["money"]["cost"], report["money"]["incremental"]) == ("5.00", None)
    assert "goal" in kinds(report)


async def test_without_a_group_there_is_no_verdict(api: httpx.AsyncClient, engines: Engines) -> None:
    world = await begun(api, engines, share=None, strata=[])
    world.at(NOW + DAY)
    await buyers(world, range(1, 51))
    world.at(NOW + 2 * DAY)
    report = await world.get()
    assert (report["verdict"], report["control"], report["metrics"]) == (None, None, [])
    assert report["test"] == {"people": 400, "converted": 50, "conversions": 50, "revenue": "1000.00"}
    assert report["headline"].startswith(
        "There is no control group, so nobody can say what the campaign changed. 50 of 400 people bought"
    )
    assert [day["control_share"] for day in report["days"]] == [None] * 3
    assert report["days"][-1]["test_share"] == pytest.approx(50 / 400)
    assert report["money"]["incremental"] is None
    assert kinds(report) == set()


async def test_too_few_and_cannot_tell_say_so(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    world = await begun(api, engines, share=300_000, strata=[])
    control = (await world.shop.people()).control
    test = BitMap(range(1, 401)) - control
    clock.advance(DAY)
    await buyers(world, [*control[:9], *test[:30]])
    clock.advance(DAY)
    report = await world.get()
    metric = report["metrics"][0]
    assert (metric["verdict"], metric["low"], metric["extra"], metric["relative"]) == ("too_few", None, None, None)
    assert metric["difference"] == pytest.approx(30 / 280 - 9 / 120)
    assert metric["sentence"].endswith(
        "but only 9 of 120 people of the control group and 30 of 280 of the test group did: it takes 10 on each side."
    )
    await buyers(world, control[9:11])
    clock.advance(DAY)
    report = await world.get()
    figures = {metric["key"]: metric for metric in report["metrics"]}
    assert report["verdict"] == "cannot_tell"
    assert report["headline"].startswith("Can't tell yet: 10.7 % of the test group bought, 9.2 % of the control group.")
    assert "needs about" in report["headline"]
    assert figures["revenue"]["verdict"] == "too_few"
    assert "2,000 people kept back to compare them; there are 120" in figures["revenue"]["sentence"]
    assert kinds(report) == {"running", "short"}


async def test_harm_is_told_too(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    world = await begun(api, engines, share=400_000, strata=[])
    control = (await world.shop.people()).control
    clock.advance(DAY)
    await buyers(world, [*control[:80], *(BitMap(range(1, 401)) - control)[:40]])
    clock.advance(DAY)
    assert (await world.get())["headline"].startswith(
        "The campaign does harm so far: 16.7 % of the test group bought, "
    )
    await world.shop.set(state="completed", completed_at=clock.now())
    report = await world.get()
    assert (report["verdict"], report["running"]) == ("lower", True)
    assert "window" in kinds(report)
    clock.advance(8 * DAY)
    report = await world.get()
    assert (report["running"], report["until"]) == (False, "2026-11-25T12:00:00Z")
    assert report["headline"].startswith("The campaign did harm: ")
    assert kinds(report) == {"short"}


async def test_a_goal_counts_instead_of_orders(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    world = await begun(api, engines, share=300_000, strata=[], goal="trial")
    goal = {"key": "trial", "name": "Trial begun", "currency": "EUR", "default_value": "5"}
    async with engines.tx() as tx:
        await events.create_goal(tx, SYSTEM, world.shop.database, goal)
        await events.create_goal(tx, SYSTEM, world.shop.database, {"key": "other", "name": "Other"})
    control = (await world.shop.people()).control
    test = BitMap(range(1, 401)) - control
    mailing = await world.mailing("Try it")
    clock.advance(HOUR)
    run = await world.run(mailing, clock.now(), test)
    await world.react(mailing, run, "clicked", dict.fromkeys(test[:120], clock.now() + HOUR), link=0)
    await world.reach(
        [
            *((person, NOW + DAY, "trial", {"value": 12.5}) for person in test[:100]),
            *((person, NOW + DAY, "trial", {}) for person in test[:10]),
            *((person, NOW + DAY, "trial", {"value": 3, "currency": "USD"}) for person in test[100:103]),
            *((person, NOW + DAY, "trial", {"value": 12.5}) for person in control[:12]),
            *((person, NOW + DAY, "other", {}) for person in control),
            *((person, NOW - DAY, "trial", {}) for person in control),
        ]
    )
    await buyers(world, control)
    clock.set(NOW + 3 * DAY)
    await world.settle()
    report = await world.get()
    assert (report["goal"], report["currency"], report["currencies"]) == ("trial", "EUR", ["EUR", "USD"])
    assert report["control"] == {"people": 120, "converted": 12, "conversions": 12, "revenue": "150.00"}
    assert report["test"] == {"people": 280, "converted": 103, "conversions": 113, "revenue": "1300.00"}
    assert report["headline"].startswith(
        "The campaign works so far: 36.8 % of the test group reached Trial begun, 10.0 % of the control group, +26.8 "
    )
    assert [metric["label"] for metric in report["metrics"]] == [
        "People who reached Trial begun",
        "Value a person",
        "Average value",
        "Times a person",
    ]
    (one,) = report["activities"]
    assert (one["converted"], one["conversions"], one["revenue"]) == (103, 113, "1300.00")


async def test_only_the_time_of_the_present_group_is_compared(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock
) -> None:
    world = await begun(api, engines, share=None, strata=[])
    clock.advance(DAY)
    await world.shop.set(share=500_000, epoch=2, first_epoch=2, controlled_since=clock.now())
    await world.shop.admit(range(401, 601))
    control = (await world.shop.people()).control
    assert len(control) == 100
    assert not control & BitMap(range(1, 401))
    clock.advance(HOUR)
    await buyers(world, range(1, 601))
    clock.advance(DAY)
    report = await world.get()
    assert (report["control"]["people"], report["test"]["people"]) == (100, 100)
    assert (report["control"]["converted"], report["test"]["converted"]) == (100, 100)
    assert "400 people are in before there was this control group" in next(
        warning["message"] for warning in report["warnings"] if warning["kind"] == "before"
    )
    assert report["reach"]["audience"] == 600
    assert [one["joined"] for one in report["days"]] == [400, 200, 0]


async def test_the_global_control_group_counts_on_no_side(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock
) -> None:
    world = await begun(api, engines, share=200_000, strata=[])
    path = f"/api/v1/databases/{world.shop.database}/control-group"
    reply = await api.post(path, json={"percent": 10})
    assert reply.status_code == 201, reply.text
    await run_job(engines, reply.json()["open_run"]["job_id"])
    kept_out = await _members(api, path)
    clock.advance(DAY)
    await buyers(world, range(1, 401))
    clock.advance(DAY)
    report = await world.get()
    mine, control = BitMap(range(1, 401)), (await world.shop.people()).control
    assert report["global_control"] == len(kept_out & mine) > 0
    assert report["control"]["people"] == report["control"]["converted"] == len(control - kept_out)
    assert report["test"]["people"] == report["test"]["converted"] == len(mine - control - kept_out)
    assert "global_control" in kinds(report)


async def _members(api: httpx.AsyncClient, path: str) -> BitMap:
    reply = await api.get(f"{path}/members?limit=1000")
    return BitMap(item["profile_id"] for item in reply.json()["items"])


async def test_runs_add_up_and_exempt_activities_are_named(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock
) -> None:
    """A recurring mailing's runs are summed; one it made before it belonged to the campaign is not among them."""
    world = await begun(api, engines)
    mailing = await world.mailing("Weekly", exempt=True)
    first = await world.run(mailing, NOW + HOUR, range(1, 101), left_out={"status": range(101, 111)})
    second = await world.run(mailing, NOW + DAY, range(1, 51), selected=False, left_out={"status": range(101, 106)})
    await world.run(mailing, NOW + DAY, range(1, 400), campaign_id=None)
    for run in (first, second):
        await world.react(mailing, run, "opened", dict.fromkeys(range(1, 31), NOW + DAY + HOUR))
    clock.set(NOW + 2 * DAY)
    await buyers(world, [1, 2, 3])
    await buyers(world, [1])
    clock.advance(HOUR)
    await world.settle()
    report = await world.get()
    (one,) = report["activities"]
    assert (one["selected"], one["left_out"], one["sent"], one["opened"]) == (165, 15, 150, 60)
    assert (one["converted"], one["conversions"], one["revenue"], one["exempt"]) == (3, 4, "80.00", True)
    assert report["reach"]["reached"] == 100
    assert [(line["reason"], line["people"]) for line in report["left_out"]] == [("status", 15)]
    assert "Weekly reaches the control group too" in next(
        warning["message"] for warning in report["warnings"] if warning["kind"] == "exempt"
    )
    # An order that is taken back is no conversion any more.
    async with engines.tx() as tx:
        number = await tx.scalar(
            sa.text("select id from sales_order where database_id = :d and profile_id = 2"), {"d": world.shop.database}
        )
        await market.change_status(tx, SYSTEM, number, "cancelled")
    clock.advance(HOUR)
    await world.settle()
    (one,) = (await world.get())["activities"]
    assert (one["converted"], one["conversions"], one["revenue"]) == (2, 3, "60.00")


async def test_files_hold_the_same_figures(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    world = await begun(api, engines, share=300_000)
    await world.shop.set(name="=Winter", cost="10", currency="EUR")
    mailing = await world.mailing("+Mail")
    await world.run(mailing, NOW + HOUR, range(1, 101), left_out={"status": [101]})
    clock.advance(DAY)
    await buyers(world, range(1, 201))
    clock.advance(DAY)
    report = await world.get()
    path = f"/api/v1/campaigns/{world.shop.campaign}/report"
    reply = await api.get(f"{path}.csv")
    assert reply.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(reply.text)))
    assert rows[0] == ["'=Winter", report["headline"]]
    figure = next(row for row in rows if row and row[0] == "People who bought")
    assert float(figure[2]) == pytest.approx(report["metrics"][0]["control"])
    assert next(row for row in rows if row and row[0] == "'+Mail")[6] == "100"
    reply = await api.get(f"{path}.xlsx")
    assert "attachment" in reply.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(reply.content))
    assert book.sheetnames == [
        "About",
        "Figures",
        "Strata",
        "Course",
        "Activities",
        "Channels",
        "Left out",
        "Inflow",
    ]
    assert book["About"]["B1"].value == report["headline"]
    assert book["Figures"]["C2"].value == pytest.approx(report["metrics"][0]["control"])
    assert book["Course"].max_row == len(report["days"]) + 1
    assert book["Activities"].max_row == 3
    assert book["Left out"]["D2"].value == 1
    assert book["Inflow"]["C2"].value == 400


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("from=2026-11-20&to=2026-11-18", "/to"),
        ("to=2026-11-01", "/to"),
        ("from=2027-01-01", "/from"),
        ("to=9999-99-99", "/to"),
        ("currency=NOK", "/currency"),
    ],
)
async def test_impossible_periods_are_refused(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock, query: str, pointer: str
) -> None:
    world = await begun(api, engines)
    clock.advance(10 * DAY)
    assert (await world.get(f"report?{query}", 422))["errors"][0]["pointer"] == pointer


async def test_erased_people_leave_the_figures(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    world = await begun(api, engines)
    clock.advance(DAY)
    await buyers(world, range(1, 401))
    clock.advance(HOUR)
    async with engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, world.shop.database, [4, 5])
    report = await world.get()
    assert report["test"]["people"] + report["control"]["people"] == 398
    assert report["test"]["converted"] + report["control"]["converted"] == 398
    assert report["days"][-1]["test_share"] == report["days"][-1]["control_share"] == 1.0


async def test_many_activities_and_strata_ask_no_more_questions(
    api: httpx.AsyncClient, engines: Engines, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    plain, query = psycopg.AsyncCursor.execute, ClickHouse.query

    async def execute(self: Any, *args: Any, **more: Any) -> Any:
        asked["postgres"] += 1
        return await plain(self, *args, **more)

    async def ask(self: Any, *args: Any, **more: Any) -> Any:
        asked["clickhouse"] += 1
        return await query(self, *args, **more)

    async def questions(world: World) -> tuple[int, int]:
        counts = []
        for _ in range(4):  # the first makes and moves what has to be; who asks is forgotten every two seconds
            asked.clear()
            with monkeypatch.context() as patched:
                patched.setattr(psycopg.AsyncCursor, "execute", execute)
                patched.setattr(ClickHouse, "query", ask)
                await world.get()
            counts.append((asked["postgres"], asked["clickhouse"]))
        return min(counts)

    small = await begun(api, engines, strata=[])
    large = await begun(api, engines)
    for world, many in ((small, 1), (large, 8)):
        for n in range(many):
            mailing = await world.mailing(f"Mail {n}", channel=("email", "sms")[n % 2])
            for back in range(1 + n % 3):
                await world.run(mailing, NOW + (n + back) * HOUR, range(1, 51), left_out={"status": [60 + n]})
    clock.advance(3 * DAY)
    few, more = await questions(small), await questions(large)
    assert all(much <= little for much, little in zip(more, few, strict=True)), (
        few,
        more,
    )  # what is kept may be at hand
    assert few[0] < 40
    assert few[1] < 10
