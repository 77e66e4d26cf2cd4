"""What is sent: signed, in order, in batches, at least once; failures wait, and nobody holds up others."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap
from standardwebhooks import Webhook

from fidelia.events.hooks import Sender, rules
from fidelia.events.hooks.service import sending
from fidelia.events.hooks.service.deliveries import keep_house
from fidelia.platform.notices import open_notices
from fidelia.platform.outbox import EventOut
from fidelia.profiles import erase_profiles
from tests.conftest import NOW
from tests.events.conftest import SYSTEM
from tests.web_server import Asked

from .conftest import Hooks


def signed_by(asked: Asked, secret: str) -> bool:
    """Check a request as the published scheme says, without a line of ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = asked.headers["webhook-id"] + "." + asked.headers["webhook-timestamp"] + "." + asked.body.decode()
    mine = base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()
    return f"v1,{mine}" in asked.headers["webhook-signature"].split(" ")


async def test_events_arrive_signed_with_who_they_are_about(hooks: Hooks) -> None:
    (one,) = await hooks.people(1)
    receiver = hooks.receiver()
    hook = await hooks.hook(
        receiver, types=["custom.a"], custom_data={"shop": 7}, headers={"authorization": "Bearer s3cret"}
    )
    await hooks.tell("e1", profile=one, size=3)
    await hooks.tell("x1", profile=one, type_="custom.b")
    assert await hooks.round() == 1
    (asked,) = receiver.got
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert signed_by(asked, hooks.secrets[hook])
    assert not signed_by(asked, "whsec_" + base64.b64encode(b"another").decode())
    body = json.loads(asked.body)
    assert body == {
        "id": asked.headers["webhook-id"], "type": "events", "timestamp": "2026-11-16T12:00:00.000Z",
        "kind": "live", "attempt": 1, "hook": hook, "custom_data": {"shop": 7},
        "events": [{
            "id": "e1", "type": "custom.a", "at": "2026-11-16T12:00:00.000Z", "database": hooks.database,
            "profile": {"id": one, "external_id": "p0", "email": "p0@example.com"}, "properties": {"size": 3},
        }],
    }  # fmt: skip
    (entry,) = await hooks.log(hook)
    assert (entry["state"], entry["status"], entry["rows"], entry["response"]) == ("delivered", 200, 1, "thanks")
    shown = await hooks.read(hook)
    assert (shown["waiting"], shown["delivered_events"], shown["trouble"]) == (0, 1, None)


async def test_the_published_library_takes_it(hooks: Hooks) -> None:
    hooks.clock.set(datetime.now(UTC))  # the library wants a timestamp of these minutes
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    await hooks.tell("e1")
    await hooks.round()
    (asked,) = receiver.got
    assert Webhook(hooks.secrets[hook]).verify(asked.body, asked.headers)["events"][0]["id"] == "e1"
    rotated = await hooks.call("POST", f"/hooks/{hook}/rotate", json={"overlap_hours": 2})
    await hooks.tell("e2")
    await hooks.round()
    for secret in (hooks.secrets[hook], rotated["secret"]):  # both, while the old one holds
        Webhook(secret).verify(receiver.got[1].body, receiver.got[1].headers)
    hooks.later(hours=3)
    await hooks.tell("e3")
    await hooks.round()
    assert signed_by(receiver.got[2], rotated["secret"])
    assert not signed_by(receiver.got[2], hooks.secrets[hook])


async def test_batches_are_full_or_old_enough_and_in_order(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, batch_size=3, max_delay=10)
    await hooks.tell("e1", "e2")
    assert await hooks.round() == 0
    assert (await hooks.read(hook))["waiting"] == 2
    await hooks.tell(*(f"e{n}" for n in range(3, 9)))
    await hooks.round()
    assert [len(body["events"]) for body in receiver.taken] == [3, 3]
    hooks.later(seconds=11)
    await hooks.round()
    assert receiver.ids() == [f"e{n}" for n in range(1, 9)]
    assert len({body["id"] for body in receiver.taken}) == 3


async def test_filters(hooks: Hooks) -> None:
    by_mailing, by_rule, both = (hooks.receiver(f"/{n}") for n in range(3))
    await hooks.hook(by_mailing, filters={"mailings": [4, 5]})
    amount = {"name": "total", "op": "gte", "value": 10}
    await hooks.hook(by_rule, filters={"properties": [amount, {"name": "city", "op": "ne", "value": "OSLO"}]})
    await hooks.hook(both, filters={"mailings": [4], "properties": [{"name": "link", "op": "is_missing"}]})
    await hooks.tell("a", mailing=4, link="https://x")
    await hooks.tell("b", mailing=6)
    await hooks.tell("c", mailing=4)
    await hooks.tell("d", total="12.50", city="Bergen")
    await hooks.tell("e", total="9.50", city="Bergen")
    await hooks.tell("f", total=12, city="oslo")
    await hooks.tell("g", total=12)
    await hooks.round()
    assert (by_mailing.ids(), by_rule.ids(), both.ids()) == (["a", "c"], ["d"], ["c"])


