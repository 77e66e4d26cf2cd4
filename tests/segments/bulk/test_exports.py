"""Files of profiles of any audience: fields, subscriptions and segments as columns, in three formats."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import create_token
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.service import sheets
from tests.conftest import api_client

from ..conftest import SYSTEM, Shop, compare, name

VIP = compare("profile.vip", "eq", True)


async def export(shop: Shop, audience: dict[str, Any], **how: Any) -> tuple[dict[str, Any], bytes]:
    """Ask for a file, run its jobs, download it."""
    started = await shop.post(f"/databases/{shop.database}/exports", {"audience": audience, **how}, 202)
    for job in (await shop.get("/jobs?kind=segments.export_people&state=queued"))["items"]:
        await run_job(shop.engines, job["id"])
    ended = await shop.run(started)
    assert ended["state"] == "done", ended["error"]
    file = await shop.api.get(ended["result"]["url"])
    assert (file.status_code, len(file.content)) == (200, ended["result"]["size"])
    return ended["result"], file.content


async def test_every_audience(shop: Shop) -> None:
    made = await shop.make("dynamic", condition=VIP)
    for audience, people in (
        ({"everybody": True}, list(range(1, 13))),
        ({"q": "likes:rum"}, [1, 4, 7, 10]),
        ({"profile_ids": [9, 2]}, [2, 9]),
        ({"segment": made["id"]}, [2, 4, 6, 8, 10, 12]),
        ({"condition": VIP, "limit": 3}, sorted(await shop.who(VIP, segment_limit=3))),
    ):
        result, content = await export(shop, audience, columns=["email"], format="jsonl")
        rows = [json.loads(line) for line in content.splitlines()]
        assert [row["profile_id"] for row in rows] == people
        assert rows[0]["email"] == f"c{people[0]}@example.com"
        assert result["rows"] == len(people)
    listed = (await shop.get(f"/databases/{shop.database}/exports"))["items"]
    assert [item["title"] for item in listed[:2]] == ["People who meet a condition", f"Segment {made['name']}"]
    assert listed[1]["segment_id"] == made["id"]
    assert listed[0]["url"].endswith("/file")


async def test_a_file_says_how_far_it_is(shop: Shop) -> None:
    path = f"/databases/{shop.database}/exports"

    async def newest() -> dict[str, Any]:
        return dict((await shop.get(path))["items"][0])

    started = await shop.post(path, {"audience": {"condition": VIP}}, 202)
    export_id = started["export"]["id"]
    assert (started["export"]["state"], started["export"]["rows"], started["export"]["done"]) == ("queued", None, 0)
    for job in (await shop.get("/jobs?kind=segments.export_people&state=queued"))["items"]:
        await run_job(shop.engines, job["id"])
    job_id = started["job"]["id"]
    async with shop.engines.tx() as tx:
        await tx.execute(sa.text("update job set state = 'running', done = 4 where id = :id"), {"id": job_id})
    listed = await newest()
    assert (listed["id"], listed["state"], listed["rows"], listed["done"]) == (export_id, "running", 6, 4)
    assert (listed["size"], listed["url"]) == (None, None)
    async with shop.engines.tx() as tx:
        await tx.execute(
            sa.text("update job set state = 'failed', error = 'The disk is full' where id = :id"), {"id": job_id}
        )
    listed = await newest()
    assert (listed["state"], listed["error"]) == ("failed", "The disk is full")
    async with shop.engines.tx() as tx:
        await tx.execute(sa.text("delete from job where id = :id"), {"id": job_id})
    assert (await newest())["state"] == "failed"
    await export(shop, {"profile_ids": [2, 9]})
    listed = await newest()
    assert (listed["state"], listed["rows"], listed["done"], listed["error"]) == ("done", 2, 2, None)


async def test_subscriptions_and_segments_are_columns(shop: Shop) -> None:
    resource = (await shop.post("/resources", {"name": name("News"), "channels": ["email", "sms"]}, 201))["id"]
    async with shop.engines.tx() as tx:
        items = [
            profiles.SubscriptionItem(profile_id=1, resource_id=resource),
            profiles.SubscriptionItem(
                profile_id=1, resource_id=resource, contact="x@example.com", status="unsubscribed"
            ),
            profiles.SubscriptionItem(profile_id=2, resource_id=resource, status="unsubscribed"),
        ]
        await profiles.subscribe(tx, SYSTEM, shop.database, items)
    static = await shop.make("static")
    await shop.post(f"/segments/{static['id']}/members/add", {"profile_ids": [3]})
    dynamic = await shop.make("dynamic", condition=VIP)
    how = {
        "columns": ["age", "likes", "vip"],
        "subscriptions": [{"resource_id": resource, "channel": "email"}],
        "segments": [static["id"], dynamic["id"]],
    }
    _, content = await export(shop, {"profile_ids": [1, 2, 3]}, **how)
    rows = list(csv.reader(io.StringIO(content.decode())))
    assert rows[0][4:] == [
        rows[0][4],
        f"Segment: {static['name']}",
        f"Segment: {dynamic['name']}",
    ]
    assert rows[0][4].startswith("Subscription: News")
    assert [row[4:] for row in rows[1:]] == [
        ["subscribed", "false", "false"],
        ["unsubscribed", "false", "true"],
        ["", "true", "false"],
    ]
    _, content = await export(shop, {"profile_ids": [1, 2, 3]}, format="jsonl", **how)
    first = json.loads(content.splitlines()[0])
    assert (first["likes"], first["vip"], first[f"Segment: {static['name']}"]) == (["tea", "rum"], False, False)
    _, content = await export(shop, {"profile_ids": [1, 2, 3]}, format="xlsx", **how)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert [[str(v) if v is not None else "" for v in row] for row in sheet.iter_rows(values_only=True)] == rows


async def test_formulas_are_harmless_in_sheets_and_left_alone_in_json(shop: Shop, engines: Engines) -> None:
    async with engines.tx() as tx:
        evil = profiles.Change(set={"first_name": "=1+1", "likes": ["@SUM(A1)"]})
        await profiles.change_profile(tx, SYSTEM, shop.database, 5, evil)
    how = {"columns": ["first_name", "likes"]}
    _, content = await export(shop, {"profile_ids": [5]}, **how)
    assert content.decode().splitlines()[1] == "5,'=1+1,'@SUM(A1)"
    _, content = await export(shop, {"profile_ids": [5]}, format="jsonl", **how)
    assert json.loads(content) == {"profile_id": 5, "first_name": "=1+1", "likes": ["@SUM(A1)"]}


async def test_what_cannot_be_exported(shop: Shop, engines: Engines) -> None:
    path = f"/databases/{shop.database}/exports"
    other = await shop.post("/databases", {"name": name("far")}, 201)
    far = await shop.make("static", database_id=other["id"])
    for more, pointer in (
        ({"audience": {}}, "/audience"),
        ({"columns": ["shoe"]}, "/columns/0"),
        ({"columns": ["age", "age"]}, "/columns"),
        ({"format": "pdf"}, "/format"),
        ({"subscriptions": [{"resource_id": 99999}]}, "/subscriptions/0/resource_id"),
        ({"segments": [far["id"]]}, "/segments/0"),
    ):
        problem = await shop.post(path, {"audience": {"everybody": True}, **more}, 422)
        assert problem["errors"][0]["pointer"] == pointer
    await shop.post("/databases/99999/exports", {"audience": {"everybody": True}}, 404)
    async with api_client(engines, roles=("viewer",)) as viewer:
        assert (await viewer.post(f"/api/v1{path}", json={"audience": {"everybody": True}})).status_code == 202
    async with engines.tx() as tx:
        token = await create_token(tx, SYSTEM, "stranger", (), rights=("segments:read",))
    headers = {"Authorization": f"Bearer {token.secret}"}
    refused = await shop.api.post(f"/api/v1{path}", json={"audience": {"everybody": True}}, headers=headers)
    assert refused.status_code == 403


async def test_the_link_expires(shop: Shop, clock: FixedClock) -> None:
    result, _ = await export(shop, {"profile_ids": [1]}, columns=["age"])
    assert result["expires_at"] == "2026-11-23T12:00:00Z"
    clock.advance(timedelta(days=7, seconds=1))
    assert (await shop.api.get(result["url"])).status_code == 404


def test_a_million_lines_are_not_held_in_memory(tmp_path: Path) -> None:
    for format in ("csv", "jsonl", "xlsx"):
        out = sheets.writer(format, tmp_path / f"many.{format}")
        out.write([["id", "text"]])
        tracemalloc.start()
        for start in range(0, 20_000, 5_000):
            out.write([[n, f"a text of some length, number {n}"] for n in range(start, start + 5_000)])
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        out.close()
        assert held < 1_500_000, format
