"""The calendar: what was sent, what begins, what a schedule launches; by the database's days."""

from __future__ import annotations

import httpx

from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from tests.conftest import NOW
from tests.messages.test_mailings import mailing, ok, run_jobs, template
from tests.messages.world import people


async def test_what_was_sent_and_what_is_planned(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    clock.set(NOW)  # Monday, 16 November 2026, 12:00 UTC
    database = await people(engines, 2)
    await ok(await api.patch(f"/api/v1/databases/{database}", json={"timezone": "Asia/Tokyo"}))
    template_id = await template(api, database)
    once = await mailing(api, database, template_id, name="News")
    later = await mailing(api, database, template_id, name="Later")
    weekly = await mailing(
        api, database, template_id, name="Weekly", type="recurring", schedule={"at": "01:00", "weekdays": ["friday"]}
    )
    await mailing(api, database, template_id, name="Draft", send_at="2026-11-20T10:00:00Z")
    await ok(await api.post(f"/api/v1/mailings/{once}/start", json={}))
    await ok(await api.post(f"/api/v1/mailings/{later}/start", json={"at": "2026-11-18T16:00:00Z"}))
    await ok(await api.post(f"/api/v1/mailings/{weekly}/start", json={}))
    await running.tick(engines)
    await run_jobs(engines)

    async def shown(first: str, last: str) -> list[tuple[str, str, str]]:
        params = {"database": database, "from": first, "to": last}
        found = await ok(await api.get("/api/v1/mailings/calendar", params=params))
        assert found["timezone"] == "Asia/Tokyo"
        return [(entry["day"], entry["name"], entry["what"]) for entry in found["items"]]

    assert await shown("2026-11-01", "2026-11-30") == [
        ("2026-11-16", "News", "sent"),
        ("2026-11-19", "Later", "planned"),
        ("2026-11-20", "Weekly", "planned"),
        ("2026-11-27", "Weekly", "planned"),
    ]
    assert [day for day, _, _ in await shown("2026-12-01", "2026-12-31")] == [
        "2026-12-04",
        "2026-12-11",
        "2026-12-18",
        "2026-12-25",
    ]
    assert await shown("2026-11-17", "2026-11-18") == []
    for first, last in (("2026-11-02", "2026-11-01"), ("2026-01-01", "2026-12-31"), ("9999-01-01", "9999-01-02")):
        params = {"database": database, "from": first, "to": last}
        assert (await api.get("/api/v1/mailings/calendar", params=params)).status_code == 422
    assert (await api.get("/api/v1/mailings/calendar", params={"database": 1, "from": "x"})).status_code in (400, 422)
    for name in (later, weekly):
        state = (await ok(await api.get(f"/api/v1/mailings/{name}")))["state"]
        await ok(await api.post(f"/api/v1/mailings/{name}/{'stop' if state == 'active' else 'unschedule'}"))
    clock.set(NOW)
