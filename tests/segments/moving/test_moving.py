"""Thirty definitions of another platform: what each became, what it finds, and what was said about the rest."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fidelia.segments.moving.tags import tags_of

from ..conftest import Shop, name

DEFINITIONS = json.loads((Path(__file__).parent / "definitions.json").read_text())["data"]
GMAIL = {"gmail": ["gmail.com", "example.com"]}


async def move(shop: Shop, definitions: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    body = {"definitions": DEFINITIONS if definitions is None else definitions, **more}
    return dict(await shop.post("/segments/import", body))


@pytest.fixture
async def maps(shop: Shop) -> AsyncIterator[dict[str, Any]]:
    resource = await shop.post("/resources", {"name": name("resource")}, 201)
    yield {
        "databases": {"5": shop.database},
        "resources": {"46": resource["id"]},
        "mailings": {"7": 12},
        "domain_groups": GMAIL,
    }
    while segments := (await shop.get(f"/segments?database={shop.database}&limit=1000"))["items"]:
        for segment in segments:  # those that another one uses go after it
            await shop.api.delete(f"/api/v1/segments/{segment['id']}")


async def test_thirty_definitions(shop: Shop, maps: dict[str, Any]) -> None:
    report = await move(shop, maps=maps)
    items = {item["id"]: item for item in report["items"]}
    assert [item["id"] for item in report["items"]] == list(range(1, 31))
    assert (report["converted"], report["proposed"], report["refused"], report["unreadable"]) == (24, 1, 5, 0), [
        (item["id"], item["lost"]) for item in report["items"] if item["lost"]
    ]
    refused = {id_: [lost["why"] for lost in item["lost"]] for id_, item in items.items() if item["lost"]}
    assert refused == {
        6: ["Which domains are in the group 'corporate' is not in the definition: say so"],
        15: ["Which mailing the number 8 is here is not known: say so"],
        27: ["Scenarios of the other platform are not here"],
        28: ["The file is not in the definition: upload its column as a list and choose the list in the rule"],
        30: ["There is no field 'shoe_size' in this database: make it first, or say which one it is"],
    }
    assert [(u["kind"], u["theirs"]) for u in report["unknown"]] == [
        ("databases", "9"),
        ("domain_groups", "corporate"),
        ("fields", "shoe_size"),
        ("mailings", "8"),
    ]
    assert items[27]["lost"][0]["where"] == "segment[0].queries[0]"
    assert items[27]["proposals"][0]["condition"] == compare("city", "eq", "Oslo")
    made = {id_: item["became"] for id_, item in items.items() if item["became"]}
    assert {id_: became["type"] for id_, became in made.items() if became["type"] != "dynamic"} == {
        22: "static",
        23: "static",
        24: "updatable",
    }
    assert all(item["sentence"] for id_, item in items.items() if made.get(id_, {}).get("type") == "dynamic")
    stored = await shop.get(f"/segments/{made[24]['id']}")
    assert stored["schedule"] == {"at": "04:00", "weekdays": [], "timezone": None, "until": None}
    assert any("04:00" in note for note in items[24]["notes"])
    assert any("access groups" in note for note in items[24]["notes"])
    assert items[23]["proposals"][0]["condition"] == compare("city", "starts_with", "Os")
    assert "It keeps its tags: summer" in items[23]["notes"]
    assert (await shop.get(f"/segments/{made[23]['id']}"))["tags"] == ["summer"]


def compare(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": f"profile.{field}", "op": op, "value": value}


async def test_what_was_made_finds_the_same_people(shop: Shop, maps: dict[str, Any]) -> None:
    report = await move(shop, maps=maps)
    made = {item["id"]: item["became"]["id"] for item in report["items"] if item["became"]}
    people = (
        await shop.calculate({"kind": "always"}, columns=["city", "age", "likes", "vip", "level", "email", "car"])
    )["preview"]

    async def found(old: int) -> set[int]:
        reply = await shop.post(f"/segments/{made[old]}/calculate", {"limit": 1000, "columns": []})
        return {row["profile_id"] for row in reply["preview"]}

    def those(test: Any) -> set[int]:
        return {person["profile_id"] for person in people if test(person)}

    oslo = those(lambda p: (p["city"] or "").lower() == "oslo")
    assert await found(1) == oslo != set()
    assert await found(2) == those(
        lambda p: (p["city"] or "").lower() in ("oslo", "bergen") and p["age"] is not None and p["age"] >= 18
    )
    assert await found(3) == those(lambda p: (p["city"] or "").lower() != "oslo")  # also those without any city
    assert await found(4) == set()
    assert await found(5) == those(lambda p: p["email"].endswith("@example.com"))
    assert await found(10) == those(lambda p: "tea" in (p["likes"] or []) and "rum" not in (p["likes"] or []))
    assert await found(12) == those(lambda p: (p["car"] or {}).get("make") == "Saab") != set()
    assert await found(16) == those(lambda _: True)
    assert await found(20) == oslo
    halves = await found(26)
    assert halves <= those(lambda p: (p["city"] or "").lower() in ("oslo", "bergen"))


async def test_several_databases_are_not_made_but_proposed(shop: Shop, maps: dict[str, Any]) -> None:
    other = (await shop.post("/databases", {"name": "Finland"}, 201))["id"]
    maps["databases"]["9"] = other
    report = await move(shop, [DEFINITIONS[24]], maps=maps)
    (item,) = report["items"]
    assert (item["outcome"], item["became"]) == ("proposed", None)
    assert [(p["name"], p["database_id"], p["condition"]["value"]) for p in item["proposals"]] == [
        ("Two countries (shop)", shop.database, "Oslo"),
        ("Two countries (Finland)", other, "Turku"),
    ]
    for proposal in item["proposals"]:  # as they stand they can be made
        body = {key: proposal[key] for key in ("name", "type", "database_id", "condition")}
        await shop.post("/segments", body, 201)


async def test_parts_keep_the_range_and_limit_of_their_blocks(shop: Shop, maps: dict[str, Any]) -> None:
    report = await move(shop, [DEFINITIONS[25]], maps=maps)
    (item,) = report["items"]
    assert [part["name"] for part in item["parts"]] == ["Half of two cities · part 1", "Half of two cities · part 2"]
    first, second = [await shop.get(f"/segments/{part['id']}") for part in item["parts"]]
    assert (first["range"], first["limit"]) == ({"from": 0, "to": 50}, None)
    assert (second["range"], second["limit"]) == ({"from": 50, "to": 100}, 10)
    whole = await shop.get(f"/segments/{item['became']['id']}")
    assert [node["of"]["segment"] for node in whole["condition"]["of"]] == [first["id"], second["id"]]


async def test_a_dry_run_makes_nothing_and_says_the_same(shop: Shop, maps: dict[str, Any]) -> None:
    dry = await move(shop, maps=maps, dry_run=True)
    assert (await shop.get(f"/segments?database={shop.database}"))["total"] == 0
    assert {item["became"]["id"] for item in dry["items"] if item["became"]} == {None}
    real = await move(shop, maps=maps)
    for a, b in zip(dry["items"], real["items"], strict=True):
        assert (a["outcome"], a["lost"], a["notes"]) == (b["outcome"], b["lost"], b["notes"])


async def test_references_find_their_segment_whatever_the_order(shop: Shop, maps: dict[str, Any]) -> None:
    report = await move(shop, [DEFINITIONS[19], DEFINITIONS[21], DEFINITIONS[0]], maps=maps)
    assert report["converted"] == 3
    without = await move(shop, [{**DEFINITIONS[19], "name": "again"}], maps=maps)
    assert [lost["why"] for lost in without["items"][0]["lost"]] == [
        "The segment 1 that it refers to is not here",
        "The segment 22 that it refers to is not here",
    ]
    known = {**maps, "segments": {str(old): report["items"][n]["became"]["id"] for n, old in ((2, 1), (1, 22))}}
    again = await move(shop, [{**DEFINITIONS[19], "name": "again"}], maps=known)
    assert again["converted"] == 1


async def test_what_is_wrong_is_said_and_takes_no_other_with_it(shop: Shop, maps: dict[str, Any]) -> None:
    circle = [{"id": n, "name": f"circle {n}", "segment": [rules(5, segment(m))]} for n, m in ((1, 2), (2, 1))]
    odd: list[dict[str, Any]] = [
        {"name": "no number"},
        {"id": 3, "name": "no rules", "list_id": 5},
        {"id": 3, "name": "twice"},
        {"id": 4, "name": "elsewhere", "segment": [rules(77, field("_city", "equal", "x"))]},
        {"id": 6, "name": "strange", "segment": [rules(5, field("_city", "resembles", "x"), {"type": "oracle"})]},
        {"id": 7, "name": "text for a number", "segment": [rules(5, field("age", "greater", "many"))]},
        {"id": 8, "name": "hostile", "segment": [rules(5, field("_city", "regexp", "(((("))]},
        {"id": 9, "name": "fine", "segment": [rules(5, field("_city", "equal", "'; drop table segment; --"))]},
        {"id": 10, "name": "fine", "segment": [rules(5, field("_city", "equal", "x"))]},
    ]
    report = await move(shop, [*circle, *odd], maps=maps)
    outcomes = [item["outcome"] for item in report["items"]]
    assert outcomes == [
        "refused", "refused", "unreadable", "refused", "unreadable", "refused", "refused", "refused", "refused",
        "converted", "refused",
    ]  # fmt: skip
    assert all(item["lost"] for item in report["items"] if item["outcome"] != "converted")
    assert len(report["items"][6]["lost"]) == 2
    assert (await shop.get(f"/segments?database={shop.database}"))["total"] == 1


async def test_more_than_a_thousand_or_an_unknown_database(shop: Shop) -> None:
    body = {"definitions": [{"id": 1, "name": "x"}] * 1001}
    await shop.post("/segments/import", body, 422)
    await shop.post("/segments/import", {"definitions": [], "maps": {"databases": {"1": 999}}}, 404)


def rules(list_id: int, *queries: dict[str, Any]) -> dict[str, Any]:
    return {"list_id": list_id, "condition": "and", "queries": list(queries)}


def field(named: str, operator: str, value: Any) -> dict[str, Any]:
    return {"name": named, "type": "string", "operator": operator, "value": [{"name": "value", "value": value}]}


def segment(id_: int) -> dict[str, Any]:
    return {"name": "segment", "type": "segment", "operator": "is in", "value": [{"name": "value", "value": id_}]}


def test_tags_come_along_in_every_shape_and_none_is_lost_silently() -> None:
    assert tags_of(["a", "A", " b "], "converted") == (("a", "b"), ["It keeps its tags: a, b"])
    assert tags_of([{"id": 3, "name": "named"}], "converted")[0] == ("named",)
    assert tags_of("one, two", "converted")[0] == ("one", "two")
    assert tags_of(None, "converted") == ((), [])
    kept, notes = tags_of([*(f"t{n}" for n in range(22)), "x" * 61], "converted")
    assert len(kept) == 20
    assert "t20, t21" in notes[1]
    assert "x" * 20 in notes[2]
    assert tags_of(["a"], "refused") == ((), ["Give what you make instead its tags: a"])
