"""Types: declared, learned, archived; and what conditions may say of them."""

from __future__ import annotations

from typing import Any

from fidelia.access import read_audit
from fidelia.conditions import check, compile, decode, merge
from fidelia.events import event_types, vocabulary
from fidelia.events.catalogue import BUILTIN
from fidelia.kernel.paging import PageRequest
from fidelia.profiles.vocabulary import vocabulary as people_vocabulary
from tests.conftest import NOW
from tests.events.conftest import World


async def types(world: World, **params: Any) -> dict[str, Any]:
    reply = await world.api.get("/event-types", params={"database": world.database, "limit": 1000, **params})
    assert reply.status_code == 200, reply.text
    return {item["name"]: item for item in reply.json()["items"]}


async def define(world: World, status: int = 201, **body: Any) -> Any:
    reply = await world.api.post("/event-types", json={"database_id": world.database, **body})
    assert reply.status_code == status, reply.text
    return reply.json()


async def test_built_in_types_are_there_from_the_start(world: World) -> None:
    found = await types(world)
    assert list(found) == list(BUILTIN)
    opened = found["message.opened"]
    assert (opened["id"], opened["builtin"], opened["group"], opened["count"]) == (None, True, "messages", 0)
    assert {p["name"] for p in opened["properties"]} == {"mailing", "campaign", "scenario", "template", "channel"}
    assert await types(world, builtin=False) == {}


