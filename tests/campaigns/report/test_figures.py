"""Every figure of a report is what pandas and SciPy make of the same people, messages and orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from pyroaring import BitMap

from fidelia.platform.engines import Engines

from ...conftest import NOW
from . import independent
from .world import DAY, HOUR, MINUTE, World

PEOPLE, LISTED = 12_000, 11_400
ZONE = "Europe/Oslo"
END = NOW + 20 * DAY
STATUSES = ["paid"] * 8 + ["cancelled", "refunded"]


class Told:
    """What happened, as tables, and what the report says of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.touches: list[tuple[int, int, int, str, datetime]] = []
        self.orders: list[tuple[int, datetime, str, str, str]] = []
        self.report: dict[str, Any] = {}
        self.control = BitMap()
        self.people = pd.DataFrame()
        self.mailings: dict[str, int] = {}

    def frame(self) -> pd.DataFrame:
        """Return the orders that stand."""
        rows = [(p, at, currency, float(total)) for p, at, total, currency, status in self.orders if status == "paid"]
        return naive(pd.DataFrame(rows, columns=["profile", "at", "currency", "total"]), "at")

    def touched(self) -> pd.DataFrame:
        return naive(pd.DataFrame(self.touches, columns=["profile", "run", "mailing", "way", "at"]), "at")


def naive(found: pd.DataFrame, column: str) -> pd.DataFrame:
    found[column] = pd.to_datetime(found[column], utc=True).dt.tz_localize(None)
    return found


@pytest.fixture(scope="module")
async def told(api: httpx.AsyncClient, engines: Engines) -> AsyncIterator[Told]:
    """A campaign of 20 days: 11,400 people and two waves of guests, a fifth kept back, three mailings, orders."""
    world = await World.of(api, engines, PEOPLE, LISTED, share=200_000, cost="1500.50", currency="EUR", window_days=7)
    found = Told(world)
    random = np.random.default_rng(12)
    await world.shop.build()
    entered: dict[int, datetime] = dict.fromkeys(range(1, LISTED + 1), NOW)
    first, second, third = (
        await world.mailing("First"),
        await world.mailing("Second", widens=["audience"]),
        await world.mailing("Third", channel="sms", widens=["clicked"]),
    )
    found.mailings = {"First": first, "Second": second, "Third": third}
    world.at(NOW + 3 * DAY)
    await world.shop.admit(range(LISTED + 1, LISTED + 401), "audience", second)
    entered |= dict.fromkeys(range(LISTED + 1, LISTED + 401), world.now)
    world.at(NOW + 6 * DAY)
    await world.shop.admit(range(LISTED + 401, LISTED + 501), "clicked", third)
    entered |= dict.fromkeys(range(LISTED + 401, LISTED + 501), world.now)
    people = await world.shop.people()
    found.control = people.control

    async def sent(mailing: int, after: timedelta, whom: list[int]) -> None:
        at = NOW + after
        run = await world.run(
            mailing,
            at,
            whom[5:],
            left_out={"campaign_control": people.control & BitMap(entered), "status": whom[:3]},
            unsent={("failed", "550 no"): whom[3:4], ("blocked", "Frequency policy"): whom[4:5]},
        )
        opened = {person: at + (person % 40) * HOUR for person in whom[5:] if person % 3 == 0}
        clicked = {person: at + (person % 40) * HOUR + MINUTE for person in whom[5:] if person % 9 == 0}
        bounced = {person: at + MINUTE for person in whom[5:] if person % 50 == 2}
        left = {person: at + 2 * HOUR for person in whom[5:] if person % 200 == 0}
        for kind, done, link in (("opened", opened, -1), ("clicked", clicked, 0), ("bounced", bounced, -1)):
            await world.react(mailing, run, kind, done, link=link)
            found.touches += [(person, run, mailing, kind, moment) for person, moment in done.items()]
        await world.react(mailing, run, "unsubscribed", left)
        await world.react(mailing, run, "opened", dict.fromkeys(whom[5:200], at + MINUTE), machine=True)
        found.touches += [(person, run, mailing, "sent", at) for person in whom[5:]]
        found.touches += [(person, run, mailing, "unsubscribed", moment) for person, moment in left.items()]

    test = people.audience - people.control
    await sent(first, HOUR, [person for person in test if person <= LISTED])
    await sent(second, 3 * DAY + HOUR, [person for person in test if person <= LISTED + 400])
    await sent(third, 9 * DAY, [person for person in test if person % 2 == 0])

    for person in range(1, PEOPLE + 1):
        rate = 0.14 if person in people.control else 0.19
        for _ in range(int(random.poisson(rate * 1.4))):
            at = NOW + timedelta(seconds=int(random.integers(-5 * 86400, 34 * 86400)))
            total = f"{min(900, random.lognormal(3, 0.6)):.2f}"
            currency = "USD" if random.random() < 0.1 else "EUR"
            found.orders.append((person, at, total, currency, STATUSES[int(random.integers(len(STATUSES)))]))
    world.at(END)
    await world.shop.set(state="completed", completed_at=END)
    world.at(NOW + 40 * DAY)
    await world.buy(found.orders)
    await world.settle()
    strata = await world.shop.strata()
    cells = {person: (epoch, key) for (epoch, key), (_, inside) in strata.items() for person in inside}
    rows = [(p, *cells[p], p in people.control, entered[p]) for p in sorted(entered)]
    found.people = naive(pd.DataFrame(rows, columns=["profile", "epoch", "stratum", "kept", "entered"]), "entered")
    found.report = await world.get()
    yield found
    world.at(NOW)


