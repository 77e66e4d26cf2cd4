"""Events set a trigger mailing off: once each, filtered, after a wait, whatever is repeated or killed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.messages.kinds.trigger import adding, catching
from fidelia.platform import listeners

from ....conftest import NOW
from .world import SIZES, World


async def test_an_event_becomes_one_mail_that_shows_it(world: World) -> None:
    mailing = await world.begin()
    await world.happen(("e1", 3), size="XL")
    await world.happen(("e2", 4))
    await world.happen(("x", 5), type_="custom.other")
    assert await world.catch() == 2
    await world.deliver(mailing)
    assert await world.rows(mailing) == [(3, "sent", None), (4, "sent", None)]
    (text,) = world.texts(3)
    assert "you did custom.size: XL" in text
    assert "custom.size: nothing" in world.texts(4)[0]
    report = await world.report(mailing)
    assert (report["sent"], report["audience"]) == (2, 2)
    people = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}/people"))
    assert [person["profile_id"] for person in people["items"]] == [3, 4]
    web = next(line for line in text.split() if "/t/w/" in line)
    page = await world.api.get(web[web.index("/t/w/") :].rstrip(")>"))
    assert "custom.size: XL" in page.text, "the web version says what caused it too"


async def test_people_with_several_messages_are_on_one_page(world: World) -> None:
    mailing = await world.begin()
    for n in range(3):
        await world.happen((f"m{n}", 2), (f"o{n}", 1 + n * 2))
    await world.catch()
    pages, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}/people", params=params))
        pages.append([person["profile_id"] for person in page["items"]])
        assert len({person["message"] for person in page["items"]}) == len(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == [[1], [2, 2, 2], [3, 5]]


async def test_what_is_told_twice_is_sent_once(world: World) -> None:
    mailing = await world.begin()
    for _ in range(3):
        await world.happen(("e1", 3), ("e2", 3))
        await world.catch()
        await world.deliver(mailing)
    assert await world.who(mailing) == [3, 3], "two events, each once"
    # The door has forgotten the id (after seven days): the ledger has not.
    async with world.engines.tx() as tx:
        await tx.execute(sa.text("delete from event_seen"))
    assert (await world.happen(("e1", 3)))["accepted"] == 1
    assert await world.catch() == 1
    await world.deliver(mailing)
    assert len(world.texts(3)) == 2


async def test_a_killed_consumer_loses_and_doubles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mailing = await world.begin()
    await world.happen(*((f"k{n}", n) for n in range(1, 11)))
    kept = listeners.consume

    async def dies(tx: Any, listener: Any, caught: Any) -> None:
        await catching.catch(tx, listener, caught)
        raise ConnectionError("killed before the commit")

    await world.engines.drain.flush()  # type: ignore[union-attr]
    assert await kept(world.engines, catching.CONSUMER, dies) == 0
    assert await world.rows(mailing) == [], "nothing is half done"
    state = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}/trigger"))
    assert (state["unread"], state["caught"]) == (10, 0)
    assert "killed" in state["trouble"]
    world.clock.advance(timedelta(seconds=5))
    await world.catch()
    await world.catch()
    await world.deliver(mailing)
    assert await world.who(mailing) == list(range(1, 11))
    state = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}/trigger"))
    assert (state["unread"], state["caught"], state["waiting"], state["trouble"]) == (0, 10, 0, None)


async def test_senders_that_come_and_go(world: World) -> None:
    """Each batch is sent by another sender; nothing is sent by two."""
    mailing = await world.begin()
    for n in range(1, 6):
        await world.happen((f"r{n}a", n), (f"r{n}b", n + 5))
        await world.catch()
        await world.deliver(mailing)
        await world.deliver(mailing)
    assert sorted(await world.who(mailing)) == list(range(1, 11))
    assert max(world.sink.accepted.values()) == 1


async def test_two_triggers_and_one_event_make_one_mail(world: World) -> None:
    both = [
        {"kind": "event", "type": "custom.size", "where": _is("trigger.size", "eq", "L"), "wait": 0},
        {"kind": "event", "type": "custom.size", "wait": 60},
        {"kind": "event", "type": "custom.shape"},
    ]
    mailing = await world.begin(both)
    await world.happen(("a", 1), size="L")
    await world.happen(("b", 2), size="S")
    await world.happen(("c", 1), type_="custom.shape")
    await world.catch()
    assert await world.who(mailing) == [1, 1, 2]
    assert await world.due(mailing) == [NOW, NOW, NOW + timedelta(hours=1)], "the first that fits decides the wait"


async def test_filters_look_at_what_happened_and_at_the_person(world: World) -> None:
    where = {
        "kind": "all",
        "of": [
            _is("trigger.total", "gte", "100"),
            {"kind": "not", "of": _is("profile.first_name", "ne", "name 1")},
        ],
    }
    mailing = await world.begin([{"kind": "event", "type": "custom.size", "where": where}])
    await world.happen(("a", 1), total=100)
    await world.happen(("b", 1), total=99.5)
    await world.happen(("c", 2), total=500)
    await world.happen(("d", 1))
    await world.catch()
    assert await world.who(mailing) == [1]


async def test_amounts_of_orders_compare_as_numbers(world: World) -> None:
    where = _is("trigger.total", "gt", "9.5")
    mailing = await world.begin([{"kind": "event", "type": "order.created", "where": where}])
    from fidelia.platform.outbox import EventOut

    async with world.engines.tx() as tx:
        for n, total in enumerate(("9.4000", "10.0000", 12.5), 1):
            tx.emit(EventOut(world.database, n, "order.created", tx.now, {"total": total, "order": "o"}, f"o{n}"))
    await world.catch()
    assert await world.who(mailing) == [2, 3]


async def test_the_wait_counts_from_the_event(world: World) -> None:
    mailing = await world.begin([{"kind": "event", "type": "custom.size", "wait": 30}])
    await world.happen(("a", 1))
    world.clock.advance(timedelta(minutes=10))
    await world.catch()
    await world.deliver(mailing)
    assert await world.due(mailing) == [NOW + timedelta(minutes=30)]
    assert world.texts(1) == []
    world.clock.set(NOW + timedelta(minutes=31))
    await world.deliver(mailing)
    assert len(world.texts(1)) == 1


async def test_who_cannot_be_written_to_is_blocked_with_the_reason(world: World) -> None:
    async with world.engines.db.hot() as raw:
        await raw.execute(f"update profile_{world.database} set email = null where id = 2")
        await raw.execute(f"update profile_{world.database} set status = 'unsubscribed' where id = 3")
    mailing = await world.begin()
    await world.happen(("a", 1), ("b", 2), ("c", 3), ("d", 2))
    await world.catch()
    await world.deliver(mailing)
    assert await world.rows(mailing) == [
        (1, "sent", None),
        (2, "blocked", "No e-mail address any more"),
        (2, "blocked", "No e-mail address any more"),
        (3, "blocked", "The profile's status does not allow mails"),
    ]
    assert (await world.report(mailing))["blocked"] == 3


@pytest.mark.parametrize("kind", ["static", "updatable", "dynamic", "limited", "everybody"])
async def test_only_people_of_the_segment(world: World, kind: str) -> None:
    rule = {"kind": "compare", "field": "profile.first_name", "op": "in", "value": ["name 1", "name 2"]}
    if kind == "everybody":
        segment = None
    elif kind == "static":
        segment = await world.segment(type="static")
        body = {"profile_ids": [1, 2]}
        await world.ok(await world.api.post(f"/api/v1/segments/{segment}/members/add", json=body))
    elif kind == "updatable":
        segment = await world.segment(type="updatable", condition=rule)
        from fidelia import segments

        async with world.engines.tx() as tx:
            found = await segments.get_segment(tx, segment)
        assert found.type == "updatable"
        await world.engines.drain.flush()  # type: ignore[union-attr]
        reply = await world.api.post(f"/api/v1/segments/{segment}/recalculate")
        assert reply.status_code in (200, 202), reply.text
        from ...test_mailings import run_jobs

        await run_jobs(world.engines)
    else:
        more = {"limit": 2} if kind == "limited" else {}
        segment = await world.segment(type="dynamic", condition=rule, **more)
    mailing = await world.begin(segment_id=segment)
    await world.happen(*((f"s{n}", n) for n in range(1, 6)))
    await world.catch()
    assert await world.who(mailing) == ([1, 2, 3, 4, 5] if kind == "everybody" else [1, 2])


async def test_many_people_at_once(world: World) -> None:
    """An import, or a segment that fills: one row of the inbox stands for everybody."""
    crowd = await World.of(world.engines, world.api, world.sink, 3_000)
    where = {"kind": "all", "of": [_is("trigger.segment", "eq", 5), _is("profile.first_name", "is_present", None)]}
    mailing = await crowd.begin([{"kind": "event", "type": "segment.entered", "where": where}])
    async with crowd.engines.tx() as tx:
        await tx.emit_bulk(crowd.database, "segment.entered", BitMap(range(1, 3_001)), tx.now, {"segment": 5})
        await tx.emit_bulk(crowd.database, "segment.entered", BitMap(range(1, 3_001)), tx.now, {"segment": 6})
    assert await crowd.catch() == 6_000
    assert await crowd.who(mailing) == [n for n in range(1, 3_001) if n % 3], "every third has no first name"
    await crowd.act(mailing, "stop")


async def test_segments_are_looked_at_when_it_happens(world: World) -> None:
    """A change of the person just before the event counts."""
    rule = {"kind": "compare", "field": "profile.city", "op": "eq", "value": "Oslo"}
    mailing = await world.begin(segment_id=await world.segment(type="dynamic", condition=rule))
    await world.happen(("a", 1))
    path = f"/api/v1/databases/{world.database}/profiles/1"
    await world.ok(await world.api.patch(path, json={"set": {"city": "Oslo"}}))
    await world.happen(("b", 1))
    await world.catch()
    assert await world.who(mailing) == [1, 1]
    await world.ok(await world.api.patch(path, json={"set": {"city": "Rome"}}))
    await world.happen(("c", 1))
    await world.catch()
    assert await world.who(mailing) == [1, 1]


async def test_erased_and_merged_people(world: World) -> None:
    mailing = await world.begin()
    await world.happen(("a", 1), ("b", 2), ("c", 3), ("d", 4))
    async with world.engines.tx() as tx:
        await profiles.erase_profiles(tx, Actor.system(), world.database, [2])
    body = {"destination": 4, "sources": [3]}
    reply = await world.api.post(f"/api/v1/databases/{world.database}/profiles/merge", json=body)
    assert reply.status_code == 200, reply.text
    await world.catch()
    await world.deliver(mailing)
    assert await world.who(mailing) == [1, 4, 4], "nobody is left of 2, and 3 is 4 now"
    async with world.engines.tx() as tx:
        await profiles.erase_profiles(tx, Actor.system(), world.database, [1])
        kept = (
            "select count(*) from message_cause c join mailing_run r on r.id = c.run_id"
            " where r.database_id = :db and c.profile_id = 1"
        )
        assert await tx.scalar(sa.text(kept), {"db": world.database}) == 0


async def test_going_round_in_circles_has_an_end(world: World) -> None:
    mailing = await world.begin()
    for n in range(1, 26):
        await world.happen((f"c{n}", 1))
    await world.happen(("other", 2))
    await world.catch()
    await world.deliver(mailing)
    states = [state for _, state, _ in await world.rows(mailing)]
    assert (states.count("sent"), states.count("blocked")) == (21, 5)
    assert "going round in circles" in (await world.report(mailing))["blocks"][0]["text"]
    world.clock.advance(timedelta(hours=25))
    await world.happen(("tomorrow", 1))
    await world.catch()
    await world.deliver(mailing)
    assert (await world.report(mailing))["sent"] == 22


async def test_its_own_messages_never_set_it_off(world: World) -> None:
    mailing = await world.begin([*SIZES, {"kind": "event", "type": "message.sent"}])
    await world.happen(("a", 1))
    for _ in range(4):
        await world.catch()
        await world.deliver(mailing)
    assert await world.who(mailing) == [1]
    other = await world.begin(
        [{"kind": "event", "type": "message.sent", "where": _is("trigger.mailing", "eq", mailing)}]
    )
    await world.happen(("b", 2))
    for _ in range(3):
        await world.catch()
        await world.deliver(mailing)
        await world.deliver(other)
    assert await world.who(other) == [2]
    assert await world.who(mailing) == [1, 2, 2], "it hears of the other's message"


async def test_pause_keeps_and_resume_sends(world: World) -> None:
    mailing = await world.begin()
    assert (await world.act(mailing, "pause"))["state"] == "paused"
    await world.happen(("a", 1), ("b", 2))
    await world.catch()
    await world.deliver(mailing)
    assert world.sink.accepted.total() == 0
    report = await world.report(mailing)
    assert (report["waiting"], report["sent"]) == (2, 0)
    assert (await world.act(mailing, "resume"))["state"] == "active"
    await world.deliver(mailing)
    assert (await world.report(mailing))["sent"] == 2


async def test_stop_is_for_good(world: World) -> None:
    mailing = await world.begin([{"kind": "event", "type": "custom.size", "wait": 60}])
    await world.happen(("a", 1))
    await world.catch()
    await world.happen(("b", 2))
    await world.engines.drain.flush()  # type: ignore[union-attr]
    assert (await world.act(mailing, "stop"))["state"] == "stopped"
    await world.happen(("c", 3))
    await world.catch()
    assert await world.rows(mailing) == [(1, "blocked", "Stopped before it was sent")]
    made = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}"))
    assert (made["audience"], made["phase"]) == (1, "stopped")
    async with world.engines.tx() as tx:
        assert await listeners.listeners_of(tx, catching.CONSUMER, [mailing]) == []


async def test_a_stop_while_events_are_dealt_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever deals with events at that moment is waited for, and what he added is blocked too."""
    import asyncio

    mailing = await world.begin()
    await world.happen(("a", 1))
    await world.engines.drain.flush()  # type: ignore[union-attr]
    inside, go = asyncio.Event(), asyncio.Event()
    really = adding.add

    async def slow(*args: Any) -> Any:
        made = await really(*args)
        inside.set()
        await go.wait()
        return made

    monkeypatch.setattr(catching, "add", slow)
    round_ = asyncio.create_task(catching.round_of(world.engines))
    await inside.wait()
    stopping = asyncio.create_task(world.act(mailing, "stop"))
    await asyncio.sleep(0.3)
    assert not stopping.done()
    go.set()
    await asyncio.gather(round_, stopping)
    assert await world.rows(mailing) == [(1, "blocked", "Stopped before it was sent")]


def _is(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": field, "op": op, **({} if value is None else {"value": value})}
