"""Imports from the upload to the rows, as a browser or an integrator does them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.profiles.imports import work
from tests.conftest import api_client

from .conftest import Importer, csv_bytes

PEOPLE = [
    ["E-Mail", "Vorname", "geb.", "Ort", "kundenkl", "Notes"],
    ["Ada@Example.com", "Ada", "03.11.1984", "Oslo", "A", "x"],
    ["bo@example.com", "Bo", "01.02.1990", "", "B", ""],
    ["not an address", "Cy", "31.12.1999", "Bergen", "A", ""],
]


async def test_one_shot_with_a_mapping(importer: Importer) -> None:
    mapping = {"E-Mail": "email", "Vorname": "first_name", "Ort": "city", "Notes": None}
    done = await importer.load(csv_bytes(PEOPLE), mapping=mapping)
    assert done["counts"] == {"rows": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "duplicates": 0}
    people = await importer.people()
    assert people["ada@example.com"]["city"] == "Oslo"
    assert "city" not in people["bo@example.com"]
    rejected = await importer.report(done["id"])
    assert rejected[0][:3] == ["4", "E-Mail", "not an address"]
    assert rejected[0][3].startswith("This is not an e-mail address")
    again = await importer.load(csv_bytes(PEOPLE), mapping=mapping)
    assert again["counts"]["unchanged"] == 2
    job = await importer.get(f"/jobs/{done['job_id']}")
    assert (job["state"], job["done"], job["total"], job["result"]["created"]) == ("done", 3, 3, 2)
    assert job["link"] == f"/databases/{importer.database.id}/imports/{done['id']}"


async def test_a_mapping_is_all_there_is_unless_others_are_guessed(importer: Importer) -> None:
    content = csv_bytes([["Mail", "E-Mail", "Vorname"], ["a@x.no", "b@x.no", "Ada"]])
    await importer.load(content, mapping={"Mail": "email"})
    assert set((await importer.people())["a@x.no"]) == {"id", "version", "email", "status"}
    done = await importer.load(content, mapping={"Mail": "email"}, others="guess")
    assert {m["column"]: m["field"] for m in done["mapping"]} == {"Mail": "email", "Vorname": "first_name"}
    assert (await importer.people())["a@x.no"]["first_name"] == "Ada"
    assert (await importer.upload(content, status=422, others="what"))["errors"][0]["pointer"] == "/others"


async def test_wizard_from_upload_over_check_to_run(importer: Importer) -> None:
    made = await importer.upload(csv_bytes(PEOPLE, delimiter=";"))
    assert made["state"] == "new"
    assert made["format"]["delimiter"] == ";"
    look = await importer.get(f"/imports/{made['id']}/preview")
    guessed = {m["column"]: m["field"] for m in look["mapping"]}
    assert guessed == {
        "E-Mail": "email", "Vorname": "first_name", "geb.": "birth_date", "Ort": "city", "kundenkl": None, "Notes": None
    }  # fmt: skip
    first = look["columns"][0]
    assert (first["good"], first["bad"], first["empty"], first["problems"][0]["row"]) == (2, 1, 0, 4)
    assert look["columns"][2]["suggestion"]["date_format"] == "%d.%m.%Y"
    assert (look["rows"], look["exact"], look["warnings"]) == (3, True, [])
    mapping = [m for m in look["mapping"] if m["column"] != "kundenkl"]
    mapping.append(
        {
            "column": "kundenkl",
            "new_field": {"name": "klasse", "type": "enum", "options": ["A", "B"], "label": "Klasse"},
        }
    )
    changed = await importer.patch(made["id"], mapping=mapping)
    assert len(changed["mapping"]) == 6
    checked = await importer.work(made["id"], "check")
    assert checked["state"] == "checked"
    assert checked["check"]["counts"] == {
        "rows": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "duplicates": 0
    }  # fmt: skip
    assert checked["check"]["problems"][0]["column"] == "E-Mail"
    assert await importer.people() == {}
    done = await importer.work(made["id"])
    assert done["counts"] == checked["check"]["counts"]
    people = await importer.people()
    klasse = next(
        f for f in (await importer.get(f"/databases/{importer.database.id}/fields"))["items"] if f["name"] == "klasse"
    )
    assert klasse["options"] == ["A", "B"]
    assert people["ada@example.com"]["klasse"] == "A"
    assert str(people["ada@example.com"]["birth_date"]) == "1984-11-03"
    twin = await importer.upload(csv_bytes(PEOPLE))
    assert {m["column"]: m["field"] for m in twin["mapping"]}["kundenkl"] == "klasse"


async def test_check_equals_run_and_writes_nothing(importer: Importer) -> None:
    await importer.load(csv_bytes([["email", "age"], ["a@x.no", 1], ["b@x.no", 2]]))
    rows = [["email", "age"], ["a@x.no", 1], ["b@x.no", 3], ["c@x.no", 4], ["c@x.no", 5], ["d@x.no", "old"], ["", 1]]
    made = await importer.upload(csv_bytes(rows))
    before = await importer.people()
    checked = await importer.work(made["id"], "check")
    assert await importer.people() == before
    expected = {"rows": 6, "created": 1, "updated": 1, "unchanged": 1, "rejected": 2, "duplicates": 1}
    assert checked["check"]["counts"] == expected
    done = await importer.work(made["id"])
    assert done["counts"] == expected
    assert [r[:2] for r in await importer.report(done["id"])] == [["6", "age"], ["7", "email"]]
    assert (await importer.report(done["id"], "duplicates"))[0][0] == "4"
    assert (await importer.people())["c@x.no"]["age"] == 5


async def test_cells_that_cannot_be_stored_are_told_by_a_check(importer: Importer) -> None:
    content = b"email,city,profile\na@x.no,O\x00slo,1\n\xff@x.no,Oslo,1\n"
    mapping = {"email": "email", "city": "city"}
    made = await importer.upload(content, mapping=mapping, run="false", format={"kind": "csv"})
    await importer.get(f"/imports/{made['id']}/preview")
    checked = await importer.work(made["id"], "check")
    assert checked["check"]["counts"]["rejected"] == 2
    assert [p["value"] for p in checked["check"]["problems"]] == ["O\ufffdslo", "?@x.no"]
    by_id = {"email": None, "city": "city", "profile": "profile_id"}
    wrong = csv_bytes([["email", "city", "profile"], ["", "", "1\x00"]])
    made = await importer.upload(
        wrong, mapping=by_id, options={"matching": "profile_id", "mode": "update"}, run="false"
    )
    assert (await importer.work(made["id"], "check"))["check"]["counts"]["rejected"] == 1


async def test_check_finds_unique_values_far_apart(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 2)
    await importer.load(csv_bytes([["email", "external_id"], ["a@x.no", "1"]]))
    rows = [("a@x.no", "2"), ("b@x.no", "3"), ("c@x.no", "2"), ("d@x.no", "3"), ("b@x.no", "3"), ("e@x.no", "4")]
    made = await importer.upload(csv_bytes([["email", "external_id"], *rows]))
    checked = await importer.work(made["id"], "check")
    done = await importer.work(made["id"])
    assert checked["check"]["counts"] == done["counts"]
    assert done["counts"] == {"rows": 6, "created": 2, "updated": 1, "unchanged": 0, "rejected": 2, "duplicates": 1}


async def test_modes_matching_and_empty_cells(importer: Importer) -> None:
    await importer.load(csv_bytes([["email", "nick", "city"], ["a@x.no", "a", "Oslo"]]))
    added = await importer.load(csv_bytes([["email", "city"], ["a@x.no", "Rome"], ["b@x.no", "Rome"]]), mode="add")
    assert (added["counts"]["created"], added["counts"]["rejected"]) == (1, 1)
    updated = await importer.load(
        csv_bytes([["nick", "city"], ["a", ""], ["nobody", "Rome"]]), mode="update", matching="nick"
    )
    assert (updated["counts"]["unchanged"], updated["counts"]["rejected"]) == (1, 1)
    cleared = await importer.load(csv_bytes([["email", "city"], ["a@x.no", ""]]), clear_empty="true")
    assert cleared["counts"]["updated"] == 1
    people = await importer.people()
    assert "city" not in people["a@x.no"]
    assert people["b@x.no"]["city"] == "Rome"
    by_id = await importer.load(
        csv_bytes([["profile_id", "city"], [people["a@x.no"]["id"], "Bergen"], ["999", "x"], ["x", "x"]]),
        matching="profile_id",
        mode="update",
    )
    assert (by_id["counts"]["updated"], by_id["counts"]["rejected"]) == (1, 2)


async def test_consent_is_never_raised_unless_asked(importer: Importer) -> None:
    reply = await importer.api.post("/resources", json={"name": "News"})
    resource = reply.json()["id"]
    await importer.load(
        csv_bytes([["email", "status"], ["a@x.no", "unsubscribed"], ["b@x.no", "bounced"], ["c@x.no", "complained"]]),
        options={"subscribe": {"resource": resource, "status": "unsubscribed"}},
    )
    file = csv_bytes([["email", "status"], *([f"{c}@x.no", "subscribed"] for c in "abcd")])
    subscribe = {"subscribe": {"resource": resource}}
    done = await importer.load(file, options=subscribe)
    people = await importer.people()
    assert [people[f"{c}@x.no"]["status"] for c in "abcd"] == ["unsubscribed", "bounced", "complained", "subscribed"]
    subscriptions = (await importer.get(f"/subscriptions?database={importer.database.id}"))["items"]
    assert sorted((s["contact"], s["status"]) for s in subscriptions) == [
        ("a@x.no", "unsubscribed"), ("b@x.no", "unsubscribed"), ("c@x.no", "unsubscribed"), ("d@x.no", "subscribed")
    ]  # fmt: skip
    assert done["kept_consents"] == 3
    assert len(await importer.report(done["id"], "notes")) == 6
    await importer.load(file, options={**subscribe, "raise_consent": True})
    people = await importer.people()
    assert {p["status"] for p in people.values()} == {"subscribed"}


async def test_values_dates_and_phones_change_on_the_way(importer: Importer) -> None:
    rows = [["mail", "sex", "tlf", "born", "since"], ["a@x.no", "M", "400 00 000", "11/03/84", "-"]]
    mapping = [
        {"column": "mail", "field": "email"},
        {"column": "sex", "field": "gender", "values": {"M": "male", "F": "female"}},
        {"column": "tlf", "field": "phones", "region": "NO"},
        {"column": "born", "field": "birth_date", "date_format": "%d/%m/%y"},
        {"column": "since", "field": "city", "values": {"-": ""}},
    ]
    await importer.load(csv_bytes(rows), mapping=mapping)
    ada = (await importer.people())["a@x.no"]
    assert (ada["gender"], ada["phones"], str(ada["birth_date"])) == ("male", ["+4740000000"], "1984-03-11")
    assert "city" not in ada


async def test_wrong_mappings_are_named(importer: Importer) -> None:
    content = csv_bytes([["email", "a", "b"], ["x@y.no", 1, 2]])
    cases: list[tuple[dict[str, Any], str, int]] = [
        ({"mapping": {"mail": "email"}}, "/mapping/0/column", 422),
        ({"mapping": {"email": "mail"}}, "/mapping/0/field", 422),
        ({"mapping": {"a": "age"}}, "/mapping", 422),
        ({"mapping": {"email": "email", "a": "age", "b": "age"}}, "/mapping/2/field", 422),
        ({"mapping": {"email": "email", "a": "created_at"}}, "/mapping/1/field", 422),
        ({"mapping": {"email": "email"}, "matching": "nothing"}, "/options/matching", 422),
        ({"mapping": {"email": "email"}, "mode": "replace"}, "/mode", 422),
        ({"mapping": "[{]"}, "", 400),
        ({"mapping": [{"column": "email", "felt": "email"}]}, "/mapping/0/felt", 422),
        ({"mapping": [{"column": "email", "field": "email", "date_format": "%Q"}]}, "/mapping/0/date_format", 422),
        ({"format": {"kind": "csv", "encoding": "rot13"}}, "/format/encoding", 422),
        ({"format": {"kind": "csv", "delimiter": ",,"}}, "/format/delimiter", 422),
        ({"nonsense": "1"}, "/nonsense", 422),
        (
            {"mapping": {"email": "email"}, "options": {"subscribe": {"resource": 99}}},
            "/options/subscribe/resource",
            422,
        ),
    ]
    for parts, pointer, status in cases:
        problem = await importer.upload(content, status=status, **parts)
        assert problem["status"] == status
        if pointer:
            assert problem["errors"][0]["pointer"] == pointer, (parts, problem)
    assert (await importer.get(f"/databases/{importer.database.id}/imports"))["items"] == []
    assert not list((importer.engines.files / "imports").glob("*.part"))


async def test_list_format_change_and_delete(importer: Importer, engines: Engines) -> None:
    made = await importer.upload("email;navn\na@x.no;Bjørn\n".encode("cp1252"), "Åse.csv")
    assert made["file_name"] == "Åse.csv"
    wrong = await importer.patch(made["id"], format={"kind": "csv", "delimiter": ",", "encoding": "cp1251"})
    assert wrong["columns"] == ["email;navn"]
    right = await importer.patch(made["id"], format={"kind": "csv", "delimiter": ";", "encoding": "cp1252"})
    assert right["columns"] == ["email", "navn"]
    listed = await importer.get(f"/databases/{importer.database.id}/imports?q=se")
    assert [i["id"] for i in listed["items"]] == [made["id"]]
    done = await importer.work(made["id"])
    assert (await importer.people())["a@x.no"]["first_name" if "first_name" in done["mapping"] else "email"]
    for verb in ("run", "check"):
        assert (await importer.api.post(f"/imports/{made['id']}/{verb}")).status_code == 409
    assert (await importer.api.patch(f"/imports/{made['id']}", json={"options": {}})).status_code == 409
    assert (await importer.api.delete(f"/imports/{made['id']}")).status_code == 204
    await importer.get(f"/imports/{made['id']}", status=404)
    assert len(await importer.people()) == 1


async def test_forms_that_are_none(importer: Importer, api: httpx.AsyncClient) -> None:
    url = f"/databases/{importer.database.id}/imports"
    assert (await api.post(url, json={})).status_code == 400
    assert (await api.post(url, data={"mode": "add"}, files={"other": ("x", b"y")})).status_code == 422
    broken = await api.post(url, content=b"--x\r\nnothing", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.status_code == 400
    assert (await api.post("/databases/9999/imports", files={"file": ("x", b"y")})).status_code == 404
    empty = await api.post(url, files={"file": ("x.csv", b"")})
    assert empty.status_code == 422
    assert "empty" in empty.json()["detail"]


async def test_rights_beyond_the_import_itself(engines: Engines, importer: Importer) -> None:
    made = await importer.upload(csv_bytes([["email", "x"], ["a@x.no", "1"]]))
    mapping = [{"column": "email", "field": "email"}, {"column": "x", "new_field": {"name": "x", "type": "integer"}}]
    await importer.patch(made["id"], mapping=mapping)
    for role, right in (("marketer", "databases:update"), ("loyalty_manager", "profiles:update")):
        async with api_client(engines, roles=(role,)) as client:
            reply = await client.post(f"/api/v1/imports/{made['id']}/run")
        assert reply.status_code == 403
        assert right in reply.json()["detail"]
    assert (await importer.work(made["id"]))["counts"]["created"] == 1
