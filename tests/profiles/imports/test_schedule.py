"""Scheduled imports from an address: made, tried, run by hand and by the clock, skipped, failed, switched off."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.access import Actor, create_token
from fidelia.api.app import create_app
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.notices import open_notices
from fidelia.platform.schedules import RepeatedSchedule, next_run
from fidelia.profiles.imports.schedule import running, work
from tests.conftest import NOW
from tests.web_server import Asked, WebServer, open_to, send, web_server

from ..conftest import new_database
from .conftest import FIELDS
from .scheduling import MAPPING, Scheduler, count

FILE = b"email,name,city\nada@x.no,Ada,Oslo\nbo@x.no,Bo,Bergen\nnobody,X,\n"
SECRET = "s3cret-and-long"


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as running_:
        running_.page("/people.csv", FILE, etag='"1"')
        yield running_


@pytest.fixture
async def shop(engines: Engines, api: httpx.AsyncClient) -> AsyncIterator[Scheduler]:
    before = engines.settings
    engines.settings = open_to("127.0.0.2/32", before)
    yield Scheduler(engines, api, await new_database(engines, *FIELDS))
    engines.settings = before


def url(server: WebServer, path: str = "/people.csv", **more: Any) -> dict[str, Any]:
    return {"kind": "url", "url": server.url(path), **more}


async def test_it_is_tried_made_run_and_shown(shop: Scheduler, server: WebServer) -> None:
    tried = await shop.try_source(url(server))
    assert tried["columns"] == ["email", "name", "city"]
    assert tried["rows"][0] == ["ada@x.no", "Ada", "Oslo"]
    assert next(m["field"] for m in tried["preview"]["mapping"]) == "email"
    assert tried["whole"]
    assert tried["size"] == len(FILE)
    made = await shop.make(url(server))
    assert made["next_run_at"] is None
    assert made["last_run"] is None
    assert made["active"]
    run = await shop.run(made["id"])
    assert (run["state"], run["size"], run["source"]) == ("done", len(FILE), "api")
    assert run["counts"] == {"rows": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "duplicates": 0}
    assert sorted(await shop.people()) == ["ada@x.no", "bo@x.no"]
    imported = await shop.get(f"/imports/{run['import_id']}")
    assert imported["file_name"] == "Shop customers 2026-11-16 12:00"
    assert imported["state"] == "done"
    assert (await shop.report(run["import_id"]))[0][2] == "nobody"
    listed = await shop.get(f"/databases/{shop.database.id}/import-schedules")
    assert [(i["name"], i["last_run"]["id"]) for i in listed["items"]] == [("Shop customers", run["id"])]
    assert listed["total"] == 1


async def test_a_dry_run_writes_nothing(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    run = await shop.run(made["id"], dry_run=True)
    assert (run["state"], run["dry_run"], run["counts"]["created"]) == ("done", True, 2)
    assert await shop.people() == {}
    assert (await shop.run(made["id"]))["state"] == "done"  # what was only tried is not known yet
    assert len(await shop.people()) == 2


async def test_what_has_not_changed_is_not_imported_again(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    await shop.run(made["id"])
    run = await shop.run(made["id"])
    assert (run["state"], run["import_id"]) == ("skipped", None)
    assert "not changed" in run["note"]
    assert server.asked[-1].headers["if-none-match"] == '"1"'

    async def same(asked: Asked, out: asyncio.StreamWriter) -> None:
        await send(out, b"", 304)

    server.pages["/people.csv"] = same
    assert (await shop.run(made["id"]))["state"] == "skipped"
    server.page("/people.csv", FILE + b"cy@x.no,Cy,\n", etag='"2"')
    assert (await shop.run(made["id"]))["counts"]["created"] == 1
    assert (await shop.run(made["id"]))["state"] == "skipped"
    assert (await shop.run(made["id"], force=True))["counts"]["unchanged"] == 3
    await shop.change(made["id"], mapping=[*MAPPING, {"column": "city", "field": "city"}])
    assert (await shop.run(made["id"]))["counts"]["updated"] == 2  # another mapping brings other things
    await shop.change(made["id"], skip_unchanged=False)
    assert (await shop.run(made["id"]))["state"] == "done"
    assert "if-none-match" not in server.asked[-1].headers


async def test_a_failed_import_is_fetched_again(shop: Scheduler, server: WebServer) -> None:
    server.page("/people.csv", b"e-mail,name\nada@x.no,Ada\n", etag='"1"')
    made = await shop.make(url(server))
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert "no column 'email'" in run["error"]
    assert not [p for p in (shop.engines.files / "imports").iterdir() if p.name.endswith(".part")]
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert (await shop.read(made["id"]))["failures"] == 2
    server.page("/people.csv", FILE, etag='"1"')
    assert (await shop.run(made["id"]))["state"] == "done"
    assert (await shop.read(made["id"]))["failures"] == 0


# -- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"auth": "basic", "username": "shop"}, "authorization", "Basic c2hvcDpzM2NyZXQtYW5kLWxvbmc="),
        ({"auth": "bearer"}, "authorization", f"Bearer {SECRET}"),
        ({"auth": "header", "header": "X-Api-Key"}, "x-api-key", SECRET),
    ],
)
async def test_secrets_are_sent_and_never_shown(
    shop: Scheduler, server: WebServer, auth: dict[str, Any], name: str, value: str
) -> None:
    made = await shop.make(url(server, **auth), secret=SECRET)
    assert made["secret_set"] is True
    await shop.try_source(url(server, **auth), import_schedule=made["id"])
    await shop.run(made["id"])
    assert [a.headers.get(name) for a in server.asked] == [value, value]
    for path in (
        f"/import-schedules/{made['id']}",
        f"/databases/{shop.database.id}/import-schedules",
        f"/import-schedules/{made['id']}/runs",
        "/audit?limit=100",
        "/jobs?limit=100",
    ):
        assert SECRET not in (await shop.api.get(path)).text, path
    kept = await count(
        shop.engines, f"select count(*) from import_schedule where secret is not null and secret not like '%{SECRET}%'"
    )
    assert kept >= 1


async def test_a_secret_does_not_follow_to_another_server(shop: Scheduler, server: WebServer) -> None:
    source = url(server, auth="bearer")
    made = await shop.make(source, secret=SECRET)
    async with web_server() as thief:
        thief.page("/people.csv", FILE)
        stolen = {**source, "url": thief.url("/people.csv")}
        wrong = await shop.change(made["id"], 422, source=stolen)
        assert wrong["errors"][0]["pointer"] == "/secret"
        assert (await shop.try_source(stolen, 422, import_schedule=made["id"]))["errors"][0]["pointer"] == "/secret"
        server.page("/people.csv", status=302, location=thief.url("/people.csv"))
        await shop.run(made["id"])
        assert [a.headers.get("authorization") for a in thief.asked] == [None]
        await shop.change(made["id"], source=stolen, secret="another")
    await shop.change(made["id"], 422, secret=None)
    assert (await shop.change(made["id"], source=url(server), secret=None))["secret_set"] is False


# -- refusals -------------------------------------------------------------------------------------------------------


async def test_addresses_inside_are_refused(shop: Scheduler, server: WebServer) -> None:
    inside = {"kind": "url", "url": server.url("/people.csv", "127.0.0.1")}
    wrong = await shop.try_source(inside, 422)
    assert (wrong["errors"][0]["pointer"], wrong["reason"]) == ("/source/url", "address")
    made = await shop.make(inside)
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert "security.allow_networks" in run["error"]
    server.page("/away", status=302, location=server.url("/people.csv", "2130706433"))
    assert (await shop.try_source(url(server, "/away"), 422))["reason"] == "address"
    assert [a.path for a in server.asked] == ["/away"]


async def test_what_cannot_be_tried(shop: Scheduler, server: WebServer) -> None:
    server.page("/page", b"<html>", kind="text/html")
    assert (await shop.try_source(url(server, "/page"), 422))["reason"] == "type"
    assert (await shop.try_source(url(server, "/none"), 422))["reason"] == "status"
    server.page("/empty", b"")
    await shop.try_source(url(server, "/empty"), 422)
    assert [p for p in (shop.engines.files / "imports").iterdir() if p.stat().st_size == 0] == []


async def test_only_the_beginning_of_a_large_file_is_tried(shop: Scheduler, server: WebServer) -> None:
    body = b"email,name\n" + b"".join(b"p%07d@x.no,Person\n" % n for n in range(1_200_000))
    server.page("/large.csv", body)
    tried = await shop.try_source(url(server, "/large.csv"))
    assert tried["whole"] is False
    assert tried["preview"]["estimated_rows"] is None
    assert tried["preview"]["columns"][0]["bad"] == 0
    server.page("/large.csv.gz", gzip.compress(body, 0), kind="application/gzip")
    assert "packed" in (await shop.try_source(url(server, "/large.csv.gz"), 422))["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "  "}, "/name"),
        ({"source": {"kind": "url", "url": "ftp://x.no/"}}, "/source/url"),
        ({"source": {"kind": "url", "url": "http://a:b@x.no/"}}, "/source/url"),
        ({"source": {"kind": "url", "url": "http://x.no/", "auth": "basic"}, "secret": "x"}, "/source/username"),
        ({"source": {"kind": "url", "url": "http://x.no/", "auth": "header", "header": "Host"}, "secret": "x"},
         "/source/header"),
        ({"source": {"kind": "url", "url": "http://x.no/", "auth": "bearer"}}, "/secret"),
        ({"source": {"kind": "url", "url": "http://x.no/", "auth": "bearer"}, "secret": "a\r\nb"}, "/secret"),
        ({"source": {"kind": "ftp", "url": "http://x.no/"}}, "/source/kind"),
        ({"source": {"kind": "sql", "host": "/tmp", "database": "d", "username": "u", "query": "select 1"}},
         "/source/host"),
        ({"source": {"kind": "sql", "host": "h", "database": "d", "username": "u", "query": " ; "}}, "/source/query"),
        ({"mapping": [{"column": "a", "field": "nonsense"}]}, "/mapping/0/field"),
        ({"mapping": [{"column": "a", "field": "first_name"}]}, "/mapping"),
        ({"options": {"matching": "nonsense"}}, "/options/matching"),
        ({"schedule": {"at": "25:00"}}, "/schedule/at"),
        ({"schedule": {"at": "03:00", "every_hours": 0}}, "/schedule/every_hours"),
        ({"schedule": {"at": "03:00", "timezone": "Mars"}}, "/schedule/timezone"),
        ({"schedule": {"at": "03:00", "until": "2020-01-01"}}, "/schedule/until"),
        ({"target": {"segment": 99999}}, "/target/segment"),
        ({"stop_after": 0}, "/stop_after"),
        ({"format": {"kind": "csv", "delimiter": ",,"}}, "/format/delimiter"),
    ],
)  # fmt: skip
async def test_what_is_refused(shop: Scheduler, server: WebServer, changes: dict[str, Any], pointer: str) -> None:
    body = {"name": "x", "source": url(server), "mapping": MAPPING, **changes}
    wrong = await shop.ask("POST", f"/databases/{shop.database.id}/import-schedules", 422, body)
    assert pointer in [e["pointer"] for e in wrong["errors"]], wrong


async def test_names_and_versions(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    assert (await shop.make(url(server), 409, name="SHOP customers"))["errors"][0]["pointer"] == "/name"
    await shop.change(made["id"], name="Other", version=made["version"])
    await shop.change(made["id"], 409, name="Third", version=made["version"])
    assert (await shop.read(made["id"]))["name"] == "Other"


async def test_rights(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    async with shop.engines.tx() as tx:
        viewer = await create_token(tx, Actor.system(), name="v", roles=["viewer"])
        manager = await create_token(tx, Actor.system(), name="m", roles=["loyalty_manager"])
    transport = httpx.ASGITransport(app=create_app(shop.engines), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        for token, read_, write in ((viewer, 200, 403), (manager, 200, 403)):  # a manager may not change profiles
            client.headers["Authorization"] = f"Bearer {token.secret}"
            assert (await client.get(f"/import-schedules/{made['id']}")).status_code == read_
            body = {"name": "y", "source": url(server), "mapping": MAPPING}
            path = f"/databases/{shop.database.id}/import-schedules"
            assert (await client.post(path, json=body)).status_code == write
            assert (await client.post(f"{path}/test", json={"source": url(server)})).status_code == write
            assert (await client.patch(f"/import-schedules/{made['id']}", json={"name": "z"})).status_code == write
            assert (await client.post(f"/import-schedules/{made['id']}/run", json={})).status_code == write


# -- what depends on it ---------------------------------------------------------------------------------------------


async def test_what_it_uses_stays(shop: Scheduler, server: WebServer) -> None:
    segment = await shop.segment("From the shop")
    mapping = [*MAPPING, {"column": "city", "field": "nick"}]
    made = await shop.make(url(server), mapping=mapping, target={"segment": segment})
    nick = next(f.id for f in shop.database.fields if f.name == "nick")
    base = f"/databases/{shop.database.id}"
    assert "Shop customers" in (await shop.ask("DELETE", f"{base}/fields/{nick}?confirm=nick", 409))["detail"]
    assert (await shop.get(f"/segments/{segment}"))["used_by"] == ["scheduled import Shop customers"]
    refused = await shop.api.delete(base, params={"confirm": shop.database.name})
    assert refused.status_code == 409, refused.text
    assert "scheduled import Shop customers" in refused.json()["used_by"]
    await shop.ask("DELETE", f"/import-schedules/{made['id']}", 204)
    await shop.ask("GET", f"/import-schedules/{made['id']}", 404)


async def test_the_people_go_to_a_segment(shop: Scheduler, server: WebServer) -> None:
    segment = await shop.segment("Shop")
    made = await shop.make(url(server), target={"segment": segment})
    run = await shop.run(made["id"])
    assert (run["state"], run["entered"], run["left"]) == ("done", 2, 0)
    assert await shop.members(segment) == {"ada@x.no", "bo@x.no"}
    server.page("/people.csv", b"email,name\nbo@x.no,Bo\ncy@x.no,Cy\n")
    run = await shop.run(made["id"])
    assert (run["entered"], run["left"]) == (1, 0)
    changed = await shop.change(made["id"], target={"segment": segment, "mode": "replace"})
    assert changed["target"] == {"segment": segment, "name": "Shop", "mode": "replace", "skip_triggers": False}
    run = await shop.run(made["id"])
    assert (run["entered"], run["left"]) == (0, 1)
    assert await shop.members(segment) == {"bo@x.no", "cy@x.no"}
    server.page("/people.csv", b"email,name\n")
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert "shall not empty" in run["error"]
    assert await shop.members(segment) == {"bo@x.no", "cy@x.no"}
    await shop.change(made["id"], target={"segment": segment, "mode": "replace"})
    async with shop.engines.tx() as tx:  # it is in use, so nobody else could
        await tx.execute(sa.text("update segment set archived_at = now() where id = :id"), {"id": segment})
    server.page("/people.csv", FILE)
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert "is archived" in run["error"]
    assert run["counts"]["rows"] == 3


async def test_only_static_segments_of_the_database_are_filled(shop: Scheduler, server: WebServer) -> None:
    body = {"database_id": shop.database.id, "name": "R", "type": "updatable", "condition": {"kind": "always"}}
    rules_ = (await shop.ask("POST", "/segments", 201, body))["id"]
    wrong = await shop.make(url(server), 422, target={"segment": rules_})
    assert "updatable" in wrong["errors"][0]["message"]
    other = await new_database(shop.engines)
    body = {"database_id": other.id, "name": "Elsewhere", "type": "static"}
    elsewhere = (await shop.ask("POST", "/segments", 201, body))["id"]
    await shop.make(url(server), 422, target={"segment": elsewhere})


# -- the clock ------------------------------------------------------------------------------------------------------


async def test_the_clock_starts_it_once(shop: Scheduler, server: WebServer, clock: FixedClock) -> None:
    made = await shop.make(url(server), schedule={"at": "14:00", "until": "2026-11-20", "timezone": "Europe/Oslo"})
    assert made["next_run_at"] == "2026-11-16T13:00:00Z"
    assert await running.start_due(shop.engines) == []
    clock.set(NOW + timedelta(days=2, hours=3))  # two days the process was off: one run
    both = await asyncio.gather(running.start_due(shop.engines), running.start_due(shop.engines))
    assert sorted(map(len, both)) == [0, 1]
    assert (await shop.read(made["id"]))["next_run_at"] == "2026-11-19T13:00:00Z"
    run = await shop.work_off(made["id"])
    assert (run["state"], run["source"], run["actor"]) == ("done", "schedule", "Schedule")
    clock.set(datetime(2026, 11, 20, 13, 1, tzinfo=UTC))
    assert await running.start_due(shop.engines) == [made["id"]]
    assert (await shop.read(made["id"]))["next_run_at"] is None  # the last day is over
    assert (await shop.work_off(made["id"]))["state"] == "skipped"


async def test_runs_never_overlap(shop: Scheduler, server: WebServer, clock: FixedClock) -> None:
    made = await shop.make(url(server), schedule={"at": "13:00", "every_hours": 1})
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 409, {})
    await shop.ask("DELETE", f"/import-schedules/{made['id']}", 409)
    clock.set(NOW + timedelta(hours=3))
    assert await running.start_due(shop.engines) == []
    assert (await shop.work_off(made["id"]))["state"] == "done"
    assert await running.start_due(shop.engines) == [made["id"]]
    assert (await shop.read(made["id"]))["next_run_at"] == "2026-11-16T16:00:00Z"
    assert (await shop.work_off(made["id"]))["state"] == "skipped"


async def test_failures_are_told_and_end_it(shop: Scheduler, server: WebServer, clock: FixedClock) -> None:
    made = await shop.make(url(server, "/none"), schedule={"at": "13:00"}, stop_after=4)
    notices = f"import_schedule.{made['id']}"

    async def told() -> list[Any]:
        async with shop.engines.tx() as tx:
            return [n for n in await open_notices(tx) if n.kind == notices]

    for n in range(1, 5):
        clock.set(NOW + timedelta(days=n, hours=2))
        assert made["id"] in await running.start_due(shop.engines)
        assert (await shop.work_off(made["id"]))["state"] == "failed"
        assert [x.level for x in await told()] == [[], [], ["warning"], ["critical"]][n - 1]
    now = await shop.read(made["id"])
    assert (now["active"], now["next_run_at"], now["failures"]) == (False, None, 4)
    assert "answers 404" in now["stopped"]
    clock.set(NOW + timedelta(days=9))
    assert made["id"] not in await running.start_due(shop.engines)
    again = await shop.change(made["id"], active=True, source=url(server))
    assert (again["failures"], again["stopped"], again["next_run_at"]) == (0, None, "2026-11-25T13:00:00Z")
    audit = (await shop.get("/audit?limit=50"))["items"]
    assert "import_schedule.stopped" in {a["action"] for a in audit}


async def test_a_run_is_cancelled(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    await shop.ask("POST", f"/import-schedules/{made['id']}/cancel", 409)
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    run = await shop.ask("POST", f"/import-schedules/{made['id']}/cancel", 200)
    assert run["state"] == "cancelled"
    await run_job(shop.engines, run["job_id"])
    assert server.asked == []
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    run = (await shop.runs(made["id"]))[0]
    await run_job(shop.engines, run["job_id"])  # fetched, the import waits
    run = await shop.ask("POST", f"/import-schedules/{made['id']}/cancel", 200)
    assert (run["state"], (await shop.read(made["id"]))["failures"]) == ("cancelled", 0)
    assert await shop.people() == {}


async def test_a_run_whose_process_died_goes_on(shop: Scheduler, server: WebServer) -> None:
    """The job of the first half runs again after a kill: before the import is there it fetches again, then never."""
    made = await shop.make(url(server))
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    run = (await shop.runs(made["id"]))[0]

    async def hang(asked: Asked, out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    server.pages["/people.csv"] = hang
    dying = asyncio.create_task(run_job(shop.engines, run["job_id"]))
    while not server.asked:
        await asyncio.sleep(0.01)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert (await shop.runs(made["id"]))[0]["state"] == "running"
    server.page("/people.csv", FILE)
    await run_job(shop.engines, run["job_id"])
    first = (await shop.runs(made["id"]))[0]
    async with shop.engines.tx() as tx:  # as if the process had died before the job's end was written
        await tx.execute(sa.text("update job set state = 'running' where id = :id"), {"id": run["job_id"]})
    await run_job(shop.engines, run["job_id"])
    assert (await shop.runs(made["id"]))[0]["import_id"] == first["import_id"]
    assert await count(shop.engines, f"select count(*) from profile_import where id > {first['import_id']}") == 0
    run = await shop.work_off(made["id"])
    assert run["state"] == "done"
    assert len(await shop.people()) == 2


async def test_no_transaction_waits_for_a_file_to_be_read(
    shop: Scheduler, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook may take a while; whoever looks at the run or cancels it then does not wait for it."""
    made = await shop.make(url(server))
    real, seen = work.look_at, []

    async def look(*args: Any) -> Any:
        async with shop.engines.tx() as tx:
            free = sa.text("select id from import_schedule_run where schedule_id = :id for update nowait")
            seen.append(await tx.scalar(free, {"id": made["id"]}))
        return await real(*args)

    monkeypatch.setattr(work, "look_at", look)
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    assert (await shop.work_off(made["id"]))["state"] == "done"
    assert seen == [(await shop.runs(made["id"]))[0]["id"]]


async def test_an_end_nobody_told_is_noticed(shop: Scheduler, server: WebServer) -> None:
    made = await shop.make(url(server))
    await shop.ask("POST", f"/import-schedules/{made['id']}/run", 202, {})
    run = (await shop.runs(made["id"]))[0]
    async with shop.engines.tx() as tx:
        await tx.execute(
            sa.text("update job set state = 'failed', error = 'Its process stopped' where id = :id"),
            {"id": run["job_id"]},
        )
    await running.settle_all(shop.engines)
    run = (await shop.runs(made["id"]))[0]
    assert (run["state"], run["error"]) == ("failed", "Its process stopped")


def test_every_few_hours() -> None:
    plan = RepeatedSchedule(at="06:00", every_hours=5, weekdays=["monday"], timezone="Europe/Oslo")
    moment, found = NOW - timedelta(days=1), []
    for _ in range(5):
        due = next_run(plan, moment, "UTC")
        assert due is not None
        found.append(due.strftime("%a %H:%M"))
        moment = due
    assert found == ["Mon 05:00", "Mon 10:00", "Mon 15:00", "Mon 20:00", "Mon 05:00"]