def same(mine: dict[str, Any], theirs: dict[str, Any], what: str) -> None:
    for name, value in theirs.items():
        got = float(mine[name]) if name == "revenue" else mine[name]
        if isinstance(value, float):
            assert got == pytest.approx(value, rel=2e-4, abs=1e-9), f"{what}: {name}"
        else:
            assert got == value, f"{what}: {name}"


def expected(
    told: Told, since: datetime | None = None, until: datetime = END + 7 * DAY
) -> tuple[pd.DataFrame, pd.DataFrame]:
    ends, begins = (
        pd.Timestamp(until).tz_localize(None),
        None if since is None else pd.Timestamp(since).tz_localize(None),
    )
    counted = independent.within(told.people, told.frame(), ends, begins)
    return independent.each(told.people, counted, "EUR"), counted


def check_comparison(report: dict[str, Any], found: pd.DataFrame) -> None:
    """Both sides, every figure of the whole and of each stratum."""
    same(report["control"], independent.arm(found, kept=True), "control")
    same(report["test"], independent.arm(found, kept=False), "test")
    inside, out = independent.compared(found, 0.2)
    assert report["unmatched"] == out
    wanted = independent.metrics(inside, money=True)
    assert [metric["key"] for metric in report["metrics"]] == ["conversion", "revenue", "order_average", "orders"]
    for metric in report["metrics"]:
        same(metric, wanted[metric["key"]], metric["key"])
        if metric["key"] != "order_average" and metric["verdict"] != "too_few":
            tests = int((~found["kept"]).sum())
            assert metric["extra"] == pytest.approx(metric["difference"] * tests)
            assert metric["extra_high"] == pytest.approx(metric["high"] * tests)
    assert {part["key"] for part in report["strata"]} == set(found["stratum"])
    for part in report["strata"]:
        rows = found[found["stratum"] == part["key"]]
        same(part["control"], independent.arm(rows, kept=True), part["label"])
        same(part["test"], independent.arm(rows, kept=False), part["label"])
        inside, _ = independent.compared(rows, 0.2)
        if inside[inside["kept"]]["bought"].sum() < 2:  # no ratio to anybody
            assert {metric["verdict"] for metric in part["metrics"]} == {"too_few"}
            continue
        wanted = independent.metrics(inside, money=True)
        for metric in part["metrics"]:
            same(metric, wanted[metric["key"]], f"{part['label']}: {metric['key']}")