async def test_what_fails_is_tried_again_under_the_same_ids_after_longer_pauses(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, batch_size=2)
    receiver.says = [(500, {}), (404, {}), (302, {"location": "http://127.0.0.2:1/else"})]
    await hooks.tell("e1", "e2", "e3")
    waits = []
    for _ in range(3):
        assert await hooks.round() == 1
        assert await hooks.round() == 0, "not before its pause is over"
        shown = await hooks.read(hook)
        waits.append((datetime.fromisoformat(shown["next_at"]) - hooks.clock.now()).total_seconds())
        hooks.later(seconds=waits[-1])
    assert waits == [5, 30, 120]
    assert "not followed" in shown["trouble"]
    assert (shown["attempts"], shown["waiting"]) == (3, 3)
    assert await hooks.round() == 2
    tries = receiver.bodies()[:4]
    assert len({body["id"] for body in tries}) == 1
    assert [body["attempt"] for body in tries] == [1, 2, 3, 4]
    assert [[e["id"] for e in body["events"]] for body in tries] == [["e1", "e2"]] * 4
    assert receiver.ids() == ["e1", "e2", "e3"]
    shown = await hooks.read(hook)
    assert (shown["attempts"], shown["failing_since"], shown["trouble"], shown["waiting"]) == (0, None, None, 0)


@pytest.mark.parametrize(
    ("says", "seconds"),
    [
        ((429, {"retry-after": "77"}), 77),
        ((503, {"retry-after": "Mon, 16 Nov 2026 13:00:00 GMT"}), 3600),
        ((429, {}), 5),
        ((503, {"retry-after": "soon"}), 5),
        ((500, {"retry-after": "77"}), 5),
        ((429, {"retry-after": "999999999"}), 86_400),
    ],
)
async def test_a_receiver_says_how_long_to_wait(hooks: Hooks, says: Any, seconds: int) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    receiver.says = [says]
    await hooks.tell("e1")
    await hooks.round()
    assert datetime.fromisoformat((await hooks.read(hook))["next_at"]) == NOW + timedelta(seconds=seconds)


