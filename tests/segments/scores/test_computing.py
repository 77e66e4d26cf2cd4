"""What scores are: the groups and ranks that a plain reading of the guide gives, stored for conditions to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fidelia.platform.engines import Engines
from fidelia.segments.scores import rules

from ...conftest import NOW
from .conftest import ZONE, Shop, new_shop
from .reading import Bought, groups, ranks, rfm

values = st.lists(st.integers(-5, 5), min_size=1, max_size=40)
shops = st.lists(
    st.builds(
        Bought,
        profile=st.integers(1, 12),
        # Some lie ahead, some before the window; days and hours meet the time zone's midnight.
        at=st.integers(-24 * 3, 24 * 45).map(lambda hours: NOW - timedelta(hours=hours)),
        currency=st.sampled_from(["EUR", "EUR", "EUR", "NOK"]),
        total=st.sampled_from(["-5.00", "0.00", "10.00", "10.01", "99.90", "1000000.00"]).map(Decimal),
        status=st.sampled_from(["created", "paid", "paid", "delivered", "cancelled", "refunded"]),
    ),
    max_size=40,
)


@given(values, st.integers(1, 10))
def test_the_rule_of_groups_and_ranks(figures: list[int], number: int) -> None:
    people = dict(enumerate(figures))
    worse = {who: sum(other < mine for other in figures) for who, mine in people.items()}
    better = {who: sum(other > mine for other in figures) for who, mine in people.items()}
    found = {who: rules.group_of(worse[who], len(figures), number) for who in people}
    assert found == groups(people, number)
    assert all(1 <= group <= number for group in found.values())
    for a, mine in people.items():
        for b, theirs in people.items():
            assert mine > theirs or found[a] <= found[b]
    ranked = {who: rules.rank_of(better[who], len(figures)) for who in people}
    assert ranked == ranks(people)
    assert all(1 <= rank <= 100 for rank in ranked.values())
    assert ranked[max(people, key=lambda who: people[who])] == 100
    # "Top n %": fewer than n % are ahead of them, and with no ties they are n % of all, the last one rounded up.
    for top in (1, 10, 25, 100):
        chosen = {who for who, rank in ranked.items() if rank > 100 - top}
        assert chosen == {who for who in people if better[who] * 100 < top * len(figures)}
    if len(set(figures)) == len(figures):
        sizes = [sum(group == g for group in found.values()) for g in range(1, number + 1)]
        assert max(sizes) - min(sizes) <= 1


async def test_agrees_with_a_plain_reading(api: httpx.AsyncClient, engines: Engines) -> None:
    """Orders that Hypothesis chooses: what is stored, and what conditions find by it, is what the guide says."""

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(shops, st.sampled_from([1, 3, 5, 9, 10]), st.sampled_from([None, 1, 30]))
    @example([], 5, None)
    @example([Bought(1, NOW, "EUR", Decimal("1.00"))], 5, 30)
    @example([Bought(n, NOW - timedelta(days=n), "EUR", Decimal(n)) for n in range(1, 11)], 10, None)
    @example([Bought(1, NOW - timedelta(days=30), "EUR", Decimal(1))], 5, 30)
    def drawn(orders: list[Bought], number: int, days: int | None) -> None:
        cases.append((orders, number, days))

    cases: list[tuple[list[Bought], int, int | None]] = []
    drawn()
    for orders, number, days in cases:
        shop = await new_shop(api, engines, 12)
        await shop.buy(orders)
        score = await shop.make(groups=number, days=days, currency="EUR")
        run = score["last_run"]
        assert run["state"] == "done", run["error"]
        wanted = rfm(orders, now=NOW, zone=ZONE, number=number, days=days, currency="EUR")
        assert await shop.values() == wanted
        assert (run["people"], run["without"], run["changed"]) == (len(wanted), 12 - len(wanted), len(wanted))
        for place, part in enumerate(run["parts"]):
            held = [values[place] for values in wanted.values()]
            assert {g["group"]: g["people"] for g in part["groups"]} == {g: held.count(g) for g in sorted(set(held))}
        top = {"kind": "compare", "field": "profile.rfm_rank", "op": "gt", "value": 90}
        assert await shop.who(top) == {who for who, values in wanted.items() if values[4] > 90}
        missing = {"kind": "compare", "field": "profile.rfm", "op": "is_missing"}
        assert await shop.who(missing) == set(range(1, 13)) - wanted.keys()


async def test_bounds_and_currencies_are_told(shop: Shop) -> None:
    orders = [Bought(n, NOW - timedelta(days=n), "EUR", Decimal(10 * n)) for n in range(1, 11)]
    orders += [Bought(11, NOW, "NOK", Decimal(5000)), Bought(1, NOW - timedelta(days=9), "NOK", Decimal(700))]
    await shop.buy(orders)
    score = await shop.make(days=365)
    run = score["last_done"]
    assert (run["currency"], run["other_orders"]) == ("EUR", 2)
    assert run["as_of"] == "2026-11-16T12:00:00Z"
    parts = {part["key"]: part["groups"] for part in run["parts"]}
    assert list(parts) == ["recency", "frequency", "monetary"]
    assert parts["recency"][0] == {"group": 1, "people": 3, "low": "8", "high": "10"}
    assert parts["recency"][-1] == {"group": 5, "people": 2, "low": "0", "high": "1"}
    assert parts["monetary"][0] == {
        "group": 1,
        "people": 3,
        "low": "0",
        "high": "20",
    }  # the buyer in kroner spent no euro
    assert [g["people"] for g in parts["frequency"]] == [10, 1]
    assert score["sentence"].startswith("Recency, frequency and monetary value of orders in the last 365 days")
    assert "EUR" not in score["sentence"]
    assert (await shop.make(name="Kroner", prefix="nok", currency="NOK"))["last_done"]["currency"] == "NOK"
    assert set(await shop.values("nok_monetary")) == set(range(1, 12))


async def test_quantiles_of_each_figure(shop: Shop) -> None:
    amounts = {1: ["10.00"], 2: ["5.00", "6.00", "7.00"], 3: ["100.00", "0.01"], 4: ["1.00"] * 4}
    await shop.buy(
        [
            Bought(who, NOW - timedelta(days=k), "EUR", Decimal(total))
            for who, own in amounts.items()
            for k, total in enumerate(own)
        ]
    )
    events = [
        {"id": f"v{who}-{k}", "type": "custom.visit", "at": "2026-11-10T10:00:00Z", "profile": who, "properties": {}}
        for who in range(1, 7)
        for k in range(who % 4)
    ]
    await shop.call("POST", "/events", {"database": shop.database, "events": events}, 202)
    sums = {who: sum(map(Decimal, own)) for who, own in amounts.items()}
    points = {n: n * n % 17 for n in range(1, 21)}
    figures: dict[str, tuple[dict[str, str], Mapping[int, Any]]] = {
        "orders_sum": ({"of": "orders_sum"}, sums),
        "orders_count": ({"of": "orders_count"}, {who: len(own) for who, own in amounts.items()}),
        "orders_average": ({"of": "orders_average"}, {who: sums[who] / len(own) for who, own in amounts.items()}),
        "events": ({"of": "events", "event": "custom.visit"}, {who: who % 4 for who in range(1, 7) if who % 4}),
        "field": ({"of": "field", "field": "points"}, points),
    }
    for name, (figure, wanted) in figures.items():
        score = await shop.make(name=name, prefix=f"q_{name}", kind="quantile", figure=figure, groups=4)
        assert score["last_run"]["state"] == "done", score["last_run"]["error"]
        in_groups, ranked = groups(wanted, 4), ranks(wanted)
        found = await shop.values(f"q_{name}", f"q_{name}_rank")
        assert found == {who: (in_groups[who], ranked[who]) for who in wanted}, name
    assert (await shop.get(f"{shop.home}/fields"))["items"][-1]["keeper"] == f"score:{score['id']}"