async def test_both_sides_are_compared_as_pandas_and_scipy_do(told: Told) -> None:
    report = told.report
    assert (report["since"], report["until"]) == ("2026-11-16T12:00:00Z", "2026-12-13T12:00:00Z")
    assert (report["currency"], report["currencies"], report["running"]) == ("EUR", ["EUR", "USD"], False)
    found, _ = expected(told)
    check_comparison(report, found)
    figures = {metric["key"]: metric for metric in report["metrics"]}
    assert {figures[key]["verdict"] for key in ("conversion", "orders")} == {"higher"}
    assert figures["revenue"]["low"] is not None, "2,000 and more are kept back: amounts are judged"
    assert report["verdict"] == "higher"
    conversion = figures["conversion"]
    shares = {side: report[side]["converted"] / report[side]["people"] * 100 for side in ("test", "control")}
    assert report["headline"] == (
        f"The campaign worked: {shares['test']:.1f} % of the test group bought, "
        f"{shares['control']:.1f} % of the control group, +{conversion['difference'] * 100:.1f} points. "
        f"The true effect lies between +{conversion['low'] * 100:.1f} and "
        f"+{conversion['high'] * 100:.1f} points (95 %)."
    )


async def test_a_period_narrows_the_comparison(told: Told) -> None:
    report = await told.world.get("report?from=2026-11-20&to=2026-11-25")
    since, until = datetime(2026, 11, 19, 23, tzinfo=UTC), datetime(2026, 11, 25, 23, tzinfo=UTC)
    assert report["until"] == "2026-11-25T23:00:00Z"
    found, _ = expected(told, since, until)
    check_comparison(report, found)
    assert [day["day"] for day in report["days"]] == [f"2026-11-{n}" for n in range(20, 26)]
    assert report["activities"] == told.report["activities"]
    # Who came in after the period is in no side: 100 came on the 22nd, 400 on the 19th.
    early = await told.world.get("report?to=2026-11-18")
    assert early["control"]["people"] + early["test"]["people"] == LISTED
    dollars = await told.world.get("report?currency=USD")
    counted = expected(told)[1]
    spent = counted[counted["currency"] == "USD"]["total"].sum()
    assert float(dollars["control"]["revenue"]) + float(dollars["test"]["revenue"]) == pytest.approx(spent)
    assert dollars["money"]["cost"] is None
    assert "currency" in {warning["kind"] for warning in dollars["warnings"]}


async def test_the_course_by_day(told: Told) -> None:
    _, counted = expected(told)
    days = pd.DataFrame(told.report["days"]).set_index("day")
    assert list(days.index) == [f"{day:%Y-%m-%d}" for day in pd.date_range("2026-11-16", "2026-12-13")]

    def local(moments: pd.Series) -> pd.Series:
        return moments.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d")

    first = counted.sort_values("at").groupby("profile").first()
    joined = local(told.people["entered"])
    for day in days.index:
        for kept, name in ((True, "control"), (False, "test")):
            people = ((joined <= day) & (told.people["kept"] == kept)).sum()
            bought = ((local(first["at"]) <= day) & (first["kept"] == kept)).sum()
            mine = counted[(local(counted["at"]) <= day) & (counted["kept"] == kept) & (counted["currency"] == "EUR")]
            assert days.loc[day, f"{name}_share"] == pytest.approx(bought / people), day
            assert days.loc[day, f"{name}_revenue"] == pytest.approx(mine["total"].sum() / people), day
    assert days["joined"].to_dict() == joined.value_counts().reindex(days.index, fill_value=0).to_dict()
    touched = told.touched()
    for way in ("sent", "opened", "clicked"):
        mine = local(touched[touched["way"] == way]["at"]).value_counts().reindex(days.index, fill_value=0)
        assert days[way].to_dict() == mine.to_dict(), way
    given = independent.attributed(told.frame(), touched)
    by_day = given.groupby(local(given["at"]))
    euros = given[given["currency"] == "EUR"].groupby(local(given["at"]))["total"].sum()
    assert days["conversions"].to_dict() == by_day.size().reindex(days.index, fill_value=0).to_dict()
    assert days["revenue"].astype(float).to_dict() == pytest.approx(euros.reindex(days.index, fill_value=0).to_dict())
    last = told.report["days"][-1]
    assert last["test_share"] == pytest.approx(told.report["test"]["converted"] / told.report["test"]["people"])


