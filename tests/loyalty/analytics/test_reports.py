"""Every figure of the reports against the story it comes from, and against the list of transactions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.ledger import expire_lots
from fidelia.platform.engines import Engines
from tests.loyalty.orders.till import Till, open_till

from .plain import counts, held, outstanding, play
from .story import OSLO, WORTH, Story

D = Decimal
SUMMER = "from=2026-06-01&to=2026-08-31&by=month"


_lived: dict[int, Story] = {}


@pytest.fixture
async def fresh(till: Till) -> Story:
    """The story, to be gone on with."""
    made = Story(till)
    await made.live()
    return made


@pytest.fixture
async def story(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> Story:
    """The story, lived through once for the tests that only look at it, at its end."""
    if id(engines) not in _lived:
        clock.set(datetime.fromisoformat("2026-06-01T09:00:00+00:00"))
        made = _lived[id(engines)] = Story(await open_till(api, engines))
        await made.live()
    found = _lived[id(engines)]
    found.till.api = api
    found.go("08-20")
    return found


def euros(amount: Decimal) -> str:
    return str(amount.quantize(D("0.01"), ROUND_HALF_UP))


def ends(step: dict[str, Any], now: datetime) -> datetime:
    """Return the moment before which things count at the end of a step."""
    following = date.fromisoformat(step["last"]) + timedelta(days=1)
    return min(datetime.combine(following, time(), OSLO), now + timedelta(microseconds=1))


def of(report: dict[str, Any], points: str = "coins") -> dict[str, Any]:
    return next(one for one in report["types"] if one["points"] == points)


async def check_liability(story: Story, query: str, points: str = "coins") -> dict[str, Any]:
    """Compare a report with what the transactions say; return its part of a point type."""
    now = story.till.clock.now()
    rows = await story.transactions()
    found = of(await story.report("liability", query), points)
    for step in found["steps"]:
        until = ends(step, now)
        lots = [lot for kind, _, lot in outstanding(rows, until) if kind == points]
        whole = sum((lot.left for lot in lots), D(0)) + held(rows, until, points)
        assert D(step["points"]) == whole, step
        if found["ratio"] is not None:
            assert step["money"] == euros(whole * D(found["ratio"])), step
        debts = sum((a.debt for (kind, _), a in play(rows, until).items() if kind == points), D(0))
        assert D(step["debt"]) == debts
    until = ends(found["steps"][-1], now)
    lots = [lot for kind, _, lot in outstanding(rows, until) if kind == points]
    on_hold = held(rows, until, points)
    assert D(found["held"]) == on_hold
    assert D(found["pending"]) == sum((lot.left for lot in lots if lot.active_from >= until), D(0))
    assert D(found["active"]) == sum((lot.left for lot in lots if lot.active_from < until), D(0))
    assert D(found["outstanding"]) == D(found["active"]) + D(found["pending"]) + on_hold
    for part in ("ages", "expiries"):
        assert sum(D(one["points"]) for one in found[part]) == D(found["outstanding"]), part
    if not on_hold:
        for age in found["ages"]:
            old = [lot.left for lot in lots if age["since"] <= (until - lot.born).days <= (age["until"] or 10**6)]
            assert D(age["points"]) == sum(old, D(0)), age
        for expiry in found["expiries"]:
            month = [lot for lot in lots if month_of(lot.ends) == expiry["month"]]
            assert D(expiry["points"]) == sum((lot.left for lot in month), D(0)), expiry
    return found


def month_of(moment: datetime) -> str | None:
    if moment.year > 9000:
        return None
    return (moment - timedelta(microseconds=1)).astimezone(OSLO).date().replace(day=1).isoformat()


async def test_what_is_outstanding(story: Story) -> None:
    found = await check_liability(story, SUMMER)
    # June: 25 + 8 + 105; July: − 10 + 14.5 − 40 + 20; August: 15 of the first and 8 of the second lapse on the 5th,
    # 20 are spent, 14 come in and 7.5 by hand, and what member 2 had from 10 June lapses on the 10th.
    assert [step["points"] for step in found["steps"]] == ["138", "122.5", "56"]
    assert [step["money"] for step in found["steps"]] == ["6.90", "6.13", "2.80"]
    assert (found["held"], found["money"]) == ("6", "2.80")
    before = await story.report("liability", SUMMER)
    await expire_lots(story.till.engines)
    assert await story.report("liability", SUMMER) == before  # whether or not it is written down
    for query in (
        "from=2026-06-01&to=2026-07-31&by=day",
        "from=2026-06-03&to=2026-08-12&by=week",
        "from=2026-08-05&to=2026-08-05&by=day",
        "from=2026-08-04&to=2026-08-10&by=day",
        "from=2026-08-01&to=2026-08-19&by=month",
    ):
        await check_liability(story, query)
    await check_liability(story, f"{SUMMER}&points=miles", "miles")
    only = of(await story.report("liability", f"{SUMMER}&level={await level(story, 'Gold')}"))
    rows = await story.transactions()
    until = story.till.clock.now() + timedelta(microseconds=1)
    mine = sum((lot.left for kind, who, lot in outstanding(rows, until) if kind == "coins" and who == 2), D(0))
    assert D(only["outstanding"]) == mine == D("14")


async def level(story: Story, name: str) -> int:
    groups = (await story.report("levels", SUMMER))["groups"]
    return next(int(one["id"]) for one in groups[0]["levels"] if one["name"] == name)


async def test_a_hold_that_ran_out_and_a_debt(fresh: Story) -> None:
    """What was reserved is outstanding until it is paid; what is owed stands beside, and is paid by what comes in."""
    till, base = fresh.till, fresh.base
    fresh.go("08-21")  # the hold of the 20th is over, and nobody has written that down
    await check_liability(fresh, SUMMER)
    hold = {"points": "coins", "amount": "5", "hold_seconds": 900}
    made = await till.call("POST", f"{base}/members/3/redeem", hold)
    await till.call("POST", f"{base}/transactions/{made['transaction']['id']}/commit", {})
    await check_liability(fresh, SUMMER)
    fresh.go("08-22")
    await fresh.buy("h", 4, ("coffee", 4))
    await till.call("POST", f"{base}/members/4/redeem", {"points": "coins", "amount": "45"})
    await till.refund(fresh.placed["h"]["order"], [{"line": 1, "quantity": 4}])
    found = await check_liability(fresh, SUMMER)
    assert found["debt"] == "45"
    fresh.go("08-25")
    await fresh.buy("i", 4, ("coffee", 4))
    found = await check_liability(fresh, SUMMER)
    assert found["debt"] == "0"


async def test_points_that_moved(story: Story) -> None:
    report = of(await story.report("points", SUMMER))
    rows = [one for one in await story.transactions() if one["points"] == "coins"]
    now = story.till.clock.now()
    lapsed = lapsing(rows, now)
    start = datetime(2026, 6, 1, tzinfo=OSLO)
    closing = D(0)
    for step in report["steps"]:
        until = ends(step, now)
        here = [one for one in rows if start <= counts(one) < until]
        sums = {
            "accrued": added(here, "accrual"),
            "redeemed": sum((D(one["amount"]) for one in here if final(one)), D(0)),
            "given_back": added(here, "give_back"),
            "expired": sum((D(x) for at, x in lapsed if start <= at < until), D(0)),
            "taken_back": -added(here, "take_back"),
            "adjusted": added(here, "adjust"),
        }
        assert {name: D(step[name]) for name in sums} == sums, step
        assert D(step["opening"]) == closing
        closing += sums["accrued"] - sums["redeemed"] + sums["given_back"] - sums["expired"] - sums["taken_back"]
        closing += sums["adjusted"]
        assert D(step["closing"]) == closing
        start = until
    for part in ("causes", "promotions", "channels", "regions"):
        for name in ("accrued", "redeemed", "expired", "taken_back", "adjusted"):
            assert sum(D(one[name]) for one in report[part]) == D(report["total"][name]), (part, name)
    by = {one["key"]: one for one in report["channels"]}
    assert (by["web"]["accrued"], by["web"]["redeemed"], by["web"]["expired"]) == ("59.5", "10", "15")
    assert {one["key"] for one in report["causes"]} == {"promotion", "order", "hand"}
    assert report["accrued_money"] == euros(D(report["total"]["accrued"]) * WORTH)
    web = of(await story.report("points", f"{SUMMER}&channel=web"))
    assert (web["total"]["accrued"], web["total"]["redeemed"]) == ("59.5", "10")
    assert web["steps"][0]["closing"] is None
    promo = of(await story.report("points", f"{SUMMER}&promotion={story.back}"))
    assert promo["total"]["taken_back"] == "40"
    gold = {one["name"]: one for one in report["levels"]}["Gold"]
    assert (gold["accrued"], gold["redeemed"]) == ("119", "20")
    breakage = of(await story.report("liability", SUMMER))["breakage"]
    total = report["total"]
    assert (breakage["expired"], breakage["redeemed"]) == (total["expired"], total["redeemed"])
    assert breakage["rate"] == pytest.approx(float(D(total["expired"]) / (D(total["expired"]) + D(total["redeemed"]))))
    await expire_lots(story.till.engines)
    assert of(await story.report("points", SUMMER)) == report


def added(rows: list[dict[str, Any]], type_: str) -> Decimal:
    return sum((D(one["change"]) for one in rows if one["type"] == type_), D(0))


def final(row: dict[str, Any]) -> bool:
    return row["type"] == "commit" or (row["type"] == "redeem" and row["hold_until"] is None)


def lapsing(rows: list[dict[str, Any]], now: datetime) -> list[tuple[datetime, Decimal]]:
    """Return when how much lapsed: what was left of each lot at its end."""
    written = [(counts(one), D(one["amount"])) for one in rows if one["type"] == "expire"]
    accounts = play(rows, now + timedelta(microseconds=1))
    left = [lot for account in accounts.values() for lot in account.lots.values() if lot.left and lot.ends <= now]
    return written + [(lot.ends - timedelta(microseconds=1), lot.left) for lot in left]


async def test_members_and_levels(story: Story) -> None:
    report = await story.report("members", SUMMER)
    steps = [[one[name] for name in ("members", "joined", "left", "active", "buying")] for one in report["steps"]]
    assert steps == [[2, 3, 1, 3, 3], [3, 1, 0, 2, 2], [3, 0, 0, 1, 1]]
    assert [report[name] for name in ("members", "joined", "left", "active", "buying")] == [3, 4, 1, 4, 4]
    assert [(one["name"], one["members"]) for one in report["levels"][0]["levels"]] == [("Basic", 2), ("Gold", 1)]
    (group,) = (await story.report("levels", SUMMER))["groups"]
    basic, gold = (one["id"] for one in group["levels"])
    assert [one["members"] for one in group["steps"]] == [[1, 1, 0], [2, 1, 0], [2, 1, 0]]
    assert [(one["entered"], one["up"], one["down"]) for one in group["steps"]] == [(3, 1, 0), (1, 0, 0), (0, 0, 0)]
    moves = {(one["source"], one["target"]): one["moves"] for one in group["moves"]}
    assert moves == {(None, basic): 4, (basic, gold): 1}


async def test_promotions_and_buyers(story: Story) -> None:
    report = await story.report("promotions", SUMMER)
    # 25, 4, 45 (65 less 20 back), 50, 14.50, 20, 7
    assert report["total"] == {
        "orders": 7, "buyers": 4, "revenue": "165.50", "discount": "5.00", "average": "23.64", "lines": 8 / 7,
    }  # fmt: skip
    five = next(one for one in report["promotions"] if one["id"] == story.five)
    assert (five["used"]["orders"], five["used"]["revenue"], five["used"]["discount"]) == (1, "20.00", "5.00")
    assert (five["other"]["orders"], five["other"]["revenue"], five["other"]["average"]) == (6, "145.50", "24.25")
    assert five["share"] == pytest.approx(1 / 7)
    assert [one["orders"] for one in five["steps"]] == [0, 1, 0]
    back = next(one for one in report["promotions"] if one["id"] == story.back)
    rows = [one for one in await story.transactions() if one["points"] == "coins"]
    (given,) = back["points"]
    assert D(given["accrued"]) == added(rows, "accrual")
    assert D(given["taken_back"]) == -added(rows, "take_back") == 40
    assert given["money"] == euros((added(rows, "accrual") - 40) * WORTH)
    bought = await story.report("buyers", SUMMER)
    ours, others = bought["members"], bought["others"]
    assert (ours["orders"], ours["buyers"], ours["revenue"], ours["average"]) == (6, 4, "115.50", "19.25")
    assert (ours["frequency"], ours["repeat"]) == (1.5, 0.5)
    assert (others["orders"], others["buyers"], others["revenue"]) == (1, 1, "50.00")
    assert bought["share_of_orders"] == pytest.approx(6 / 7)
    assert bought["share_of_revenue"] == pytest.approx(115.5 / 165.5)
    web = await story.report("buyers", f"{SUMMER}&channel=web")
    assert (web["members"]["orders"], web["members"]["revenue"]) == (3, "59.50")
    assert "EUR" in str(await story.report("buyers", f"{SUMMER}&currency=USD", 422))


async def test_partners_and_codes(story: Story) -> None:
    (partner,) = (await story.report("partners", SUMMER))["partners"]
    # Socks: 8 coins in June for member 5, 80 − 40 for member 2, 14 in August, of which 40 % are the partner's to pay.
    coins = next(one for one in partner["points"] if one["points"] == "coins")
    assert (coins["issued"], coins["funded"], coins["redeemed"]) == ("62", "24.8", "20")
    assert (coins["issued_money"], coins["partner_owes"], coins["program_owes"]) == ("3.10", "1.24", "1.00")
    assert partner["balances"] == [
        {"currency": "EUR", "partner_owes": "1.24", "program_owes": "1.00", "balance": "0.24"}
    ]
    assert (partner["orders"], partner["lines"]) == (3, 3)
    assert partner["revenue"] == [{"currency": "EUR", "revenue": "31.00"}]
    assert [one["orders"] for one in partner["steps"]] == [2, 0, 1]
    await story.till.call(
        "PATCH", f"{story.base}/partners/{story.partner}", {"share": "100"}
    )  # what was agreed then holds for what was bought then
    again = (await story.report("partners", SUMMER))["partners"][0]
    assert (again["share"], again["points"]) == ("100", partner["points"])
    report = await story.report("codes", SUMMER)
    (pool,) = report["pools"]
    funnel = [pool[name] for name in ("codes", "generated", "assigned", "activated", "used", "expired")]
    assert funnel == [1, 1, 1, 1, 1, 0]
    assert report["total"]["used"] == 1
    assert [one["used"] for one in pool["steps"]] == [0, 1, 0]


async def test_a_segment_narrows_and_files_tell_everything(story: Story) -> None:
    till = story.till
    body = {"database_id": till.database, "name": "Two and three", "type": "static"}
    segment = (await till.call("POST", "/segments", body, 201))["id"]
    await till.call("POST", f"/segments/{segment}/members/add", {"profile_ids": [2, 3]})
    assert (await story.report("members", f"{SUMMER}&segment={segment}"))["members"] == 2
    found = of(await story.report("liability", f"{SUMMER}&segment={segment}"))
    rows = await story.transactions()
    until = till.clock.now() + timedelta(microseconds=1)
    mine = [lot.left for kind, who, lot in outstanding(rows, until) if kind == "coins" and who in (2, 3)]
    assert D(found["outstanding"]) == sum(mine, D(0)) + 6
    for name in ("liability", "points", "members", "levels", "promotions", "buyers", "partners", "codes"):
        for kind, begins in (("csv", b""), ("xlsx", b"PK")):
            reply = await till.api.get(f"/api/v1{story.base}/analytics/{kind}/{name}?{SUMMER}")
            assert reply.status_code == 200, reply.text
            assert reply.content.startswith(begins)
            assert f'loyalty-{name}.{kind}"' in reply.headers["content-disposition"]
            if kind == "csv":
                assert "2026-06-01" in reply.text


BAD = {
    "by=year": "/by",
    "from=2027-01-01": "/from",
    "from=yesterday": "/from",
    "from=2026-08-01&to=2026-07-01": "/to",
    "from=2010-01-01": "/from",
    "from=2025-01-01&by=day": "/by",
    "points=gold": "/points",
    "level=99999999999999999999": "/level",
    "segment=5": "/segment",
    "promotion=77": "/promotion",
    "region=nowhere": "/region",
}


async def test_what_cannot_be_is_refused_beside_its_field(till: Till) -> None:
    till.clock.set(datetime.fromisoformat("2026-08-20T12:00:00+00:00"))
    base = f"/loyalty/programs/{till.program}/analytics"
    for query, pointer in BAD.items():
        found = await till.call("GET", f"{base}/points?{query}", status=422)
        assert [one["pointer"] for one in found["errors"]] == [pointer], query
    assert (await till.call("GET", f"{base}/codes?pool=77", status=422))["errors"][0]["pointer"] == "/pool"
    await till.call("GET", f"{base}/csv/nonsense", status=422)
    await till.call("GET", "/loyalty/programs/987654/analytics/points", status=404)
    report = await till.call("GET", f"{base}/points?from=2026-08-01&to=2099-01-01")
    assert report["period"]["last"] == "2026-08-20"
    for name in ("liability", "points", "members", "levels", "promotions", "buyers", "partners", "codes"):
        await till.call("GET", f"{base}/{name}")  # of a program in which nothing has happened yet
