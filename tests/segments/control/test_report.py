"""The report: sums that are right to the order, cohorts, strata, currencies, files."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta
from decimal import Decimal

import httpx
import openpyxl
import pytest
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines

from .conftest import STRATA, SYSTEM, Group, new_group

PEOPLE = 3000


async def order(group: Group, orders: list[tuple[int, str, str, str, str]]) -> None:
    """Store orders: profile, day of November, total, currency, status."""
    items = [
        {
            "external_id": f"{group.database}-{n}",
            "profile": profile,
            "placed_at": f"2026-{at}T10:00:00Z",
            "currency": currency,
            "status": status,
            "lines": [{"product": "beans", "quantity": 1, "total": total}],
        }
        for n, (profile, at, total, currency, status) in enumerate(orders)
    ]
    for start in range(0, len(items), 1000):
        reply = await group.api.post(
            "/api/v1/market/orders", json={"database": group.database, "items": items[start : start + 1000]}
        )
        assert reply.status_code == 200, reply.text
        assert not reply.json().get("errors"), reply.text[:500]


@pytest.fixture(scope="module")
async def sold(api: httpx.AsyncClient, engines: Engines) -> Group:
    """A group of 3,000 drawn on 16 November; by the 30th every fourth of the rest and every eighth kept back bought."""
    assert isinstance(engines.clock, FixedClock)
    group = await new_group(api, engines, PEOPLE)
    await group.make(percent=40, strata=[STRATA[1]])
    members = await group.members()
    engines.clock.set(engines.clock.now() + timedelta(days=20))
    late = await group.grow(50)
    await group.refresh()
    orders = []
    for n in range(1, PEOPLE + 1):
        every = 8 if n in members else 4
        if n % every == 0:
            orders.append((n, f"11-{17 + n % 10}", f"{20 + n % 7}.50", "EUR", "paid"))
            if n % (3 * every) == 0:
                orders.append((n, "11-29", "5.25", "EUR", "created"))
    orders += [
        (1, "11-01", "999.00", "EUR", "paid"),  # before the group was drawn
        (2, "11-20", "999.00", "EUR", "cancelled"),
        (3, "11-20", "999.00", "EUR", "refunded"),
        (4, "11-21", "70.00", "USD", "paid"),
        (late[0], "12-06", "999.00", "EUR", "paid"),  # came after the start
    ]
    await order(group, orders)
    group.orders = orders  # type: ignore[attr-defined]
    group.kept = members  # type: ignore[attr-defined]
    return group


async def test_sums_are_exact(sold: Group) -> None:
    report = await sold.get("/report")
    members: BitMap = sold.kept  # type: ignore[attr-defined]
    for side, inside in (("control", True), ("rest", False)):
        mine = [o for o in [*sold.orders[:-5], sold.orders[-2]] if (o[0] in members) == inside]  # type: ignore[attr-defined]
        told = report[side]
        assert told["people"] == (len(members) if inside else PEOPLE - len(members))
        assert told["buyers"] == len({o[0] for o in mine})
        assert told["orders"] == len(mine)
        assert Decimal(told["revenue"]) == sum(Decimal(o[2]) for o in mine if o[3] == "EUR")
    assert (report["later"], report["unmatched"]) == (50, 0)
    assert (report["currency"], report["currencies"]) == ("EUR", ["EUR", "USD"])
    assert report["since"] == "2026-11-16T12:00:00Z"
    assert report["headline"].startswith("Messages work: ")
    assert report["verdict"] == "higher"
    assert {part["label"] for part in report["strata"]} == {"under 30", "30 to 50", "50 and more", "no Age"}
    for name in ("people", "buyers", "orders"):
        for side in ("control", "rest"):
            assert sum(part[side][name] for part in report["strata"]) == report[side][name]


async def test_figures_hold_together(sold: Group) -> None:
    report = await sold.get("/report")
    figures = {metric["key"]: metric for metric in report["metrics"]}
    assert figures.keys() == {"conversion", "revenue", "order_average", "orders"}
    conversion = figures["conversion"]
    assert conversion["control"] == pytest.approx(report["control"]["buyers"] / report["control"]["people"], abs=0.002)
    assert conversion["difference"] == pytest.approx(conversion["rest"] - conversion["control"])
    assert conversion["low"] < conversion["difference"] < conversion["high"]
    assert conversion["extra"] == pytest.approx(conversion["difference"] * report["rest"]["people"])
    assert 0 < conversion["detectable"] < conversion["difference"]
    assert figures["revenue"]["verdict"] == "higher"
    assert figures["revenue"]["unit"] == "money"
    assert figures["orders"]["verdict"] == "higher"
    assert figures["order_average"]["extra"] is None
    days = report["days"]
    assert days[0]["day"] == "2026-11-16"
    assert days[-1]["day"] == "2026-12-06"
    assert len(days) == 21
    assert days[-1]["rest_share"] == pytest.approx(report["rest"]["buyers"] / report["rest"]["people"])
    assert days[-1]["control_share"] == pytest.approx(report["control"]["buyers"] / report["control"]["people"])
    assert float(report["rest"]["revenue"]) == pytest.approx(days[-1]["rest_revenue"] * report["rest"]["people"])
    assert all(a["rest_share"] <= b["rest_share"] for a, b in itertools.pairwise(days))


async def test_a_chosen_period_counts_whom_it_finds(sold: Group) -> None:
    part = await sold.get("/report?from=2026-11-20&to=2026-11-22")
    assert (part["since"], part["until"]) == ("2026-11-19T23:00:00Z", "2026-11-22T23:00:00Z")
    members: BitMap = sold.kept  # type: ignore[attr-defined]
    counted = [*sold.orders[:-5], sold.orders[-2]]  # type: ignore[attr-defined]
    inside = [o for o in counted if o[1] in ("11-20", "11-21", "11-22")]
    assert part["control"]["buyers"] == len({o[0] for o in inside if o[0] in members})
    assert [day["day"] for day in part["days"]] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert "short" in {warning["kind"] for warning in part["warnings"]}
    dollars = await sold.get("/report?currency=USD")
    assert Decimal(dollars["rest"]["revenue"]) + Decimal(dollars["control"]["revenue"]) == 70
    # Who came later is compared once the period begins after them.
    late = await sold.get("/report?from=2026-12-06")
    assert (late["control"]["people"] + late["rest"]["people"], late["later"]) == (PEOPLE, 50)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("from=2026-11-20&to=2026-11-18", "/to"),
        ("from=2027-01-01", "/from"),
        ("to=9999-99-99", "/to"),
        ("currency=NOK", "/currency"),
    ],
)
async def test_impossible_periods_are_refused(sold: Group, query: str, pointer: str) -> None:
    assert (await sold.get(f"/report?{query}", 422))["errors"][0]["pointer"] == pointer


async def test_files_hold_the_same_figures(sold: Group) -> None:
    report = await sold.get("/report")
    reply = await sold.api.get(f"/api/v1{sold.path}/report.csv")
    assert reply.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(reply.text)))
    figure = next(row for row in rows if row and row[0] == "People who bought")
    assert float(figure[2]) == pytest.approx(report["metrics"][0]["control"])
    reply = await sold.api.get(f"/api/v1{sold.path}/report.xlsx")
    assert "attachment" in reply.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(reply.content))
    assert book.sheetnames == ["About", "Figures", "Strata", "Course"]
    assert book["About"]["B1"].value == report["headline"]
    assert book["Figures"]["C2"].value == pytest.approx(report["metrics"][0]["control"])
    assert book["Course"].max_row == len(report["days"]) + 1


async def test_erased_people_leave_the_figures(sold: Group) -> None:
    before = await sold.get("/report")
    async with sold.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, sold.database, [4])
    after = await sold.get("/report")
    assert after["rest"]["people"] + after["control"]["people"] == PEOPLE - 1
    assert (
        after["rest"]["buyers"] + after["control"]["buyers"]
        == before["rest"]["buyers"] + before["control"]["buyers"] - 1
    )


async def test_nothing_bought_yet_and_nobody_drawn(group: Group) -> None:
    await group.call("POST", body={"percent": 10}, status=201)
    await group.get("/report", 409)
    await group.drop()
    await group.make(strata=STRATA)
    group.engines.clock.set(group.engines.clock.now() + timedelta(hours=1))  # type: ignore[attr-defined]
    report = await group.get("/report")
    assert report["verdict"] == "too_few"
    assert report["headline"].startswith("Too few to say: 0.0 % of those who may be written to bought")
    assert report["currency"] is None
    assert [metric["key"] for metric in report["metrics"]] == ["conversion", "orders"]
    assert report["days"] == []


async def test_switching_off_and_exceptions_are_told(group: Group, clock: FixedClock) -> None:
    await group.make()
    start = clock.now()
    clock.set(start + timedelta(days=5))
    await group.patch(active=False)
    kinds = {warning["kind"] for warning in (await group.get("/report"))["warnings"]}
    assert "switched_off" in kinds
    clock.set(start + timedelta(days=9))
    await group.patch(active=True, exceptions=[{"kind": "mailing", "id": 3}])
    clock.set(start + timedelta(days=30))
    report = await group.get("/report")
    assert report["since"] == "2026-11-25T12:00:00Z"  # since it is on without a break
    assert {warning["kind"] for warning in report["warnings"]} == {"exceptions"}
    whole = await group.get("/report?from=2026-11-16")
    assert "switched_off" in {warning["kind"] for warning in whole["warnings"]}


async def test_people_who_came_while_the_cap_was_full_are_not_compared(group: Group, clock: FixedClock) -> None:
    await group.make(cap=30)
    await group.grow(200)
    await group.refresh()
    clock.set(clock.now() + timedelta(days=20))
    report = await group.get("/report?from=2026-11-17")
    assert (report["unmatched"], report["later"]) == (200, 0)
    assert "unmatched" in {warning["kind"] for warning in report["warnings"]}
