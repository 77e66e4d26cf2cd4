"""The installation: findings name what is wrong, and a rebuild repairs it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.access import Actor, create_token
from fidelia.api.app import create_app
from fidelia.api.installation import check
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import create_database


@pytest.fixture
async def client(fresh: Engines) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh.tx() as tx:
        token = await create_token(tx, Actor.system(), name="tests", roles=["owner"])
    transport = httpx.ASGITransport(app=create_app(fresh))
    headers = {"Authorization": f"Bearer {token.secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as made:
        yield made


async def findings(client: httpx.AsyncClient) -> dict[str, tuple[bool, str]]:
    report = (await client.post("/installation/check")).json()
    found = {f["name"]: (f["ok"], f["detail"]) for f in report["findings"]}
    assert report["ok"] is all(ok for ok, _ in found.values())
    return found


async def people(client: httpx.AsyncClient, fresh: Engines, count: int) -> int:
    async with fresh.tx() as tx:
        database = (await create_database(tx, Actor.system(), name="shop")).id
    items = [{"email": f"p{n}@example.com"} for n in range(count)]
    reply = await client.post(f"/databases/{database}/profiles/upsert", json={"matching": "email", "items": items})
    assert reply.json()["created"] == count, reply.text
    return database


async def test_what_it_is_made_of(client: httpx.AsyncClient) -> None:
    reply = (await client.get("/installation")).json()
    assert reply["version"]
    assert reply["embedded_clickhouse"] is True
    assert reply["mail_server"] is None


async def test_a_healthy_installation(client: httpx.AsyncClient, fresh: Engines) -> None:
    await people(client, fresh, 3)
    found = await findings(client)
    assert found["Profiles of shop"] == (True, "3 in both engines")
    assert found["Drain"][1].endswith("rows wait for ClickHouse")
    assert all(ok for ok, _ in found.values()), found


async def test_rows_that_are_missing_are_found_and_rebuilt(client: httpx.AsyncClient, fresh: Engines) -> None:
    database = await people(client, fresh, 5)
    await fresh.catch_up()
    assert fresh.ch is not None
    await fresh.ch.command(f"DELETE FROM p_{database} WHERE id <= 2")
    ok, detail = (await findings(client))["Profiles of shop"]
    assert not ok
    assert "5 in PostgreSQL" in detail
    assert "fidelia rebuild" in detail
    job = (await client.post("/installation/rebuild")).json()["job"]
    await run_job(fresh, job["id"])
    ended = (await client.get(f"/jobs/{job['id']}")).json()
    assert (ended["state"], ended["error"]) == ("done", None)
    assert (await findings(client))["Profiles of shop"] == (True, "5 in both engines")
    assert await fresh.ch.bitmap(f"SELECT groupBitmapState(id) FROM p_{database} FINAL") == BitMap(range(1, 6))


async def test_jobs_without_a_sign_of_life_and_a_full_disk(
    client: httpx.AsyncClient, fresh: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    async with fresh.tx() as tx:
        await tx.execute(
            sa.text(
                "insert into job (id, kind, title, state, args, actor, created_at, heartbeat_at) values"
                " ('a', 'x', 'X', 'running', '{}', 'me', :now, cast(:now as timestamptz) - interval '1 hour'),"
                " ('b', 'x', 'X', 'queued', '{}', 'me', cast(:now as timestamptz) - interval '2 hours', null)"
            ),
            {"now": tx.now},
        )
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1_000_000))
    found = await findings(client)
    assert found["Jobs"] == (False, "1 running without a sign of life, 1 waiting for more than an hour")
    assert found["Disk"][0] is False


async def test_an_older_schema_is_a_finding(client: httpx.AsyncClient, fresh: Engines) -> None:
    async with fresh.tx() as tx:
        await tx.execute(sa.text("update alembic_version set version_num = '0001'"))
    ok, detail = (await findings(client))["Schema"]
    assert not ok
    assert "fidelia upgrade" in detail


async def test_an_engine_that_does_not_answer_is_a_finding(fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fresh.ch is not None

    async def broken(*_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        raise check.ClickHouseError("memory is gone", 241)

    monkeypatch.setattr(fresh.ch, "scalar", broken)
    found = await check.examine(fresh)
    assert found[-1].name == "ClickHouse"
    assert not found[-1].ok


async def test_a_list_that_is_missing_is_said_and_rebuilt(client: httpx.AsyncClient, fresh: Engines) -> None:
    database = await people(client, fresh, 5)
    made = {"database_id": database, "name": "Chosen", "type": "static"}
    segment = (await client.post("/segments", json=made)).json()["id"]
    added = await client.post(f"/segments/{segment}/members/add", json={"profile_ids": [1, 3]})
    assert added.status_code == 200, added.text
    asked = {"database_id": database, "condition": {"kind": "member", "of": {"segment": segment}}}
    found = await client.post("/segments/calculate", json=asked)
    assert found.json().get("count") == 2, found.text
    assert fresh.ch is not None
    await fresh.ch.command("TRUNCATE TABLE segment_bitmaps")
    await client.post(
        f"/databases/{database}/profiles/upsert", json={"matching": "email", "items": [{"email": "new@x.no"}]}
    )
    refused = await client.post("/segments/calculate", json=asked)
    assert refused.status_code == 503, refused.text
    assert "`fidelia rebuild`" in refused.json()["detail"]
    ok, detail = (await findings(client))["Lists of segments"]
    assert (ok, detail.split(";")[0]) == (False, "1 of 1 are missing in ClickHouse")
    job = (await client.post("/installation/rebuild")).json()["job"]
    await run_job(fresh, job["id"])
    found = await client.post("/segments/calculate", json=asked)
    assert found.json().get("count") == 2, found.text
    assert (await findings(client))["Lists of segments"] == (True, "1 in both engines")
