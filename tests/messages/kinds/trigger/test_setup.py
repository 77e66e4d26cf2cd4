"""Setting triggers up: what cannot be is refused at its place, what runs does not change, previews show a sample."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia import profiles, segments
from fidelia.messages import database_used_by, personal_data, segment_used_by
from fidelia.platform.outbox import EventOut

from .world import SIZES, World


async def refused(world: World, triggers: list[dict[str, Any]]) -> dict[str, str]:
    body = {"name": "X", "type": "trigger", "database_id": world.database, "triggers": triggers}
    reply = await world.api.post("/api/v1/mailings", json=body)
    assert reply.status_code == 422, reply.text
    return {error["pointer"]: error["message"] for error in reply.json()["errors"]}


def event(where: Any, type_: str = "custom.size") -> dict[str, Any]:
    return {"kind": "event", "type": type_, "where": where}


@pytest.mark.parametrize(
    ("triggers", "pointer", "words"),
    [
        ([{"kind": "event", "type": "no.such"}], "/triggers/0/type", "no event no.such"),
        ([{"kind": "event", "type": "custom.x", "wait": 200_000}], "/triggers/0/wait", ""),
        ([*SIZES, {"kind": "date", "field": "shoe"}], "/triggers/1/field", "no field shoe"),
        ([{"kind": "date", "field": "city"}], "/triggers/0/field", "no date"),
        ([{"kind": "date", "field": "birth_date", "at": "25:00"}], "/triggers/0/at", ""),
        ([{"kind": "call"}, {"kind": "call"}], "/triggers/1", "already"),
        (
            [event({"kind": "all", "of": [{"kind": "compare", "field": "profile.shoe", "op": "eq", "value": "x"}]})],
            "/triggers/0/where/of/0/field",
            "",
        ),
        ([event({"kind": "occurred", "event": "order.created"})], "/triggers/0/where", "segment"),
        ([event({"kind": "not", "of": {"kind": "member", "of": {"segment": 1}}})], "/triggers/0/where/of", "segment"),
        (
            [event({"kind": "compare", "field": "trigger.mailing", "op": "gt", "value": "x"}, "message.clicked")],
            "/triggers/0/where/value",
            "",
        ),
        ([event({"kind": "related", "link": "orders"})], "/triggers/0/where/link", ""),
    ],
)
async def test_what_cannot_be(world: World, triggers: list[dict[str, Any]], pointer: str, words: str) -> None:
    errors = await refused(world, triggers)
    assert pointer in errors, errors
    assert words in errors[pointer]


async def test_more_than_ten_and_other_kinds(world: World) -> None:
    assert "/triggers" in await refused(world, SIZES * 11)
    body = {"name": "X", "type": "broadcast", "database_id": world.database, "triggers": SIZES}
    assert (await world.api.post("/api/v1/mailings", json=body)).status_code == 422


async def test_a_loop_is_refused(world: World) -> None:
    mailing = await world.make(SIZES)
    where = {"kind": "compare", "field": "trigger.mailing", "op": "eq", "value": mailing}
    path = f"/api/v1/mailings/{mailing}"
    reply = await world.api.patch(path, json={"triggers": [event(where, "message.sent")]})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/triggers/0/where"
    await world.ok(await world.api.patch(path, json={"triggers": [event(where, "message.clicked")]}))


async def test_what_is_stored_comes_back_and_is_copied(world: World) -> None:
    triggers = [
        event({"kind": "compare", "field": "trigger.size", "op": "in", "value": ["L", "XL"]}),
        {"kind": "date", "field": "birth_date", "days": -3, "at": "08:15", "yearly": True, "wait": 5},
        {"kind": "call", "wait": 1},
    ]
    mailing = await world.make(triggers)
    made = await world.ok(await world.api.get(f"/api/v1/mailings/{mailing}"))
    assert made["triggers"][0]["where"]["value"] == ["L", "XL"]
    assert made["triggers"][1] == triggers[1]
    copy = await world.ok(await world.api.post(f"/api/v1/mailings/{mailing}/clone", json={}), 201)
    assert (copy["type"], copy["triggers"]) == ("trigger", made["triggers"])


async def test_it_needs_a_trigger_and_does_not_change_while_it_runs(world: World) -> None:
    mailing = await world.make([])
    reply = await world.api.post(f"/api/v1/mailings/{mailing}/start", json={})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/triggers"
    active = await world.begin()
    reply = await world.api.patch(f"/api/v1/mailings/{active}", json={"triggers": []})
    assert reply.status_code == 409
    estimate = await world.ok(await world.api.get(f"/api/v1/mailings/{active}/estimate"))
    assert [check for check in estimate["checks"] if check["severity"] == "error"] == []


async def test_templates_that_say_what_happened_are_for_triggered_mailings(world: World) -> None:
    body = {"name": "B", "database_id": world.database, "template_id": world.template, "from_email": "a@example.org"}
    made = await world.ok(await world.api.post("/api/v1/mailings", json=body), 201)
    reply = await world.api.post(f"/api/v1/mailings/{made['id']}/start", json={})
    assert reply.status_code == 422
    assert "only triggered mailings" in reply.json()["errors"][0]["message"]


async def test_previews_and_tests_show_a_sample(world: World) -> None:
    template = await world.make_template(
        "<p>{{ event.type }} {{ event.size }} {{ event.properties.size }}</p><a href='{{ links.unsubscribe }}'>x</a>"
    )
    mailing = await world.make(SIZES, template_id=template)
    path = f"/api/v1/mailings/{mailing}/preview"
    shown = await world.ok(await world.api.post(path, json={"profile_id": 1}))
    assert shown["error"] is None
    assert "custom.size [size] [size]" in shown["text"], "nobody has seen one yet"
    await world.happen(("s1", 2), size="42")
    shown = await world.ok(await world.api.post(path, json={"profile_id": 1}))
    assert "custom.size 42 42" in shown["text"], "as the last one was"
    draft = await world.ok(await world.api.get(f"/api/v1/templates/{template}"))
    look = {"body": draft["body"], "format": "html", "subject": "x", "profile_id": 1, "database_id": world.database}
    shown = await world.ok(await world.api.post("/api/v1/templates/preview", json=look))
    assert (shown["error"], "[size]" in shown["text"]) == (None, True)


async def test_deleted_types_set_nothing_off(world: World) -> None:
    mailing = await world.begin()
    await world.happen(("a", 1))
    await world.catch()
    types = await world.ok(await world.api.get("/api/v1/event-types", params={"database": world.database}))
    mine = next(t for t in types["items"] if t["name"] == "custom.size")
    path = f"/api/v1/event-types/{mine['id']}"
    assert (await world.api.delete(path)).status_code == 409, "it says who would hear nothing any more"
    async with world.engines.tx() as tx:  # written at the last moment
        tx.emit(EventOut(world.database, 2, "custom.size", tx.now, {}, "late"))
    await world.ok(await world.api.delete(path, params={"confirm": True}), 204)
    await world.catch()
    assert await world.who(mailing) == [1]


async def test_what_is_known_about_a_person_says_what_caused_mails(world: World) -> None:
    await world.begin()
    await world.happen(("a", 1), size="S")
    await world.catch()
    found = await personal_data(world.engines, world.database, 1)
    assert [(cause["event"], cause["properties"]) for cause in found["causes"]] == [("custom.size", {"size": "S"})]


async def test_segments_and_fields_say_which_mailings_need_them(world: World) -> None:
    segment = await world.segment(type="static")
    entered = {"kind": "compare", "field": "trigger.segment", "op": "in", "value": [segment, 999]}
    city = {"kind": "compare", "field": "profile.city", "op": "eq", "value": "Oslo"}
    mailing = await world.make(
        [event({"kind": "all", "of": [entered, {"kind": "not", "of": city}]}, "segment.entered")]
    )
    other = await world.make([{"kind": "date", "field": "birth_date"}])
    names = {n: (await world.ok(await world.api.get(f"/api/v1/mailings/{n}")))["name"] for n in (mailing, other)}
    async with world.engines.tx() as tx:
        found = await segments.get_segment(tx, segment)
        database = await profiles.get_database(tx, world.database)
        by_name = {field.name: field for field in database.fields}
        assert await segment_used_by(tx, found) == [f"mailing {names[mailing]}"]
        assert f"mailing {names[mailing]}" in await database_used_by(tx, world.database, by_name["city"])
        assert f"mailing {names[other]}" in await database_used_by(tx, world.database, by_name["birth_date"])
        assert await database_used_by(tx, world.database, by_name["gender"]) == []
