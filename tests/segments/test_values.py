"""What is in the data: values of a field with their counts, how many have one, what is used, which properties exist."""

from __future__ import annotations

from urllib.parse import quote

from .conftest import Shop


async def values(shop: Shop, field: str, more: str = "", status: int = 200):  # type: ignore[no-untyped-def]
    return await shop.get(f"/vocabulary/values?database={shop.database}&field={quote(field)}{more}", status)


async def test_values_of_a_field_come_with_counts_and_how_many_have_none(shop: Shop) -> None:
    found = await values(shop, "profile.city")
    assert [item["count"] for item in found["items"]] == [6, 3]  # "Oslo" and "oslo" are one to a condition
    assert found["items"][0]["value"].lower() == "oslo"
    assert found["items"][1]["value"] == "Bergen"
    assert (found["total"], found["filled"], found["of"]) == (12, 9, "people")
    narrowed = await values(shop, "profile.city", "&q=OS&limit=1")
    assert [item["count"] for item in narrowed["items"]] == [6]
    assert (await values(shop, "profile.city", "&q=%25_'"))["items"] == []


async def test_values_are_written_as_conditions_write_them(shop: Shop) -> None:
    tags = await values(shop, "profile.likes")
    assert (tags["items"], tags["filled"]) == ([{"value": "tea", "count": 8}, {"value": "rum", "count": 4}], 8)
    assert {item["value"] for item in (await values(shop, "profile.vip"))["items"]} == {True, False}
    age = await values(shop, "profile.age")
    assert (age["least"], age["greatest"], age["filled"]) == (20, 75, 10)
    total = await values(shop, "order.total")
    assert (total["least"], total["greatest"], total["of"]) == ("10.5", "54.5", "orders")
    assert (await values(shop, "profile.email", "&q=c7@"))["items"] == [{"value": "c7@example.com", "count": 1}]


async def test_values_of_events_rows_and_objects(shop: Shop) -> None:
    word = await values(shop, "event.word", "&event=custom.quiz")
    assert {item["value"]: item["count"] for item in word["items"]} == {"no": 12, "Yes": 8}
    assert (await values(shop, "product.external_id", "&link=orders.lines"))["items"] == [
        {"value": "beans", "count": 1},
        {"value": "mug", "count": 1},
    ]
    car = await values(shop, 'profile.car["make"]')
    assert (car["items"], car["filled"], car["total"]) == ([{"value": "Saab", "count": 2}], 2, 12)


async def test_unknown_names_are_told_apart(shop: Shop) -> None:
    for query in ("profile.nope", "profile.car", "event.word&event=custom.nope", "line.price&link=nope"):
        reply = await shop.get(f"/vocabulary/values?database={shop.database}&field={query}", 422)
        assert reply["errors"][0]["pointer"] in {"/field", "/event", "/link"}, query
    await shop.get("/vocabulary/values?database=999&field=profile.city", 404)


async def test_usage_tells_what_is_filled_and_what_happens(shop: Shop) -> None:
    found = await shop.get(f"/vocabulary/usage?database={shop.database}")
    fields = {field["name"]: field for field in found["fields"]}
    assert (found["total"], fields["profile.city"]["filled"], fields["profile.birth_date"]["filled"]) == (12, 9, 0)
    assert set(fields["profile.city"]["samples"]) == {"Oslo", "oslo", "Bergen"}
    assert fields["profile.likes"]["samples"] == ["tea", "rum"]
    events = {event["name"]: event for event in found["events"]}
    assert (events["custom.quiz"]["count"], events["custom.quiz"]["people"]) == (20, 8)
    await shop.post(f"/databases/{shop.database}/profiles", {"email": "new@example.com", "city": "Voss"}, 201)
    again = await shop.get(f"/vocabulary/usage?database={shop.database}")
    assert again["total"] == 13, "kept answers end with the tables they were read from"


async def test_properties_that_were_seen(shop: Shop) -> None:
    found = await shop.get(f"/vocabulary/properties?database={shop.database}&event=custom.quiz")
    assert {p["name"]: p["types"] for p in found["items"]} == {"points": ["float"], "word": ["string"]}
    car = await shop.get(f"/vocabulary/properties?database={shop.database}&field=profile.car")
    assert {p["name"]: p["types"] for p in car["items"]} == {"make": ["string"], "year": ["float"]}
    await shop.get(f"/vocabulary/properties?database={shop.database}", 422)


async def test_keys_with_dots_are_told_from_keys_in_one_another(shop: Shop) -> None:
    body = {
        "matching": "external_id",
        "items": [{"external_id": "dots", "car": {"a.b": 1, "a": {"b": "x", "c d": True}}}],
    }
    await shop.post(f"/databases/{shop.database}/profiles/upsert", body)
    found = await shop.get(f"/vocabulary/properties?database={shop.database}&field=profile.car")
    seen = {tuple(p["keys"]): p["types"] for p in found["items"]}
    assert seen[("a.b",)] == ["float"]
    assert seen[("a", "b")] == ["string"]
    assert seen[("a", "c d")] == ["boolean"]