async def test_types_are_learned_from_events(world: World) -> None:
    (profile,) = await world.people(1)
    await world.send(
        *(
            {"type": "custom.quiz_done", "profile": profile, "properties": properties}
            for properties in (
                {"score": 7, "ok": True, "day": "2026-01-01"},
                {"score": 7.5, "tags": ["a"], "at": "2026-01-01T10:00:00Z"},
                {"day": "soon", "bad name": 1, "deep": {"x": 1}, "\x00": 1},
            )
        ),
        {"type": "page.viewed", "profile": profile, "properties": {"url": "https://x", "shop": "Oslo"}},
        {"type": "custom.refused", "profile": 99999},
    )  # fmt: skip
    found = await types(world)
    quiz = found["custom.quiz_done"]
    assert {p["name"]: p["type"] for p in quiz["properties"]} == {
        "score": "float", "ok": "boolean", "day": "string", "tags": "tags", "at": "datetime",
    }  # fmt: skip
    assert (quiz["declared"], quiz["label"], quiz["count"], quiz["group"]) == (False, "Quiz done", 3, "custom")
    assert quiz["last_seen_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert "custom.refused" not in found
    assert {"name": "shop", "type": "string", "label": "Shop", "declared": False} in found["page.viewed"]["properties"]


async def test_declared_properties_are_checked(world: World) -> None:
    (profile,) = await world.people(1)
    properties = [
        {"name": "score", "type": "integer", "label": "Points"},
        {"name": "ratio", "type": "float"},
        {"name": "day", "type": "date"},
        {"name": "at", "type": "datetime"},
        {"name": "ok", "type": "boolean"},
        {"name": "tags", "type": "tags"},
        {"name": "text", "type": "string"},
    ]
    made = await define(world, name="custom.quiz", label="Quiz", properties=properties)
    assert made["declared"] is True
    assert made["properties"][0] == {"name": "score", "type": "integer", "label": "Points", "declared": True}
    good = {
        "score": 7,
        "ratio": 1,
        "day": "2026-02-28",
        "at": "2026-01-01T10:00:00+01:00",
        "ok": False,
        "tags": [],
        "text": "",
    }
    wrong = {"score": 7.5, "ratio": "1", "day": "2026-02-30", "at": "2026-01-01", "ok": 1, "tags": [1], "text": 5}
    reply = await world.send(
        {"type": "custom.quiz", "profile": profile, "properties": {**good, "free": "x"}},
        {"type": "custom.quiz", "profile": profile, "properties": dict.fromkeys(good)},
        *(
            {"type": "custom.quiz", "profile": profile, "properties": {**good, name: bad}}
            for name, bad in wrong.items()
        ),
    )
    assert reply["accepted"] == 2
    assert [r["reason"].split(" ")[0] for r in reply["rejected"]] == [f"properties.{name}" for name in wrong]
    assert "whole number" in reply["rejected"][0]["reason"]


async def test_defining_changing_archiving(world: World) -> None:
    (profile,) = await world.people(1)
    await world.send({"type": "custom.seen", "profile": profile, "properties": {"a": 1}})
    learned = (await types(world))["custom.seen"]
    made = await define(world, name="custom.seen", label="Seen it")
    assert made["id"] == learned["id"]
    assert made["declared"] is True
    await define(world, 409, name="custom.seen")
    for body in (
        {"name": "seen"},
        {"name": "message.opened"},
        {"name": "page.viewed"},
        {"name": "custom.x", "label": "x" * 101},
        {"name": "custom.x", "properties": [{"name": "a b", "type": "string"}]},
        {"name": "custom.x", "properties": [{"name": "a", "type": "string"}] * 2},
        {"name": "custom.x", "properties": [{"name": "a", "type": "colour"}]},
    ):
        refused = await define(world, 422, **body)
        assert refused["errors"][0]["pointer"].startswith("/")
    changed = await world.api.patch(f"/event-types/{made['id']}", json={"description": "What was seen"})
    assert (changed.json()["label"], changed.json()["description"]) == ("Seen it", "What was seen")
    assert (await world.api.delete(f"/event-types/{made['id']}")).status_code == 204
    assert "custom.seen" not in await types(world)
    assert "custom.seen" in await types(world, archived=True)
    # New events are refused, and do not bring it back; what happened stays.
    refused = await world.send({"type": "custom.seen", "profile": profile, "id": "late"})
    assert (refused["accepted"], refused["rejected"][0]["reason"]) == (
        0, "The event type custom.seen was deleted; restore it first",
    )  # fmt: skip
    assert "custom.seen" not in await types(world)
    assert (await types(world, archived=True))["custom.seen"]["count"] == 1
    async with world.engines.tx() as tx:
        assert "custom.seen" not in {t.name for t in await event_types(tx, world.database)}
        assert "custom.seen" not in (await vocabulary(tx, world.database)).event
        entries = await read_audit(tx, PageRequest(), kind="event_type", object_id=str(made["id"]))
    assert [entry.action for entry in entries.items] == [
        "event_type.archived",
        "event_type.updated",
        "event_type.created",
    ]
    assert (await world.api.patch(f"/event-types/{made['id']}", json={"archived": False})).status_code == 200
    assert "custom.seen" in await types(world)
    assert (await world.send({"type": "custom.seen", "profile": profile, "id": "late"}))["accepted"] == 1
    assert (await world.api.get("/event-types/99999")).status_code == 404
    assert (await world.api.get("/event-types", params={"database": 99999})).status_code == 404


async def test_the_list_is_paged_and_searched(world: World) -> None:
    (profile,) = await world.people(1)
    await world.send(*({"type": f"custom.t{n}", "profile": profile} for n in range(7)))
    first = await world.api.get("/event-types", params={"database": world.database, "builtin": False, "limit": 4})
    second = await world.api.get(
        "/event-types",
        params={"database": world.database, "builtin": False, "limit": 4, "cursor": first.json()["next_cursor"]},
    )
    names = [item["name"] for page in (first, second) for item in page.json()["items"]]
    assert names == [f"custom.t{n}" for n in range(7)]
    assert (first.json()["total"], second.json()["next_cursor"]) == (7, None)
    assert list(await types(world, q="CLICKED")) == ["message.clicked"]


async def test_conditions_find_what_was_sent(world: World) -> None:
    one, two, three = await world.people(3)
    await define(world, name="custom.buy", properties=[{"name": "sku", "type": "string"}])
    at = "2026-11-10T00:00:00Z"
    await world.send(
        {"type": "custom.buy", "profile": one, "at": at, "properties": {"sku": "A-1", "total": 12.5, "n": 3}},
        {"type": "custom.buy", "profile": two, "at": at, "properties": {"sku": "B-1", "total": 99, "n": 1}},
        {"type": "page.viewed", "profile": three, "at": at, "properties": {"url": "https://x/a", "shop": "Oslo"}},
    )
    async with world.engines.tx() as tx:
        words = merge(await people_vocabulary(tx, world.database), await vocabulary(tx, world.database))
        own = merge(await people_vocabulary(tx, world.database), await vocabulary(tx, world.database, skip=()))
    assert "order.created" not in words.event
    assert set(own.event) == {*BUILTIN, "custom.buy"}
    assert words.event["custom.buy"].by_name["event.n"].type == "integer"
    await world.engines.catch_up()

    async def found(condition: dict[str, Any]) -> list[int]:
        query = compile(check(decode(condition), words, subject="profile"), NOW, "UTC")
        return list(await world.engines.clickhouse.bitmap(query.text, query.params))

    def occurred(event: str, field: str, op: str, value: Any) -> dict[str, Any]:
        where = {"kind": "compare", "field": f"event.{field}", "op": op, "value": value}
        return {"kind": "occurred", "event": event, "within": {"last": "P30D"}, "where": where}

    assert await found(occurred("custom.buy", "sku", "starts_with", "a")) == [one]
    assert await found(occurred("custom.buy", "total", "gt", 50)) == [two]
    assert await found(occurred("custom.buy", "n", "gte", 1)) == [one, two]
    assert await found(occurred("page.viewed", "shop", "eq", "oslo")) == [three]


async def test_what_is_defined_or_deleted_is_known_at_once(world: World) -> None:
    """The joined vocabulary is kept for some seconds, but not past a change that somebody has made by hand."""

    async def known() -> bool:
        async with world.engines.tx() as tx:
            return "custom.now" in (await world.engines.port("vocabulary")(tx, world.database)).event

    assert not await known()
    made = await define(world, name="custom.now")
    assert await known()
    path = f"/event-types/{made['id']}"
    assert (await world.api.delete(path)).status_code == 204
    assert not await known()
    assert (await world.api.patch(path, json={"archived": False})).status_code == 200
    assert await known()