async def test_activities_channels_and_reach(told: Told) -> None:
    touched, report = told.touched(), told.report
    given = independent.attributed(told.frame(), touched)
    assert [one["name"] for one in report["activities"]] == ["First", "Second", "Third"]
    kept = {"First": LISTED + 500, "Second": LISTED + 500, "Third": LISTED + 500}
    brought = {"First": 0, "Second": 400, "Third": 100}
    for one in report["activities"]:
        mine, theirs = touched[touched["mailing"] == one["id"]], given[given["mailing"] == one["id"]]
        ways = mine["way"].value_counts()
        out = len(told.control) + 3
        assert kept[one["name"]] > one["selected"] == ways["sent"] + 2 + out
        wanted = {
            "left_out": out,
            "sent": ways["sent"],
            "delivered": ways["sent"] - ways["bounced"],
            "failed": 1,
            "blocked": 1,
            "complained": 0,
            "converted": theirs["profile"].nunique(),
            "conversions": len(theirs),
            "revenue": float(round(theirs[theirs["currency"] == "EUR"]["total"].sum(), 2)),
            "brought": brought[one["name"]],
            **{way: ways[way] for way in ("opened", "clicked", "bounced", "unsubscribed")},
        }
        same(one, wanted, one["name"])
    total = report["total"]
    for name in ("selected", "left_out", "sent", "delivered", "opened", "clicked", "unsubscribed", "conversions"):
        assert total[name] == sum(one[name] for one in report["activities"]), name
    assert total["converted"] == given["profile"].nunique()
    assert (total["brought"], total["kind"]) == (500, "total")
    channel = touched["mailing"].map(lambda id_: "sms" if id_ == told.mailings["Third"] else "email")
    assert [one["channel"] for one in report["channels"]] == ["email", "sms"]
    assert [one["name"] for one in report["channels"]] == ["E-mail", "SMS"]
    for one in report["channels"]:
        mine = touched[channel == one["channel"]]
        theirs = given[given["mailing"].isin(mine["mailing"].unique())]
        assert one["people"] == mine[mine["way"] == "sent"]["profile"].nunique()
        assert one["converted"] == theirs["profile"].nunique()
        assert one["opened"] == (mine["way"] == "opened").sum()
    reach = {way: touched[touched["way"] == way]["profile"].nunique() for way in touched["way"].unique()}
    assert report["reach"] == {
        "audience": LISTED + 500,
        "test": LISTED + 500 - len(told.control),
        "control": len(told.control),
        "withheld": 0,
        "reached": reach["sent"],
        "opened": reach["opened"],
        "clicked": reach["clicked"],
        "unsubscribed": reach["unsubscribed"],
        "converted": given["profile"].nunique(),
    }


async def test_who_was_left_out_and_who_came_in(told: Told) -> None:
    report, control = told.report, told.control
    first = [(one["figure"], one["reason"], one["people"]) for one in report["left_out"] if one["name"] == "First"]
    assert first == [
        ("left_out", "campaign_control", len(control)),
        ("left_out", "status", 3),
        ("blocked", "Frequency policy", 1),
        ("failed", "550 no", 1),
    ]
    second, third = BitMap(range(LISTED + 1, LISTED + 401)), BitMap(range(LISTED + 401, LISTED + 501))
    assert [(one["source"], one["name"], one["people"], one["test"], one["control"]) for one in report["inflow"]] == [
        ("segment", None, LISTED, LISTED - len(control - second - third), len(control - second - third)),
        ("audience", "Second", 400, 400 - len(control & second), len(control & second)),
        ("clicked", "Third", 100, 100 - len(control & third), len(control & third)),
    ]


async def test_cost_and_return(told: Told) -> None:
    money = told.report["money"]
    revenue = next(metric for metric in told.report["metrics"] if metric["key"] == "revenue")
    given = independent.attributed(told.frame(), told.touched())
    assert money["cost"] == "1500.50"
    assert float(money["attributed"]) == pytest.approx(given[given["currency"] == "EUR"]["total"].sum())
    assert float(money["incremental"]) == pytest.approx(revenue["extra"], abs=0.01)
    assert float(money["incremental_low"]) == pytest.approx(revenue["extra_low"], abs=0.01)
    assert float(money["profit"]) == pytest.approx(revenue["extra"] - 1500.5, abs=0.01)
    assert money["return_on_cost"] == pytest.approx((revenue["extra"] - 1500.5) / 1500.5)
