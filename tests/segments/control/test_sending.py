"""Mailings leave the control group out, unless they are an exception, whatever happens while they run."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job

from ...messages.conftest import mailbox
from ...messages.test_mailings import mailing, ok, run_jobs, sums, template
from ...messages.world import people
from .conftest import Group

__all__ = ["mailbox"]


@pytest.fixture
async def shop(api: httpx.AsyncClient, engines: Engines) -> Group:
    """Forty people with addresses."""
    database = await people(engines, 40)
    async with engines.tx() as tx:
        tx.mark_dirty("profiles", database, range(1, 41))
    return Group(api, engines, database)


async def estimate(api: httpx.AsyncClient, mailing_id: int) -> dict[str, Any]:
    return await ok(await api.get(f"/api/v1/mailings/{mailing_id}/estimate"))


async def reached(api: httpx.AsyncClient, mailing_id: int, state: str = "sent") -> set[int]:
    page = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"state": state, "limit": 100}))
    return {person["profile_id"] for person in page["items"]}


async def test_members_get_no_mailing_and_the_reach_says_so(
    shop: Group, api: httpx.AsyncClient, engines: Engines, mailbox: MailboxServer
) -> None:
    await shop.make(percent=25)
    members = set(await shop.members())
    mailing_id = await mailing(api, shop.database, await template(api))
    before = await estimate(api, mailing_id)
    assert (before["selected"], before["receives"]) == (40, 30)
    assert before["left_out"] == [
        {"reason": "control_group", "count": 10, "code": None, "text": "in the global control group"}
    ]
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    sums(report)
    assert (report["selected"], report["sent"], report["left_out"]) == (40, 30, 10)
    assert report["left_out_reasons"][0]["text"] == "in the global control group"
    assert await reached(api, mailing_id) == set(range(1, 41)) - members


async def test_an_exception_reaches_everybody(
    shop: Group, api: httpx.AsyncClient, engines: Engines, mailbox: MailboxServer
) -> None:
    await shop.make(percent=25)
    receipts = await mailing(api, shop.database, await template(api))
    news = await mailing(api, shop.database, await template(api))
    await shop.patch(exceptions=[{"kind": "mailing", "id": receipts}, {"kind": "campaign", "id": news}])
    assert (await estimate(api, receipts))["receives"] == 40
    assert (await estimate(api, news))["receives"] == 30
    await ok(await api.post(f"/api/v1/mailings/{receipts}/start", json={}))
    await run_jobs(engines)
    assert len(await reached(api, receipts)) == 40


async def test_switched_off_and_deleted_groups_keep_nobody_back(shop: Group, api: httpx.AsyncClient) -> None:
    await shop.make(percent=25)
    mailing_id = await mailing(api, shop.database, await template(api))
    await shop.patch(active=False)
    assert (await estimate(api, mailing_id))["receives"] == 40
    await shop.patch(active=True)
    assert (await estimate(api, mailing_id))["receives"] == 30
    await shop.drop()
    assert (await estimate(api, mailing_id))["receives"] == 40


async def test_who_is_drawn_while_a_mailing_runs_gets_nothing_more_of_it(
    shop: Group, api: httpx.AsyncClient, engines: Engines, mailbox: MailboxServer
) -> None:
    """The group is made after the audience was worked out and before the first mail leaves."""
    mailing_id = await mailing(api, shop.database, await template(api))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    async with engines.db.hot() as raw:
        (job_id,) = await (await raw.execute("select id from job where state = 'queued'")).fetchone()
    await run_job(engines, job_id)  # the audience, not the sending
    await shop.make(percent=25)
    members = set(await shop.members())
    await run_jobs(engines)
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    sums(report)
    assert (report["audience"], report["sent"], report["blocked"]) == (40, 30, 10)
    assert [reason["reason"] for reason in report["blocks"]] == ["In the global control group"]
    assert await reached(api, mailing_id) == set(range(1, 41)) - members
    assert await reached(api, mailing_id, "blocked") == members
