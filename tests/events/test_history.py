"""History of a profile and the latest events: paging, groups, sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia.events.catalogue import BUILTIN
from fidelia.events.sentences import sentence
from fidelia.platform.drain import Drain
from fidelia.platform.outbox import EventOut
from tests.events.conftest import World

AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


async def emit(world: World, profile: int, type_: str, minutes: int, id_: str, **properties: Any) -> None:
    async with world.engines.tx() as tx:
        tx.emit(EventOut(world.database, profile, type_, AT + timedelta(minutes=minutes), properties, id_))


async def test_history_is_newest_first_and_counts_groups(world: World) -> None:
    one, two = await world.people(2)
    await emit(world, one, "message.sent", 1, "s", mailing=5, channel="email")
    await emit(world, one, "message.opened", 2, "o", mailing=5)
    await emit(world, one, "message.clicked", 3, "c", mailing=5, link="https://a.example/x")
    await emit(world, one, "order.paid", 4, "p", order="1001", total=12.5, currency="EUR")
    await emit(world, one, "custom.quiz_done", 5, "q", score=7)
    await emit(world, two, "custom.quiz_done", 6, "other", score=1)
    page = await world.history(one, limit=4)
    told = [(item["type"], item["text"]) for item in page["items"]]
    assert told[0][0] == "profile.created"  # made now, which is later
    assert told[1:] == [
        ("custom.quiz_done", "custom.quiz_done · score 7"),
        ("order.paid", "Order 1001 paid · 12.50 EUR"),
        ("message.clicked", "Clicked a link in mailing 5: https://a.example/x"),
    ]
    assert page["total"] == 6
    rest = await world.history(one, limit=4, cursor=page["next_cursor"])
    assert [item["text"] for item in rest["items"]] == ["Opened mailing 5", "Sent mailing 5 by e-mail"]
    assert rest["next_cursor"] is None
    assert [(g["group"], g["count"]) for g in page["groups"]] == [
        ("profile", 1), ("messages", 3), ("orders", 1), ("custom", 1),
    ]  # fmt: skip
    assert page["complete"] is True
    messages = await world.history(one, group="messages")
    assert (messages["total"], len(messages["items"])) == (3, 3)
    assert len(messages["groups"]) == 4
    opened = await world.history(one, type="message.opened,custom.quiz_done")
    assert [item["id"] for item in opened["items"]] == ["q", "o"]
    assert (await world.history(one, type="custom.never"))["items"] == []
    assert opened["items"][0]["properties"] == {"score": 7}


async def test_names_come_from_who_knows_them(world: World) -> None:
    (profile,) = await world.people(1)
    await emit(world, profile, "message.opened", 1, "o", mailing=5)
    await emit(world, profile, "segment.entered", 2, "e", segment=3)
    await emit(world, profile, "subscription.changed", 3, "r", resource=999, status="unsubscribed")
    await emit(world, profile, "custom.odd", 4, "x", resource=999, mailing=2**31 - 1, segment=-1)

    async def names(tx: Any, ids: Any) -> dict[int, str]:
        return {5: "Spring sale"}

    before = world.engines.ports["events.names"]["mailing"]
    world.engines.ports["events.names"]["mailing"] = names
    try:
        page = await world.history(profile, type="message.opened,segment.entered,subscription.changed,custom.odd")
    finally:
        world.engines.ports["events.names"]["mailing"] = before
    assert [item["text"] for item in page["items"]] == [
        "custom.odd · mailing 2147483647 · resource 999 · segment -1",
        "Unsubscribed from resource 999",
        "Entered the segment 3",
        "Opened “Spring sale”",
    ]


async def test_pages_do_not_skip_events_of_the_same_moment(world: World) -> None:
    (profile,) = await world.people(1)
    for n in range(25):
        await emit(world, profile, f"custom.t{n % 3}", 0, f"e{n:02}")
    seen, cursor = [], None
    while True:
        page = await world.history(
            profile, limit=4, type="custom.t0,custom.t1,custom.t2", **({"cursor": cursor} if cursor else {})
        )
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 25 == len(set(seen))


async def test_the_latest_events_of_everybody(world: World) -> None:
    people = await world.people(3)
    for n in range(9):
        await emit(world, people[n % 3], "custom.a" if n % 2 else "custom.b", -60 * 24 * 20 * n, f"e{n}")
    reply = await world.api.get("/events", params={"database": world.database, "type": "custom.a,custom.b", "limit": 4})
    page = reply.json()
    assert [item["id"] for item in page["items"]] == ["e0", "e1", "e2", "e3"]
    more = await world.api.get(
        "/events",
        params={"database": world.database, "type": "custom.a,custom.b", "cursor": page["next_cursor"]},
    )
    assert [item["id"] for item in more.json()["items"]] == ["e4", "e5", "e6", "e7", "e8"]
    own = await world.api.get("/events", params={"database": world.database, "profile": people[1], "type": "custom.a"})
    assert [item["id"] for item in own.json()["items"]] == ["e1", "e7"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"cursor": "x"}, 422),
        ({"cursor": "WzFd"}, 422),
        ({"cursor": "WyIyMDI2LTAxLTAxIiwgMSwgMiwgM10"}, 422),
        ({"limit": 0}, 422),
        ({"group": "nothing"}, 422),
        ({"type": "x" * 300}, 422),
    ],
)
async def test_bad_questions(world: World, params: dict[str, Any], status: int) -> None:
    (profile,) = await world.people(1)
    reply = await world.api.get(f"/databases/{world.database}/profiles/{profile}/history", params=params)
    assert reply.status_code == status, reply.text


async def test_nobody_has_no_history(world: World) -> None:
    for database, profile in ((world.database, 1), (99999, 1), (world.database, 2**40)):
        reply = await world.api.get(f"/databases/{database}/profiles/{profile}/history")
        assert reply.status_code == 404
    assert (await world.api.get("/events", params={"database": 99999})).status_code == 404
    assert (await world.api.get("/events")).status_code == 422
    assert (await world.api.get("/events", params={"database": world.database, "profile": 2**40})).status_code == 422


async def test_a_long_queue_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (profile,) = await world.people(1)
    await world.engines.catch_up()
    async with world.engines.tx() as tx:
        await tx.emit_bulk(
            world.database, "custom.many", BitMap(range(world.engines.settings.limits.drain_rows + 1)), AT
        )
    page = await world.history(profile)
    assert page["complete"] is False
    assert [item["type"] for item in page["items"]] == ["profile.created"]
    assert isinstance(world.engines.drain, Drain)
    await world.engines.drain.flush()
    assert (await world.history(profile))["total"] == 2


@pytest.mark.parametrize(
    ("type_", "properties", "text"),
    [
        ("profile.updated", {"fields": ["city", "age"]}, "Profile updated: city, age"),
        ("profile.created", {"source": "import"}, "Profile created by an import"),
        ("subscription.changed", {"resource": 1, "status": "unsubscribed"}, "Unsubscribed from resource 1"),
        (
            "subscription.changed",
            {"resource": 1, "channel": "email", "status": "subscribed", "source": "double opt-in"},
            "Subscribed to resource 1 by e-mail by confirming the mail",
        ),
        (
            "subscription.changed",
            {
                "resource": 1,
                "status": "subscribed",
                "change": "paused",
                "paused_until": "2026-12-22T09:00:00+00:00",
                "source": "preference centre",
            },
            "Paused resource 1 until 2026-12-22 on the preference page",
        ),
        (
            "profile.updated",
            {"fields": ["city"], "source": "preference centre"},
            "Profile updated: city, on the preference page",
        ),
        ("message.blocked", {"mailing": 1, "reason": "on a stop list"}, "Mailing 1 was not sent: on a stop list"),
        ("message.bounced", {"mailing": 1}, "Mailing 1 bounced"),
        ("order.line.refunded", {"order": "7", "sku": "A-1", "total": "3.00"}, "Line A-1 of order 7 refunded · 3.00"),
        ("page.viewed", {"title": "Shoes", "url": "https://x"}, "Viewed the page “Shoes”"),
        ("page.viewed", {"url": "https://x"}, "Viewed https://x"),
        ("goal.reached", {"goal": "cart", "value": 12.5}, "Reached the goal “cart” · 12.5"),
        ("form.submitted", {"form": "contact"}, "Submitted the form “contact”"),
        ("loyalty.accrued", {"amount": "100", "program": 2}, "Earned 100 points in program 2"),
        ("loyalty.redeemed", {"amount": 40, "points": "blue_stars", "program": 2}, "Spent 40 blue stars in program 2"),
        ("loyalty.level_changed", {"level": "silver", "direction": "up"}, "Moved up to the level silver"),
        ("loyalty.level_changed", {"direction": "down", "program": 2}, "Left their level in program 2"),
        ("scenario.left", {}, "Left a scenario"),
        ("campaign.entered", {"campaign": 3, "source": "segment", "group": "test"}, "Entered the campaign 3"),
        (
            "campaign.entered",
            {"campaign": 3, "source": "clicked", "mailing": 7, "group": "control"},
            "Entered the campaign 3 by a click in mailing 7",
        ),
        ("campaign.left", {"campaign": 3}, "Left the campaign 3"),
        ("custom.x", {"deep": {"a": 1}, "yes": True, "n": None}, "custom.x · yes yes"),
    ],
)  # fmt: skip
def test_sentences(type_: str, properties: dict[str, Any], text: str) -> None:
    assert sentence(type_, properties, {}) == text


@pytest.mark.parametrize("value", [None, 1, -1, "", "x" * 5000, "a\nb", True, [], {}, 1.5, [1], "NaN"])
def test_a_sentence_never_fails(value: Any) -> None:
    for type_ in BUILTIN:
        names = {*BUILTIN[type_].properties, "reason", "link", "total", "currency", "order", "title", "fields"}
        told = sentence(type_, dict.fromkeys(names, value), {("mailing", 1): "M"})
        assert told
        assert len(told) < 900
