"""Recurring mailings: launched once for each moment of their schedule, to whoever is there then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.kinds.registry import KINDS
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from tests.conftest import NOW
from tests.messages.test_mailings import mailing, ok, run_jobs, template
from tests.messages.world import people

DAILY = {"at": "14:00", "weekdays": []}  # NOW is Monday, 16 November 2026, 12:00 UTC


@pytest.fixture(autouse=True)
def monday(clock: FixedClock) -> Iterator[None]:
    clock.set(NOW)
    yield
    clock.set(NOW)


async def recurring(
    api: httpx.AsyncClient, database: int, template_id: int, schedule: object = None, **more: object
) -> str:
    made = await mailing(api, database, template_id, type="recurring", schedule=schedule or DAILY, **more)
    return f"/api/v1/mailings/{made}"


async def runs(api: httpx.AsyncClient, path: str) -> list[dict]:
    return (await ok(await api.get(f"{path}/runs")))["items"]


async def pass_to(engines: Engines, clock: FixedClock, hours: float) -> None:
    """Let time pass, with the processes at work at its end."""
    clock.advance(timedelta(hours=hours))
    await running.tick(engines)
    await run_jobs(engines)


async def test_each_launch_goes_to_whoever_is_there_then(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 4)
    path = await recurring(api, database, await template(api, database))
    started = await ok(await api.post(f"{path}/start", json={}))
    assert (started["state"], started["next_launch_at"]) == ("active", "2026-11-16T14:00:00Z")
    await pass_to(engines, clock, 1.5)
    assert await runs(api, path) == []
    await pass_to(engines, clock, 0.5)
    async with engines.tx() as tx:
        await profiles.create_profile(
            tx, Actor.system(), database, {"email": "new@example.com", "status": "subscribed"}
        )
    await pass_to(engines, clock, 24)
    second, first = await runs(api, path)
    assert (first["due_at"], second["due_at"]) == ("2026-11-16T14:00:00Z", "2026-11-17T14:00:00Z")
    assert [(run["phase"], run["sent"], run["actor"]) for run in (first, second)] == [
        ("done", 4, "Schedule"),
        ("done", 5, "Schedule"),
    ]
    now = await ok(await api.get(path))
    assert (now["state"], now["run_id"], now["next_launch_at"]) == ("active", second["id"], "2026-11-18T14:00:00Z")
    assert (await ok(await api.get(f"{path}/report")))["sent"] == 5
    of_first = await ok(await api.get(f"{path}/report", params={"run": first["id"]}))
    assert (of_first["run_id"], of_first["sent"]) == (first["id"], 4)
    who = await ok(await api.get(f"{path}/people", params={"state": "sent", "run": first["id"]}))
    assert len(who["items"]) == 4
    lines = (await api.get(f"{path}/people.csv", params={"state": "sent", "run": first["id"]})).text.splitlines()
    assert len(lines) == 5
    other = await recurring(api, database, await template(api, database))
    for what in ("report", "people", "people.csv"):
        for run in (first["id"], 99_999, -1, 2**40):
            assert (await api.get(f"{other}/{what}", params={"run": run})).status_code == 404


async def test_a_moment_launches_once_however_many_look_at_the_clock(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock
) -> None:
    database = await people(engines, 2)
    path = await recurring(api, database, await template(api, database))
    await ok(await api.post(f"{path}/start", json={}))
    clock.advance(timedelta(hours=2))
    await asyncio.gather(*(KINDS["recurring"].tick(engines) for _ in range(6)))
    assert len(await runs(api, path)) == 1
    await ok(await api.post(f"{path}/stop"))
    stopped = await ok(await api.get(path))
    assert (stopped["state"], stopped["next_launch_at"]) == ("stopped", None)
    clock.advance(timedelta(days=3))
    await KINDS["recurring"].tick(engines)
    assert len(await runs(api, path)) == 1


async def test_a_process_killed_while_it_launches_leaves_the_moment_due(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fidelia.messages.kinds import recurring as kind

    database = await people(engines, 2)
    path = await recurring(api, database, await template(api, database))
    await ok(await api.post(f"{path}/start", json={}))
    clock.advance(timedelta(hours=2))
    real = kind._following

    async def killed(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "_following", killed)  # the run is made, the next moment is not stored
    with pytest.raises(KeyboardInterrupt):
        await KINDS["recurring"].tick(engines)
    monkeypatch.setattr(kind, "_following", real)
    assert await runs(api, path) == []
    await KINDS["recurring"].tick(engines)
    assert [run["due_at"] for run in await runs(api, path)] == ["2026-11-16T14:00:00Z"]
    await ok(await api.post(f"{path}/stop"))


async def test_of_the_moments_that_passed_while_nothing_ran_one_is_launched(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 2)
    path = await recurring(api, database, await template(api, database))
    await ok(await api.post(f"{path}/start", json={}))
    await pass_to(engines, clock, 5 * 24)
    assert [run["phase"] for run in await runs(api, path)] == ["done"]
    assert (await ok(await api.get(path)))["next_launch_at"] == "2026-11-21T14:00:00Z"
    await ok(await api.post(f"{path}/stop"))


async def test_a_launch_is_skipped_while_the_former_one_works_but_not_for_retries(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 3)
    path = await recurring(api, database, await template(api, database))
    await ok(await api.post(f"{path}/start", json={}))
    clock.advance(timedelta(hours=2))
    await KINDS["recurring"].tick(engines)  # launched; its people are not looked for yet
    refused = await api.post(f"{path}/launch")
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The launch of 16 Nov 2026, 14:00 is still at work"
    clock.advance(timedelta(days=1))
    await KINDS["recurring"].tick(engines)
    skipped, former = await runs(api, path)
    assert (skipped["phase"], skipped["error"]) == ("skipped", "The launch of 16 Nov 2026, 14:00 is still at work")
    assert skipped["due_at"] == "2026-11-17T14:00:00Z"
    assert (await ok(await api.get(path)))["run_id"] == former["id"]
    assert (await ok(await api.get(path)))["next_launch_at"] == "2026-11-18T14:00:00Z"
    await run_jobs(engines)
    async with engines.db.hot() as raw:  # the server wants one of them to be tried again later
        await raw.execute("update mailing_run set phase = 'sending', finished_at = null where id = %s", (former["id"],))
        await raw.execute(
            "update delivery set state = 'queued', attempts = 1, next_at = %s where run_id = %s and profile_id = 1",
            (clock.now() + timedelta(days=1, hours=1), former["id"]),
        )
    clock.advance(timedelta(days=1))
    await KINDS["recurring"].tick(engines)
    newest, _, former = await runs(api, path)
    assert (newest["phase"], newest["due_at"]) == ("audience", "2026-11-18T14:00:00Z")
    assert (former["phase"], former["waiting"], former["later"]) == ("sending", 1, 1)
    assert former["next_at"] == "2026-11-18T15:00:00Z"
    await ok(await api.post(f"{path}/stop"))
    await run_jobs(engines)


async def test_paused_it_is_not_launched_and_goes_on_with_the_next_moment(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 2)
    path = await recurring(api, database, await template(api, database))
    await ok(await api.post(f"{path}/start", json={}))
    paused = await ok(await api.post(f"{path}/pause"))
    assert (paused["state"], paused["next_launch_at"]) == ("paused", None)
    await pass_to(engines, clock, 30)
    assert await runs(api, path) == []
    assert (await api.post(f"{path}/launch")).status_code == 409
    # what is set while it is paused holds for the launches that follow
    changed = await ok(await api.patch(path, json={"schedule": {"at": "20:00", "weekdays": ["wednesday"]}}))
    assert changed["schedule"]["weekdays"] == ["wednesday"]
    assert (await api.patch(path, json={"database_id": database})).status_code == 409
    resumed = await ok(await api.post(f"{path}/resume"))
    assert (resumed["state"], resumed["next_launch_at"]) == ("active", "2026-11-18T20:00:00Z")
    assert (await api.patch(path, json={"schedule": DAILY})).status_code == 409
    await ok(await api.post(f"{path}/stop"))


async def test_a_launch_that_cannot_begin_pauses_the_mailing_and_says_why(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 2)
    template_id = await template(api, database)
    path = await recurring(api, database, template_id)
    await ok(await api.post(f"{path}/start", json={}))
    await ok(await api.delete(f"/api/v1/templates/{template_id}"), 204)
    await pass_to(engines, clock, 2)
    held = await ok(await api.get(path))
    assert (held["state"], held["held"]) == ("paused", "It could not be launched: The template Sale is archived")
    (skipped,) = await runs(api, path)
    assert (skipped["phase"], skipped["error"]) == ("skipped", "The template Sale is archived")
    notices = (await ok(await api.get("/api/v1/notices")))["items"]
    assert [n["title"] for n in notices if n["link"] == path.removeprefix("/api/v1")] == ["Sale was paused"]
    refused = await api.post(f"{path}/resume")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "/template_id", "message": "The template Sale is archived"}]
    await ok(await api.post(f"/api/v1/templates/{template_id}/restore"))
    resumed = await ok(await api.post(f"{path}/resume"))
    assert (resumed["state"], resumed["held"]) == ("active", None)
    await pass_to(engines, clock, 24)
    assert [run["phase"] for run in await runs(api, path)] == ["done", "skipped"]
    await ok(await api.post(f"{path}/stop"))


async def test_launched_by_hand_beside_its_schedule(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 3)
    path = await recurring(api, database, await template(api, database))
    assert (await api.post(f"{path}/launch")).status_code == 409
    await ok(await api.post(f"{path}/start", json={}))
    launched = await ok(await api.post(f"{path}/launch"))
    assert launched["next_launch_at"] == "2026-11-16T14:00:00Z"
    await run_jobs(engines)
    await pass_to(engines, clock, 2)
    second, first = await runs(api, path)
    assert (first["due_at"], first["sent"], second["sent"]) == (None, 3, 3)
    assert first["actor"] != "Schedule"
    once = await mailing(api, database, await template(api, database))
    assert (await api.post(f"/api/v1/mailings/{once}/launch")).status_code == 409
    await ok(await api.post(f"{path}/stop"))


async def test_after_its_last_day_it_is_done(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 2)
    template_id = await template(api, database)
    path = await recurring(api, database, template_id, {**DAILY, "until": "2026-11-16"})
    await ok(await api.post(f"{path}/start", json={}))
    await pass_to(engines, clock, 2)
    await running.tick(engines)
    done = await ok(await api.get(path))
    assert (done["state"], done["next_launch_at"], len(await runs(api, path))) == ("done", None, 1)
    clock.advance(timedelta(days=1))
    cloned = await ok(await api.post(f"{path}/clone", json={}), 201)
    assert (cloned["type"], cloned["schedule"]["until"]) == ("recurring", None)


async def test_its_schedule_is_checked(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    template_id = await template(api, database)
    path = await recurring(api, database, template_id)
    await ok(await api.patch(path, json={"schedule": None}))
    refused = await api.post(f"{path}/start", json={})
    assert refused.json()["errors"][0]["pointer"] == "/schedule"
    for schedule, pointer in (
        ({"at": "25:00"}, "/schedule/at"),
        ({"at": "10:00", "month_days": [32]}, "/schedule/month_days/0"),
        ({"at": "10:00", "month_days": [1, 1]}, "/schedule/month_days"),
        ({"at": "10:00", "timezone": "Mars/Olympus"}, "/schedule/timezone"),
        ({"at": "10:00", "until": "2020-01-01"}, "/schedule/until"),
    ):
        refused = await api.patch(path, json={"schedule": schedule})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    once = await mailing(api, database, template_id)
    refused = await api.patch(f"/api/v1/mailings/{once}", json={"schedule": DAILY})
    assert refused.json()["errors"][0]["pointer"] == "/schedule"


async def test_when_a_schedule_launches_next(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)

    async def coming(**schedule: object) -> list[str]:
        body = {"database_id": database, "schedule": {"at": "09:00", **schedule}, "count": 3}
        return (await ok(await api.post("/api/v1/mailings/launches", json=body)))["launches"]

    assert await coming() == ["2026-11-17T09:00:00Z", "2026-11-18T09:00:00Z", "2026-11-19T09:00:00Z"]
    assert await coming(month_days=[31]) == ["2026-11-30T09:00:00Z", "2026-12-31T09:00:00Z", "2027-01-31T09:00:00Z"]
    friday_13 = {"month_days": [13], "weekdays": ["friday"]}
    assert await coming(**friday_13) == ["2027-08-13T09:00:00Z", "2028-10-13T09:00:00Z", "2029-04-13T09:00:00Z"]
    assert await coming(until="2026-11-17") == ["2026-11-17T09:00:00Z"]
    bad = {"database_id": database, "schedule": {"at": "09:00", "until": "2020-01-01"}}
    assert (await api.post("/api/v1/mailings/launches", json=bad)).status_code == 422


async def test_the_list_knows_kinds(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    template_id = await template(api, database)
    once, again = await mailing(api, database, template_id), await recurring(api, database, template_id)
    kinds = await ok(await api.get("/api/v1/mailings/kinds"))
    assert {"type": "recurring", "lasting": True} in kinds["items"]
    assert [k["type"] for k in kinds["items"]] == list(KINDS)

    async def listed(**params: object) -> list[int]:
        return [
            m["id"]
            for m in (await ok(await api.get("/api/v1/mailings", params={"database": database, **params})))["items"]
        ]

    assert await listed(type="recurring") == [int(again.rsplit("/", 1)[1])]
    assert await listed(type="broadcast") == [once]
    assert await listed(sort="type") == [once, int(again.rsplit("/", 1)[1])]
    assert (await api.get("/api/v1/mailings", params={"type": "carrier pigeon"})).status_code == 422


async def test_local_times_are_launched_before_they_come_and_once(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 3)
    async with engines.db.hot() as raw:
        await raw.execute(f"update profile_{database} set timezone = 'Pacific/Auckland' where id = 1")
        await raw.execute(f"update profile_{database} set timezone = 'America/New_York' where id = 2")
    path = await recurring(
        api, database, await template(api, database), {"at": "14:00", "weekdays": []}, timing={"local_time": True}
    )
    clock.set(datetime(2026, 11, 15, 23, 0, tzinfo=UTC))
    started = await ok(await api.post(f"{path}/start", json={}))
    assert started["next_launch_at"] == "2026-11-16T14:00:00Z"
    await pass_to(engines, clock, 1)  # 14:00 on Kiritimati
    (run,) = await runs(api, path)
    assert (run["waiting"], run["later"], run["next_at"]) == (3, 3, "2026-11-16T01:00:00Z")
    await ok(await api.post(f"{path}/pause"))
    resumed = await ok(await api.post(f"{path}/resume"))
    assert resumed["next_launch_at"] == "2026-11-17T14:00:00Z"
    sent = []
    for hours in (1, 13, 5):  # Auckland, the database itself (UTC), New York
        await pass_to(engines, clock, hours)
        sent.append((await runs(api, path))[-1]["sent"])
    assert sent == [1, 2, 3]
    await ok(await api.post(f"{path}/stop"))
    await run_jobs(engines)
