"""Goals and orders land on the message that led to them, once, as an independent computation says."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from fidelia import profiles
from fidelia.messages.conversions import rules, service, store
from fidelia.messages.conversions.model import Attribution, Message, Touch
from fidelia.messages.service.outlet import signer
from fidelia.platform.engines import Engines

from ...conftest import NOW
from .world import SYSTEM, World, money

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ORDER = ("click", "open", "delivery")
KINDS = {"clicked": "click", "opened": "open", "sent": "delivery"}


async def test_a_click_wins_over_a_later_open_and_that_over_a_delivery(engines: Engines) -> None:
    world = await World.of(engines)
    await world.goal("g")
    first, second, third = [await world.run() for _ in range(3)]
    await world.touch(first, 1, "clicked", NOW - 3 * DAY)
    await world.touch(second, 1, "opened", NOW - 2 * DAY, occasion=0x1F)
    await world.touch(third, 1, "sent", NOW - DAY)
    await world.touch(second, 2, "opened", NOW - 2 * DAY, occasion=0x1F)
    await world.touch(third, 2, "sent", NOW - DAY)
    await world.touch(third, 3, "sent", NOW - DAY)
    await world.touch(third, 4, "sent", NOW - DAY)
    await world.touch(third, 4, "bounced", NOW)
    for profile in (1, 2, 3, 4, 5):
        await world.reach(profile, "g", NOW + profile * HOUR)
    await world.settle()
    assert await world.rows() == [
        (first.id, 1, 0, "goal", "g", 1, None, None, "click"),
        (second.id, 2, 0x1F, "goal", "g", 1, None, None, "open"),
        (third.id, 3, 0, "goal", "g", 1, None, None, "delivery"),
    ]


async def test_the_window_ends_and_the_ways_are_a_choice(engines: Engines) -> None:
    world = await World.of(engines)
    await world.goal("g")
    run = await world.run()
    await world.touch(run, 1, "clicked", NOW - 7 * DAY)
    await world.touch(run, 2, "clicked", NOW - 7 * DAY + timedelta(milliseconds=1))
    await world.touch(run, 3, "clicked", NOW + timedelta(milliseconds=1))
    for profile in (1, 2, 3):
        await world.reach(profile, "g", NOW)
    await world.settle()
    assert [row[1] for row in await world.rows()] == [2]
    async with engines.tx() as tx:
        await service.set_attribution(tx, SYSTEM, 8, ["open"])
    await world.touch(run, 4, "opened", NOW - 7 * DAY)
    await world.touch(run, 5, "clicked", NOW - DAY)
    for profile in (4, 5):
        await world.reach(profile, "g", NOW)
    await world.settle()
    assert [row[1] for row in await world.rows()] == [2, 4]
    async with engines.tx() as tx:
        assert await service.attribution(tx) == Attribution(8, ["open"])
        await service.set_attribution(tx, SYSTEM, 7, ["click", "open", "delivery"])


@pytest.mark.parametrize("channel", ["email", "telegram"])
async def test_a_token_wins_for_a_message_of_any_channel(engines: Engines, channel: str) -> None:
    world, other = await World.of(engines), await World.of(engines)
    await world.goal("g", default_value="3", currency="EUR")
    run, clicked, foreign = await world.run(channel=channel), await world.run(), await other.run()
    signs = await signer(engines)
    await world.touch(clicked, 1, "clicked", NOW - HOUR)
    tokens = {
        1: signs.token("g", run.id, 1),
        2: signs.token("m", run.id, 1),  # somebody else, by a mail that was passed on
        3: signs.token("c", run.id, 3, link=0),  # not a message's name
        4: signs.token("g", foreign.id, 4),  # another database's
        5: signs.token("g", run.id, 5, occasion=9),  # never sent
    }
    for profile, token in tokens.items():
        await world.reach(profile, "g", NOW + profile * HOUR, message=token, value=5)
    tampered = f"{tokens[1][:-6]}{'B' if tokens[1][-6] == 'A' else 'A'}{tokens[1][-5:]}"
    await world.reach(1, "g", NOW + DAY, message=tampered)  # the click counts
    await world.settle()
    assert await world.rows() == [
        (run.id, 1, 0, "goal", "g", 1, money("5"), "EUR", "token"),
        (run.id, 1, 0, "goal", "g", 1, money("5"), "EUR", "token"),
        (clicked.id, 1, 0, "goal", "g", 1, money("3"), "EUR", "click"),
    ]


async def test_orders_are_taken_off_and_put_back_by_rows_of_their_own(engines: Engines) -> None:
    world = await World.of(engines)
    run = await world.run()
    for profile in (1, 2, 3):
        await world.touch(run, profile, "clicked", NOW - HOUR)
        await world.order(profile, f"o{profile}", "10.50", NOW, "EUR" if profile < 3 else "USD")
    await world.status("o1", "paid")
    await world.status("o1", "cancelled")
    await world.status("o2", "cancelled")
    await world.settle()
    await world.status("o2", "delivered")
    await world.status("o1", "refunded")
    await world.settle()
    signs: dict[int, list[Any]] = defaultdict(list)
    for row in await world.rows():
        signs[row[1]].append((row[5], row[6], row[7]))
    ten = money("10.50")
    assert signs[1] == [(1, ten, "EUR"), (-1, -ten, "EUR")]
    assert signs[2] == [(1, ten, "EUR"), (-1, -ten, "EUR"), (1, ten, "EUR")]
    assert signs[3] == [(1, ten, "USD")]
    async with engines.tx() as tx:
        found = await service.conversions(tx, run.mailing_id)
    assert (found.total.people, found.total.count) == (2, 2)
    assert [(one.currency, one.amount) for one in found.total.revenue] == [("EUR", "10.50"), ("USD", "10.50")]
    assert found.rate == 2 / 5


async def test_machines_and_strangers_lead_to_nothing_and_a_replay_to_nothing_more(engines: Engines) -> None:
    world = await World.of(engines)
    await world.goal("g")
    run = await world.run()
    await world.touch(run, 1, "clicked", NOW - HOUR)
    await world.reach(1, "other program", NOW)
    await world.reach(99, "g", NOW)
    await world.reach(1, "g", NOW)
    await world.settle()
    before = await world.rows()
    assert len(before) == 1
    await world.settle()
    assert await world.rows() == before


async def test_a_round_that_dies_is_repeated_without_a_trace(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await World.of(engines)
    await world.goal("g")
    run = await world.run()
    await world.touch(run, 1, "clicked", NOW - HOUR)
    await world.reach(1, "g", NOW)
    add = store.add

    async def dies(raw: Any, found: Any) -> None:
        await add(raw, found)
        raise OSError("killed")

    monkeypatch.setattr(store, "add", dies)
    await world.settle()
    assert await world.rows() == []
    monkeypatch.undo()
    async with engines.db.hot() as raw:
        await raw.execute("update event_listener set next_at = %s", (NOW - DAY,))
    await world.settle()
    assert len(await world.rows()) == 1


async def test_merged_people_keep_and_erased_people_lose_their_conversions(engines: Engines) -> None:
    world = await World.of(engines)
    await world.goal("g")
    run = await world.run()
    for profile in (1, 2):
        await world.touch(run, profile, "clicked", NOW - HOUR)
        await world.reach(profile, "g", NOW)
    await world.settle()

    async with engines.tx() as tx:
        move = profiles.Move(
            destination=profiles.Person(world.database, 3),
            sources=(profiles.Person(world.database, 1),),
            segments=False,
            triggers=False,
            actor="",
        )
        assert await service.merge_people(tx, move) == {"conversions": 1}
    assert sorted(row[1] for row in await world.rows()) == [2, 3]
    assert len((await service.personal_data(engines, world.database, 3))["conversions"]) == 1
    async with engines.tx() as tx:
        assert await service.forget_people(tx, world.database, BitMap([3])) == {"conversions": 1}
    assert [row[1] for row in await world.rows()] == [2]


async def test_the_report_and_its_people(engines: Engines, api: httpx.AsyncClient) -> None:
    world = await World.of(engines)
    await world.goal("buy", default_value="20", currency="EUR")
    await world.goal("look")
    run = await world.run()
    await world.touch(run, 1, "clicked", NOW - 5 * DAY)
    await world.touch(run, 2, "opened", NOW - HOUR)
    await world.reach(1, "buy", NOW)
    await world.reach(1, "look", NOW, value=2)
    await world.reach(2, "look", NOW, value=3)
    await world.order(2, "r1", "7.00", NOW)
    await world.settle()
    url = f"/api/v1/mailings/{run.mailing_id}/conversions"
    found = (await api.get(url)).json()
    assert found["total"] == {
        "people": 2,
        "count": 4,
        "revenue": [{"currency": "EUR", "amount": "27.00"}],
        "value": "5",
    }
    assert found["rate"] == 0.4
    assert [(g["goal"], g["name"], g["figures"]["count"]) for g in found["goals"]] == [
        ("look", "Goal look", 2),
        ("buy", "Goal buy", 1),
        ("", "Orders", 1),
    ]
    assert [(b["by"], b["figures"]["people"]) for b in found["by"]] == [("click", 1), ("open", 1)]
    assert (await api.get(url, params={"by": "click"})).json()["total"]["count"] == 2
    assert (await api.get(url, params={"days": 2})).json()["total"]["count"] == 2
    assert (await api.get(url, params={"by": "luck"})).status_code == 422

    async def who(**params: Any) -> list[int]:
        reply = await api.get(f"/api/v1/mailings/{run.mailing_id}/people", params={"state": "converted", **params})
        assert reply.status_code == 200, reply.text
        return [person["profile_id"] for person in reply.json()["items"]]

    assert await who() == [1, 2]
    assert await who(reason="buy") == [1]
    assert await who(reason="order") == [2]
    empty = (await api.get(f"/api/v1/mailings/{(await world.run()).mailing_id}/conversions")).json()
    assert empty["total"]["count"] == 0


async def test_the_window_is_set_by_the_api(api: httpx.AsyncClient) -> None:
    wanted = {"window_days": 3, "ways": ["open", "click"]}
    assert (await api.put("/api/v1/goals/attribution", json=wanted)).json() == wanted
    assert (await api.get("/api/v1/goals/attribution")).json() == wanted
    for wrong in (
        {"window_days": 0, "ways": ["open"]},
        {"window_days": 1, "ways": ["open", "open"]},
        {"window_days": 1, "ways": []},
    ):
        assert (await api.put("/api/v1/goals/attribution", json=wrong)).status_code == 422
    back = {"window_days": 7, "ways": list(ORDER)}
    assert (await api.put("/api/v1/goals/attribution", json=back)).status_code == 200


# -- an independent computation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
async def test_random_histories_add_up_as_an_independent_computation_says(engines: Engines, seed: int) -> None:
    dice = random.Random(seed)
    count = 30
    world = await World.of(engines, count)
    await world.goal("a", default_value="1.5", currency="EUR")
    await world.goal("b")
    runs = [await world.run() for _ in range(4)]
    signs = await signer(engines)
    touched: list[tuple[int, int, str, datetime]] = []
    for _ in range(200):
        run, profile = dice.choice(runs), dice.randint(1, count)
        kind = dice.choice(list(KINDS))
        at = NOW - timedelta(hours=dice.randint(0, 20 * 24), milliseconds=len(touched))
        touched.append((run.id, profile, KINDS[kind], at))
        await world.touch(run, profile, kind, at)
    told: list[tuple[int, str, datetime, str | None, int | None, str]] = []
    for n in range(120):
        profile, at = dice.randint(1, count), NOW - timedelta(hours=dice.randint(0, 15 * 24), milliseconds=500)
        named = dice.choice(runs).id if dice.random() < 0.2 else None
        if dice.random() < 0.3:
            amount, currency = f"{dice.randint(1, 9000) / 100:.2f}", dice.choice(["EUR", "USD"])
            await world.order(profile, f"{seed}-{n}", amount, at, currency)
            undone = dice.random() < 0.4
            if undone:
                await world.status(f"{seed}-{n}", dice.choice(["cancelled", "refunded"]))
            told.append((profile, "", at, None if undone else amount, None, currency))
            continue
        key = dice.choice("ab")
        value = dice.choice([None, "2.25", "-4"])
        more: dict[str, Any] = {} if value is None else {"value": float(value)}
        if named:
            more["message"] = signs.token("g", named, profile)
        await world.reach(profile, key, at, **more)
        worth = value if value is not None else {"a": "1.5", "b": None}[key]
        told.append((profile, key, at, worth, named, "EUR" if key == "a" else ""))
        if dice.random() < 0.1:
            await world.settle()  # in chunks of any size
    await world.settle()

    expected: dict[int, dict[str, Any]] = {
        r.id: {"people": set(), "count": 0, "money": defaultdict(Decimal)} for r in runs
    }
    for profile, key, at, worth, named, currency in told:
        winner = named
        for way in ORDER if named is None else ():
            hits = [(t, r) for r, p, w, t in touched if p == profile and w == way and timedelta(0) <= at - t < 7 * DAY]
            if hits:
                winner = max(hits)[1]
                break
        if winner is None or (key == "" and worth is None):
            continue
        mine = expected[winner]
        mine["people"].add(profile)
        mine["count"] += 1
        if worth is not None:
            mine["money"][currency] += Decimal(worth)
    for run in runs:
        async with engines.tx() as tx:
            found = await service.conversions(tx, run.mailing_id)
        mine = expected[run.id]
        assert (found.total.people, found.total.count) == (len(mine["people"]), mine["count"])
        got = {one.currency: Decimal(one.amount) for one in found.total.revenue}
        assert got == {name: amount for name, amount in mine["money"].items() if name}
        assert sum(one.figures.count for one in found.goals) == found.total.count
        assert sum(one.figures.count for one in found.by) == found.total.count


_touch = st.builds(
    lambda way, hours, run: Touch(way, NOW - timedelta(hours=hours), Message(run, 1, 0)),
    st.sampled_from(ORDER),
    st.integers(-5, 300),
    st.integers(1, 5),
)


@given(st.lists(_touch, max_size=12), st.integers(1, 240), st.permutations(ORDER), st.integers(1, 3))
def test_the_choice_is_the_first_way_and_its_last_time(touches: Any, window: int, order: Any, many: int) -> None:
    ways = order[:many]
    chosen = rules.choose(touches, NOW, timedelta(hours=window), ways)
    within = [t for t in touches if t.way in ways and NOW - timedelta(hours=window) < t.at <= NOW]
    if not within:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen in within
    for other in within:
        assert ways.index(chosen.way) <= ways.index(other.way)
        if other.way == chosen.way:
            assert other.at <= chosen.at
