"""Files of people as jobs, columns that are remembered, static segments made of something else, the number before."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from fidelia import profiles
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.service import sheets, upkeep
from tests.conftest import api_client

from .conftest import ALWAYS, SYSTEM, Shop, compare, every, inverse, member, name

VIP = compare("profile.vip", "eq", True)
EVERYBODY = list(range(1, 13))


async def export(shop: Shop, segment: int, **how: Any) -> tuple[dict[str, Any], bytes]:
    """Ask for a file, run its jobs, download it."""
    started = await shop.post(f"/segments/{segment}/export", how, 202)
    for job in (await shop.get("/jobs?kind=segments.export_people&state=queued"))["items"]:
        await run_job(shop.engines, job["id"])
    ended = await shop.run(started)
    assert ended["state"] == "done", ended["error"]
    file = await shop.api.get(ended["result"]["url"])
    assert file.status_code == 200
    assert len(file.content) == ended["result"]["size"]
    assert ended["result"]["file_name"] in file.headers["content-disposition"]
    return ended["result"], file.content


async def test_a_file_of_each_kind_of_segment(shop: Shop) -> None:
    static = await shop.make("static", name=name("Kaffe"))
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [2, 4, 9]})
    updatable = await shop.updatable(VIP)
    dynamic = await shop.make("dynamic", condition=inverse(VIP), limit=4)
    wanted = {static["id"]: [2, 4, 9], updatable["id"]: [2, 4, 6, 8, 10, 12]}
    wanted[dynamic["id"]] = sorted(await shop.members(dynamic["id"]))
    for id_, people in wanted.items():
        result, content = await export(shop, id_, columns=["email", "age", "likes"])
        rows = list(csv.reader(io.StringIO(content.decode())))
        assert rows[0] == ["profile_id", "email", "age", "likes"]
        assert [int(row[0]) for row in rows[1:]] == people
        assert result["rows"] == len(people)
        _, content = await export(shop, id_, format="xlsx", columns=["email", "age", "likes"])
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert [[str(v) if v is not None else "" for v in row] for row in sheet.iter_rows(values_only=True)] == rows
    listed = await shop.get(f"/segments/{static['id']}/exports")
    assert [(e["format"], e["rows"]) for e in listed["items"]] == [("xlsx", 3), ("csv", 3)]
    assert listed["items"][0]["columns"] == ["email", "age", "likes"]


async def test_every_field_and_harmless_cells(shop: Shop, engines: Engines) -> None:
    made = await shop.make("static")
    await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [3]})
    async with engines.tx() as tx:
        evil = profiles.Change(set={"first_name": '=HYPERLINK("http://x","y")', "city": "+47"})
        await profiles.change_profile(tx, SYSTEM, shop.database, 3, evil)
    for format in ("csv", "xlsx"):
        _, content = await export(shop, made["id"], format=format)
        if format == "csv":
            heading, row = list(csv.reader(io.StringIO(content.decode())))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(content)).active
            assert sheet is not None
            heading, row = ([str(v or "") for v in line] for line in sheet.iter_rows(values_only=True))
        cells = dict(zip(heading, row, strict=True))
        assert cells["first_name"] == '\'=HYPERLINK("http://x","y")'
        assert cells["city"] == "'+47"
        assert {"email", "car", "likes", "created_at"} <= set(heading)
    for wrong in ({"columns": ["shoe"]}, {"format": "pdf"}, {"columns": ["age", "age"]}):
        await shop.post(f"/segments/{made['id']}/export", wrong, 422)
    await shop.post("/segments/99999/export", {}, 404)
    await shop.get("/segments/exports/99999/file", 404)


async def test_a_file_that_is_not_written_yet_and_one_that_is_old(
    shop: Shop, engines: Engines, clock: FixedClock
) -> None:
    made = await shop.make("static")
    await shop.post(f"/segments/{made['id']}/members/add", {"profile_ids": [1]})
    started = await shop.post(f"/segments/{made['id']}/export", {}, 202)
    url = f"/segments/exports/{started['export']['id']}/file"
    assert "job" in (await shop.get(url, 409))["detail"]
    ended = await shop.run(started)
    async with engines.tx() as tx:
        from fidelia.segments.store import exports

        path = Path(Files(engines.files).path((await exports.find(tx, ended["result"]["export"])).file_key))
    assert path.exists()
    clock.advance(timedelta(days=6))
    await upkeep.forget_old(engines)
    assert path.exists()
    clock.advance(timedelta(days=1, seconds=1))
    await upkeep.forget_old(engines)
    assert not path.exists()
    await shop.get(url, 404)


async def test_a_file_of_nobody_knows_why(shop: Shop) -> None:
    """The job that finds the people was cancelled: the one that waits for it says so."""
    made = await shop.make("dynamic", condition=VIP)
    started = await shop.post(f"/segments/{made['id']}/export", {}, 202)
    waiting = [j for j in (await shop.get("/jobs?kind=segments.export_people"))["items"] if j["state"] == "queued"]
    await shop.post(f"/jobs/{waiting[0]['id']}/cancel")
    assert (await shop.run(started))["state"] == "failed"


async def test_who_may_not_see_people_gets_no_file(shop: Shop, engines: Engines) -> None:
    made = await shop.make("static")
    async with api_client(engines, roles=("viewer",)) as viewer:
        assert (await viewer.post(f"/api/v1/segments/{made['id']}/export", json={})).status_code == 202
        for path in ("members/add", "members/import", "fill", "recalculate"):
            assert (await viewer.post(f"/api/v1/segments/{made['id']}/{path}", json={})).status_code == 403
        assert (await viewer.post("/api/v1/segments/static", json={"name": "x"})).status_code == 403


def test_a_sheet_goes_on_on_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    out = sheets.writer("xlsx", tmp_path / "many.xlsx")
    out.write([["id", "text"], *([n, f"t{n}"] for n in range(7))])
    out.close()
    book = openpyxl.load_workbook(tmp_path / "many.xlsx")
    assert [len(list(sheet.iter_rows())) for sheet in book.worksheets] == [4, 4, 2]
    rows = [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) if row[0] != "id"]
    assert rows == [(n, f"t{n}") for n in range(7)]


# -- columns --------------------------------------------------------------------------------------------------------


async def test_columns_are_remembered_for_each_person(shop: Shop, engines: Engines) -> None:
    query = f"/segments/columns?database={shop.database}"
    assert await shop.get(query) == {"columns": ["email", "first_name", "last_name"], "chosen": False}
    body = {"database_id": shop.database, "columns": ["city", "email"]}
    assert (await shop.api.put("/api/v1/segments/columns", json=body)).json()["chosen"] is True
    assert (await shop.get(query))["columns"] == ["city", "email"]
    async with api_client(engines, roles=("viewer",)) as other:
        assert (await other.get(f"/api/v1{query}")).json()["chosen"] is False
    wrong = await shop.api.put("/api/v1/segments/columns", json={**body, "columns": ["shoe"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/columns/0")
    await shop.api.put("/api/v1/segments/columns", json={**body, "columns": []})
    assert (await shop.get(query))["chosen"] is False
    await shop.get("/segments/columns?database=999", 404)


# -- made of something else -----------------------------------------------------------------------------------------


async def saved(shop: Shop, status: int = 201, **body: Any) -> Any:
    return await shop.post("/segments/static", {"name": name("Saved"), **body}, status)


async def test_any_segment_is_saved_as_static(shop: Shop) -> None:
    updatable = await shop.updatable(VIP)
    static = await shop.make("static")
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [7]})
    for source, people in ((updatable, [2, 4, 6, 8, 10, 12]), (static, [7])):
        made = await saved(shop, segment=source["id"], description="A copy")
        assert made["job"] is None
        assert (made["segment"]["type"], made["segment"]["size"], made["segment"]["description"]) == (
            "static",
            len(people),
            "A copy",
        )
        assert await shop.members(made["segment"]["id"]) == people
        assert await shop.events(made["segment"]["id"]) == [], "a first bulk filling is silent"
        log = (await shop.get(f"/segments/{made['segment']['id']}/log"))["items"]
        assert source["name"] in log[0]["note"]
    dynamic = await shop.make("dynamic", condition=inverse(VIP), limit=2)
    made = await saved(shop, segment=dynamic["id"], skip_triggers=False)
    assert (await shop.run(made))["state"] == "done"
    assert await shop.members(made["segment"]["id"]) == await shop.members(dynamic["id"])
    assert len(await shop.events(made["segment"]["id"])) == 2


async def test_a_condition_is_saved_as_static(shop: Shop) -> None:
    made = await saved(shop, database_id=shop.database, condition=VIP, limit=4)
    assert (await shop.run(made))["result"]["size"] == 4
    assert set(await shop.members(made["segment"]["id"])) == await shop.who(VIP, segment_limit=4)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/segment"),
        ({"condition": ALWAYS}, "/database_id"),
        ({"segment": 1, "condition": ALWAYS, "database_id": 1}, "/condition"),
        ({"segment": 1, "limit": 3}, "/limit"),
        ({"database_id": 1, "condition": compare("profile.shoe", "eq", 1)}, "/condition/field"),
    ],
)
async def test_what_nothing_can_be_made_of(shop: Shop, body: dict[str, Any], pointer: str) -> None:
    problem = await saved(shop, 422, **body)
    assert problem["errors"][0]["pointer"] == pointer


async def imported(shop: Shop, text: str) -> int:
    reply = await shop.api.post(
        f"/api/v1/databases/{shop.database}/imports",
        files={"file": ("people.csv", text.encode(), "text/csv")},
    )
    assert reply.status_code == 201, reply.text
    import_id = int(reply.json()["id"])
    started = await shop.post(f"/imports/{import_id}/run", {}, 202)
    assert (await shop.run(started))["state"] == "done"
    return import_id


async def test_the_people_of_an_import_become_a_list(shop: Shop) -> None:
    import_id = await imported(shop, "email,first_name\nc2@example.com,Two\nc5@example.com,Five\nbroken,X\n")
    made = await saved(shop, **{"import": import_id})
    assert (made["job"], made["segment"]["size"]) == (None, 2)
    assert await shop.members(made["segment"]["id"]) == [2, 5]
    log = (await shop.get(f"/segments/{made['segment']['id']}/log"))["items"][0]
    assert (log["source"], log["entered"], log["note"]) == ("import", 2, "Import people.csv")
    static = await shop.make("static")
    path = f"/segments/{static['id']}/members/import"
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [5, 6]})
    assert await shop.post(path, {"import": import_id}) == {"added": 1, "already": 1, "unknown": []}
    assert await shop.members(static["id"]) == [2, 5, 6]
    assert ("segment.entered", 2, "import") in await shop.events(static["id"])
    await shop.post(path, {"import": 99999}, 404)
    updatable = await shop.updatable(VIP)
    await shop.post(f"/segments/{updatable['id']}/members/import", {"import": import_id}, 409)
    other = await shop.post("/databases", {"name": name("elsewhere")}, 201)
    far = await shop.make("static", database_id=other["id"])
    assert (await shop.post(f"/segments/{far['id']}/members/import", {"import": import_id}, 422))["status"] == 422


# -- the number before ----------------------------------------------------------------------------------------------


async def test_a_filling_tells_its_numbers_before(shop: Shop) -> None:
    made = await shop.make("static")
    path = f"/segments/{made['id']}"
    await shop.post(f"{path}/members/add", {"profile_ids": [1, 2]})
    told = await shop.post(f"{path}/fill/preview", {"condition": VIP})
    assert told == {"matched": 6, "size": 7, "entered": 5, "left": 0, "stays": 2, "triggers": False}
    told = await shop.post(f"{path}/fill/preview", {"condition": VIP, "replace": True, "limit": 3})
    assert (told["matched"], told["size"]) == (3, 3)
    assert await shop.members(made["id"]) == [1, 2], "nothing is changed"
    ended = await shop.run(await shop.post(f"{path}/fill", {"condition": VIP}, 202))
    assert (ended["result"]["entered"], ended["result"]["triggers"]) == (5, False)
    again = await shop.post(f"{path}/fill/preview", {"condition": every(VIP, ALWAYS), "replace": True})
    assert again == {"matched": 6, "size": 6, "entered": 0, "left": 1, "stays": 6, "triggers": True}
    updatable = await shop.updatable(VIP)
    await shop.post(f"/segments/{updatable['id']}/fill/preview", {"condition": VIP}, 409)
    assert (await shop.post(f"{path}/fill/preview", {"condition": member(made["id"])}, 422))["status"] == 422