async def test_gone_switches_off_and_nothing_is_lost(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    receiver.says = [(410, {})]
    await hooks.tell("e1")
    await hooks.round()
    shown = await hooks.read(hook)
    assert (shown["active"], shown["paused_by"], shown["waiting"]) == (False, "gone", 1)
    async with hooks.engines.tx() as tx:
        (notice,) = await open_notices(tx)
    assert notice.link == f"/settings/hooks/{hook}"
    assert "410" in notice.body
    await hooks.tell("e2")
    hooks.later(hours=1)
    assert await hooks.round() == 0
    assert (await hooks.call("POST", f"/hooks/{hook}/resume"))["active"] is True
    await hooks.round()
    assert receiver.ids() == ["e1", "e2"]


async def test_a_day_of_failures_pauses(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    receiver.says = [(500, {})] * 100
    await hooks.tell("e1")
    tries = 0
    while (shown := await hooks.read(hook))["active"]:
        hooks.clock.set(max(hooks.clock.now(), datetime.fromisoformat(shown["next_at"])))
        tries += await hooks.round()
    assert shown["paused_by"] == "failing"
    assert hooks.clock.now() - NOW >= timedelta(hours=24)
    assert tries < 20
    assert shown["waiting"] == 1


async def test_what_waits_too_long_is_dropped_and_told(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    await hooks.call("POST", f"/hooks/{hook}/pause")
    await hooks.tell("old1", "old2")
    await hooks.round()
    hooks.later(days=6)
    await hooks.tell("new")
    await hooks.round()
    hooks.later(days=2)
    await keep_house(hooks.engines)
    shown = await hooks.read(hook)
    assert (shown["waiting"], shown["dropped_events"]) == (1, 2)
    async with hooks.engines.tx() as tx:
        assert any("2 events" in notice.body for notice in await open_notices(tx))
    await hooks.call("POST", f"/hooks/{hook}/resume")
    await hooks.round()
    assert receiver.ids() == ["new"]


async def test_only_so_many_are_kept(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "KEEP_EVENTS", 4)
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, batch_size=2)
    await hooks.call("POST", f"/hooks/{hook}/pause")
    await hooks.tell(*(f"e{n}" for n in range(7)))
    await hooks.round()
    await keep_house(hooks.engines)
    await hooks.call("POST", f"/hooks/{hook}/resume")
    await hooks.round()
    assert receiver.ids() == ["e4", "e5", "e6"]
    assert (await hooks.read(hook))["dropped_events"] == 4


async def test_a_silent_receiver_ends_in_time_and_holds_up_nobody(hooks: Hooks) -> None:
    dead, alive = hooks.receiver("/dead"), hooks.receiver("/alive")
    dead.silent = True
    first, _ = await hooks.hook(dead), await hooks.hook(alive)
    await hooks.tell("e1")
    async with asyncio.timeout(5):
        await hooks.round()
    assert alive.ids() == ["e1"]
    shown = await hooks.read(first)
    assert (shown["attempts"], shown["waiting"]) == (1, 1)
    assert "silent" in shown["trouble"] or "longer" in shown["trouble"]


async def test_a_name_that_leads_inside_later_is_refused(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver)
    hooks.engines.settings = hooks.engines.settings.replace("security", allow_networks="")
    await hooks.tell("e1")
    await hooks.round()
    assert receiver.got == []
    assert "loopback" in (await hooks.read(hook))["trouble"]


async def test_killed_between_sending_and_noting_sends_the_same_again(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = hooks.receiver()
    await hooks.hook(receiver)
    await hooks.tell("e1", "e2")

    async def dies(*args: Any) -> None:
        raise ConnectionError("killed")

    monkeypatch.setattr(sending, "_settle", dies)
    await hooks.round()
    monkeypatch.undo()
    await hooks.round()
    one, two = receiver.taken
    assert one["id"] == two["id"]
    assert one["events"] == two["events"]
    assert (one["attempt"], two["attempt"]) == (1, 2)
    assert await hooks.round() == 0


async def test_two_senders_never_send_to_one_hook_at_once(hooks: Hooks) -> None:
    receiver = hooks.receiver()
    receiver.meanwhile = 0.02
    await hooks.hook(receiver, batch_size=5)
    await hooks.tell(*(f"e{n:03}" for n in range(100)))

    async def work() -> None:
        async with Sender(hooks.engines) as sender:
            for _ in range(200):
                await sender.round()
                if len(receiver.taken) >= 20:
                    return
                await asyncio.sleep(0.01)

    await asyncio.gather(work(), work())
    assert receiver.most_at_once == 1
    assert receiver.ids() == [f"e{n:03}" for n in range(100)]


async def test_a_flood_for_one_does_not_delay_another(hooks: Hooks) -> None:
    flooded, quiet = hooks.receiver("/flooded"), hooks.receiver("/quiet")
    await hooks.hook(flooded, types=["custom.flood"], batch_size=500)
    await hooks.hook(quiet, types=["custom.quiet"])
    await hooks.people(1)
    async with hooks.engines.tx() as tx:
        await tx.emit_bulk(hooks.database, "custom.flood", BitMap(range(1, 100_001)), NOW, {"n": 1})
        tx.emit(EventOut(hooks.database, 1, "custom.quiet", NOW, {}, "q1"))
    await hooks.drain()
    async with Sender(hooks.engines) as sender:
        running = asyncio.create_task(sender.run())
        async with asyncio.timeout(60):
            while not quiet.taken:
                await asyncio.sleep(0.01)
            assert len(flooded.events()) < 60_000
            while len(flooded.events()) < 100_000:
                await asyncio.sleep(0.1)
        hooks.engines.stop.set()
        await running
        hooks.engines.stop.clear()
    events = flooded.events()
    assert [event["profile"]["id"] for event in events] == list(range(1, 100_001))
    assert len({event["id"] for event in events}) == 100_000
    assert {len(body["events"]) for body in flooded.taken} == {500}


async def test_who_was_deleted_has_no_facts_and_who_was_erased_is_gone(hooks: Hooks) -> None:
    one, two, three = await hooks.people(3)
    receiver = hooks.receiver()
    hook = await hooks.hook(receiver, types=["custom.a"])
    await hooks.tell("sent", profile=two)
    await hooks.round()
    await hooks.call("POST", f"/hooks/{hook}/pause")
    await hooks.tell("e1", profile=one)
    await hooks.tell("e2", profile=two)
    await hooks.round()
    async with hooks.engines.tx() as tx:
        await tx.execute(sa.text(f"delete from profile_{hooks.database} where id = {one}"))
        await erase_profiles(tx, SYSTEM, hooks.database, [two])
    await hooks.call("POST", f"/hooks/{hook}/resume")
    await hooks.tell("e3", profile=three)
    await hooks.round()
    late = [(e["id"], e["profile"]["email"]) for e in receiver.events()][1:]
    assert late == [("e1", None), ("e3", "p2@example.com")]
    for entry in await hooks.log(hook):
        detail = await hooks.call("GET", f"/hooks/{hook}/deliveries/{entry['id']}")
        assert "p1@example.com" not in detail["body"]
        assert '"e2"' not in detail["body"]
