"""Everything about one person in a file, and erasure with its receipt: nothing of them is left in either engine."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import Database, SubscriptionItem, create_profile, create_resource, subscribe
from fidelia.profiles.tasks import forget
from fidelia.worker import tasks as _tasks

from ..conftest import SYSTEM, name

assert _tasks.MODULES


def secret(database: Database) -> str:
    """A word that is in everything about the person of a database, and nowhere else."""
    return f"zanzibar{database.id}z"


@pytest.fixture
async def ada(api: httpx.AsyncClient, engines: Engines, database: Database) -> int:
    """Somebody of whom something is held everywhere; every value names the secret."""
    word = secret(database)
    async with engines.tx() as tx:
        values = {"email": f"{word}@a.co", "first_name": f"<b>{word}</b>", "car": {"make": word}}
        person = int((await create_profile(tx, SYSTEM, database.id, values))["id"])
        twin = int((await create_profile(tx, SYSTEM, database.id, {"email": f"twin-{word}@a.co"}))["id"])
        news = (await create_resource(tx, SYSTEM, name=name())).id
        await subscribe(tx, SYSTEM, database.id, [SubscriptionItem(profile_id=person, resource_id=news)])
    event = {"id": "e1", "type": "custom.visit", "at": "2026-11-10T10:00:00Z", "profile": twin,
             "properties": {"page": word}}  # fmt: skip
    await api.post("/events", json={"database": database.id, "events": [event]})
    product = {"items": [{"external_id": "p1", "name": "P"}]}
    assert (await api.post("/market/products", json=product)).status_code == 200
    line = {"product": "p1", "quantity": 1, "price": "5", "total": "5"}
    order = {"external_id": name(), "placed_at": "2026-11-01T10:00:00Z", "profile": person, "currency": "EUR"}
    order |= {"total": "5", "status": "paid", "lines": [line], "properties": {"gift_for": word}}
    reply = await api.post("/market/orders", json={"database": database.id, "items": [order]})
    assert reply.json()["created"] == 1, reply.text
    segment = (await api.post("/segments", json={"database_id": database.id, "name": name(), "type": "static"})).json()
    await api.post(f"/segments/{segment['id']}/members/add", json={"profile_ids": [person]})
    merge = {"destination": person, "sources": [twin]}
    assert (await api.post(f"/databases/{database.id}/profiles/merge", json=merge)).status_code == 200
    return person


async def export(api: httpx.AsyncClient, engines: Engines, database: Database, person: int) -> dict[str, Any]:
    word = secret(database)
    reply = await api.post(f"/databases/{database.id}/profiles/{person}/personal-data")
    assert reply.status_code == 202, reply.text
    assert word not in reply.text
    await run_job(engines, reply.json()["job"]["id"])
    job = (await api.get(f"/jobs/{reply.json()['job']['id']}")).json()
    assert job["state"] == "done", job
    return dict(reply.json()["export"])


async def test_the_file_holds_everything(
    api: httpx.AsyncClient, engines: Engines, database: Database, ada: int
) -> None:
    word = secret(database)
    made = await export(api, engines, database, ada)
    listed = (await api.get(f"/databases/{database.id}/profiles/{ada}/personal-data")).json()["items"]
    assert [e["id"] for e in listed] == [made["id"]]
    reply = await api.get(listed[0]["url"].removeprefix("/api/v1"))
    assert reply.status_code == 200
    assert f"personal-data-{database.id}-{ada}.zip" in reply.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
    assert data["Profile"]["email"] == f"{word}@a.co"
    assert [s["contact"] for s in data["Consent"]] == [f"{word}@a.co"]
    assert data["Merged from"][0]["before"]["email"] == f"twin-{word}@a.co"
    assert data["Orders"][0]["lines"][0]["product"] == "p1"
    assert [s["in_it_now"] for s in data["Segments"]] == [True]
    assert "custom.visit" in [e["type"] for e in data["History"]["events"]]
    assert {"messages", "reactions", "captured_mails"} <= data["Messages"].keys()
    assert f"&lt;b&gt;{word}&lt;/b&gt;" in page
    assert f"<b>{word}</b>" not in page
    for section in ("Profile", "Consent", "Orders", "History", "Merged from"):
        assert f"<h2>{section}</h2>" in page
    assert "<script" not in page


async def everything(engines: Engines, database: Database) -> str:
    """All texts that either engine holds of a database, and of tables for all of them."""
    word = secret(database)
    found: list[str] = []
    async with engines.tx() as tx:
        raw = await tx.raw()
        tables = await (await raw.execute("select tablename from pg_tables where schemaname = 'public'")).fetchall()
        for (table,) in tables:
            if table.startswith("procrastinate") or table in ("idempotency", "event_seen"):
                continue
            rows = await (await raw.execute(f'select x::text from "{table}" x')).fetchall()
            found += [f"{table}: {row[0]}" for row in rows if word in (row[0] or "")]
    tables = await engines.clickhouse.query(
        "select name from system.tables where database = currentDatabase() and name like {n:String}",
        {"n": f"%_{database.id}"},
    )
    for (table,) in tables:
        rows = await engines.clickhouse.query(f"select * from {table}")  # without FINAL: what lies there physically
        found += [f"ch {table}: {row}" for row in rows if word in str(row)]
    return "\n".join(found)


async def test_erasure_leaves_a_receipt_and_nothing_else(
    api: httpx.AsyncClient, engines: Engines, database: Database, ada: int
) -> None:
    word = secret(database)
    made = await export(api, engines, database, ada)
    async with engines.tx() as tx:
        row = await (
            await (await tx.raw()).execute("select file_key from personal_export where id = %s", (made["id"],))
        ).fetchone()
    assert row is not None
    path = Files(engines.files).path(row[0])
    assert path.exists()
    await engines.catch_up()
    assert word in await everything(engines, database)
    twin = ada + 1
    erased = await api.delete(f"/databases/{database.id}/profiles/{twin}")  # by the id from before the merge
    assert erased.status_code == 204, erased.text
    assert (await api.get(f"/databases/{database.id}/profiles/{ada}")).status_code == 404
    assert not path.exists()
    rows = await engines.clickhouse.query(f"select 1 from o_{database.id} final where profile = {ada}")
    await engines.catch_up()
    rows = await engines.clickhouse.query(f"select total from o_{database.id} final where profile = {ada}")
    assert rows == []
    sums = await engines.clickhouse.query(f"select sum(total) from o_{database.id} final")
    assert float(sums[0][0]) == 5
    await forget(engines)
    assert await everything(engines, database) == ""
    (receipt,) = (await api.get("/erasures", params={"database": database.id})).json()["items"]
    assert receipt["count"] == 1
    assert receipt["actor"] == "tests"
    assert receipt["history_erased_at"]
    assert receipt["removed"].items() >= {
        "profiles": 1, "subscriptions": 1, "orders": 1, "former_ids": 1, "export_files": 1
    }.items()  # fmt: skip
    assert receipt["removed"]["events"] >= 1
    assert word not in json.dumps(receipt)
    for former in (ada, twin):
        found = (await api.get("/erasures", params={"database": database.id, "profile": former})).json()["items"]
        assert [r["id"] for r in found] == [receipt["id"]]
    for nobody in (999, 0, -1, 2**32, 2**63):
        reply = await api.get("/erasures", params={"database": database.id, "profile": nobody})
        assert (reply.status_code, reply.json()["items"]) == (200, []), nobody


async def test_a_file_of_somebody_erased_meanwhile_is_never_there(
    api: httpx.AsyncClient, engines: Engines, database: Database, ada: int
) -> None:
    reply = await api.post(f"/databases/{database.id}/profiles/{ada}/personal-data")
    export_id = reply.json()["export"]["id"]
    waiting = await api.get(f"/personal-data/{export_id}/file")
    assert waiting.status_code == 409
    await api.delete(f"/databases/{database.id}/profiles/{ada}")
    await run_job(engines, reply.json()["job"]["id"])
    assert (await api.get(f"/personal-data/{export_id}/file")).status_code == 404
