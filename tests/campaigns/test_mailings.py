"""Mailings as parts of campaigns: who gets them, whom they take in, what is said before a start, what events tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import messages
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.ports import admit
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from tests.messages.conftest import mailbox
from tests.messages.test_mailings import mailing, ok, run_jobs, sums, template

from .people.conftest import SYSTEM, Shop, new_shop

assert mailbox  # a fixture
PLAIN = '<p>{{ campaign.name }} since {{ campaign.started_on }}</p><p><a href="{{ links.unsubscribe }}">Stop</a></p>'


@pytest.fixture
async def small(engines: Engines, clock: FixedClock) -> Shop:
    """60 people, 40 of them in a campaign that is under way and keeps back four."""
    shop = await new_shop(engines, 60, 40)
    await shop.build()
    return shop


class Activities:
    """Mailings of a shop's campaign, by the API."""

    def __init__(self, api: httpx.AsyncClient, shop: Shop) -> None:
        self.api, self.shop = api, shop

    async def make(self, widens: Iterable[str] = (), *, exempt: bool = False, inside: bool = True, **more: Any) -> str:
        body = more.pop("body", None)
        words = {"format": "html", "body": body, "variables": {}} if body else {}
        made = await mailing(self.api, self.shop.database, await template(self.api, **words), **more)
        if inside:
            async with self.shop.engines.tx() as tx:
                await messages.put_in_campaign(tx, made, self.shop.campaign)
            await self.shop.activity(made, widens, exempt)
        return f"/api/v1/mailings/{made}"

    async def get(self, path: str, **params: Any) -> Any:
        return await ok(await self.api.get(path, params=params))

    async def send(self, path: str) -> Any:
        await ok(await self.api.post(f"{path}/start", json={}))
        await run_jobs(self.shop.engines)
        report = await self.get(f"{path}/report")
        sums(report)
        return report

    async def told(self, type_: str) -> list[tuple[int, int, int]]:
        """Return (profile, mailing, campaign) of events of the database."""
        await self.shop.engines.catch_up()
        rows = await self.shop.engines.clickhouse.query(
            f"select profile, mailing, campaign from e_{self.shop.database} final where type = {{t:String}}"
            " order by profile",
            {"t": type_},
        )
        return [(int(a), int(b), int(c)) for a, b, c in rows]


@pytest.fixture
def made(api: httpx.AsyncClient, small: Shop) -> Activities:
    return Activities(api, small)


def number(path: str) -> int:
    return int(path.rsplit("/", 1)[1])


def why(report: dict[str, Any]) -> dict[str, int]:
    return {reason["reason"]: reason["count"] for reason in report["left_out_reasons"]}


async def test_a_broadcast_goes_to_the_test_group(made: Activities, small: Shop, mailbox: MailboxServer) -> None:
    people = await small.people()
    path = await made.make()
    report = await made.send(path)
    assert (report["selected"], report["sent"]) == (60, 36)
    assert why(report) == {"not_in_campaign": 20, "campaign_control": 4}
    words = {reason["reason"]: reason["text"] for reason in report["left_out_reasons"]}
    assert words == {"not_in_campaign": "not in the campaign", "campaign_control": "in the campaign's control group"}
    assert await made.told("message.sent") == [(profile, number(path), small.campaign) for profile in people.test]
    who = await made.get(f"{path}/people", state="left_out", reason="campaign_control", limit=100)
    assert {person["profile_id"] for person in who["items"]} == set(people.control)


async def test_who_is_let_go_while_it_is_sent_is_blocked(made: Activities, small: Shop, mailbox: MailboxServer) -> None:
    """The gate is asked again with each message: its answer stands in the report in words."""
    people = await small.people()
    path = await made.make()
    await ok(await made.api.post(f"{path}/start", json={}))
    async with small.engines.tx() as tx:
        (job,) = await tx.all(sa.text("select id from job where kind = 'mailings.audience' and state = 'queued'"))
    await run_job(small.engines, job.id)
    gone = people.test.min()
    await small.leave([gone])
    await small.tick()
    await run_jobs(small.engines)
    report = await made.get(f"{path}/report")
    assert (report["sent"], [(block["reason"], block["count"]) for block in report["blocks"]]) == (
        35,
        [("Not in the campaign", 1)],
    )
    assert await made.told("message.blocked") == [(gone, number(path), small.campaign)]


async def test_an_estimate_takes_nobody_in_and_says_whom_a_start_would(
    made: Activities, small: Shop, mailbox: MailboxServer
) -> None:
    before = await small.people()
    path = await made.make(["audience"])
    estimate = await made.get(f"{path}/estimate")
    assert (estimate["selected"], estimate["receives"]) == (60, 36)
    (check,) = estimate["checks"]
    assert (check["severity"], check["pointer"]) == ("warning", "/campaign_id")
    assert "takes 20 people more into the campaign Winter" in check["message"]
    assert check["message"].endswith("about 10 % of them will be kept back")
    assert (await small.people()).assigned == before.assigned
    report = await made.send(path)
    after = await small.people()
    assert after.assigned == BitMap(range(1, 61))
    assert report["sent"] == len(after.test) == 54
    assert why(report) == {"campaign_control": 6}
    assert len(await made.told("campaign.entered")) == 60
    assert (await made.get(f"{path}/estimate"))["checks"] == [], "everybody is in it by now"


async def test_an_exempt_activity_reaches_the_control_group(
    made: Activities, small: Shop, mailbox: MailboxServer
) -> None:
    report = await made.send(await made.make(exempt=True))
    assert (report["sent"], why(report)) == (40, {"not_in_campaign": 20})


async def test_a_mailing_waits_for_its_campaign(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> None:
    shop = await new_shop(engines, 20, 10)
    made = Activities(api, shop)
    await shop.set(name="Winter")
    path = await made.make()
    for state, said in (("draft", "Start the campaign Winter first"), ("completed", "The campaign Winter is over")):
        await shop.set(state=state)
        refused = await ok(await api.post(f"{path}/start", json={}), 422)
        assert [(e["pointer"], e["message"]) for e in refused["errors"]] == [("/campaign_id", said)]
        estimate = await made.get(f"{path}/estimate")
        assert {"severity": "error", "message": said, "pointer": "/campaign_id"} in estimate["checks"]
        assert [(out["reason"], out["count"]) for out in estimate["left_out"]] == [("campaign_over", 20)]


async def test_lists_and_the_calendar_show_those_of_a_campaign(made: Activities, small: Shop) -> None:
    inside = await made.make(type="recurring", schedule={"at": "09:00"})
    outside = await made.make(inside=False)
    listed = await made.get("/api/v1/mailings", database=small.database)
    assert {item["id"]: item["campaign_id"] for item in listed["items"]} == {
        number(inside): small.campaign,
        number(outside): None,
    }
    mine = await made.get("/api/v1/mailings", campaign=small.campaign)
    assert [item["id"] for item in mine["items"]] == [number(inside)]
    for path in (inside, outside):
        body = {} if path == inside else {"at": "2026-11-20T09:00:00Z"}
        await ok(await made.api.post(f"{path}/start", json=body))
    days = {"database": small.database, "from": "2026-11-16", "to": "2026-11-21"}
    everything = await made.get("/api/v1/mailings/calendar", **days)
    assert {entry["campaign_id"] for entry in everything["items"]} == {small.campaign, None}
    shown = await made.get("/api/v1/mailings/calendar", **days, campaign=small.campaign)
    assert {entry["mailing_id"] for entry in shown["items"]} == {number(inside)}


async def test_a_copy_is_in_no_campaign_and_the_database_stays(made: Activities, small: Shop) -> None:
    path = await made.make()
    copy = await ok(await made.api.post(f"{path}/clone", json={}), 201)
    assert copy["campaign_id"] is None
    other = await new_shop(small.engines, 10, 5)
    refused = await ok(await made.api.patch(path, json={"database_id": other.database}), 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/database_id"]
    await ok(await made.api.patch(path, json={"database_id": small.database, "name": "As before"}))


async def test_what_is_at_work_stays_where_it_is(made: Activities, small: Shop) -> None:
    other = await new_shop(small.engines, 10, 5)
    path = await made.make()
    async with small.engines.tx() as tx:
        with pytest.raises(Problem, match="another campaign"):
            await messages.put_in_campaign(tx, number(path), other.campaign)
        assert (await messages.put_in_campaign(tx, number(path), None)).campaign_id is None
        assert (await messages.put_in_campaign(tx, number(path), small.campaign)).campaign_id == small.campaign
    await ok(await made.api.post(f"{path}/start", json={"at": "2026-11-20T09:00:00Z"}))
    async with small.engines.tx() as tx:
        with pytest.raises(Problem, match="scheduled"):
            await messages.put_in_campaign(tx, number(path), None)


async def test_everything_of_a_campaign_is_ended(made: Activities, small: Shop) -> None:
    draft, planned = await made.make(), await made.make()
    lasting = await made.make(type="trigger", triggers=[{"kind": "call"}])
    outside = await made.make(inside=False)
    at = {"at": "2026-11-20T09:00:00Z"}
    for path, body in ((planned, at), (outside, at), (lasting, {})):
        await ok(await made.api.post(f"{path}/start", json=body))
    async with small.engines.tx() as tx:
        ended = await messages.stop_campaign_mailings(tx, SYSTEM, small.campaign)
    assert [(one.id, one.state) for one in ended] == [(number(planned), "draft"), (number(lasting), "stopped")]
    states = [(await made.get(path))["state"] for path in (draft, planned, lasting, outside)]
    assert states == ["draft", "draft", "stopped", "scheduled"]


async def test_a_trigger_takes_in_whom_it_catches(made: Activities, small: Shop) -> None:
    """At once, in the transaction that queues the message."""
    path = await made.make(["audience"], type="trigger", triggers=[{"kind": "call"}])
    plain = await made.make(type="trigger", triggers=[{"kind": "call"}])
    for one in (path, plain):
        await ok(await made.api.post(f"{one}/start", json={}))
    await ok(await made.api.post(f"{plain}/trigger", json={"profile": 50}), 202)
    assert 50 not in (await small.people()).assigned, "it widens nothing"
    await ok(await made.api.post(f"{path}/trigger", json={"items": [{"profile": 51}, {"profile": 1}]}), 202)
    people = await small.people()
    assert people.assigned == BitMap([*range(1, 41), 51])
    assert people.guests == BitMap([51])
    told = [row for row in await small.events("campaign.entered") if row[3]]
    assert [(profile, source, brought) for profile, _, source, brought in told] == [(51, "audience", number(path))]


async def test_messages_name_their_campaign(made: Activities, small: Shop, mailbox: MailboxServer) -> None:
    await small.set(name="Winter & more")
    path = await made.make(body=PLAIN)
    preview = await ok(await made.api.post(f"{path}/preview", json={"profile_id": 1}))
    assert "Winter &amp; more since 2026-11-16" in preview["html"]
    assert (await made.get(f"{path}/estimate"))["checks"] == []
    await made.send(path)
    mails = await made.get("/api/v1/mailbox", mailing=number(path), limit=1)
    mail = await made.get(f"/api/v1/mailbox/{mails['items'][0]['id']}")
    assert "Winter &amp; more since 2026-11-16" in mail["html"]
    outside = await made.make(inside=False, body=PLAIN)
    (check,) = (await made.get(f"{outside}/estimate"))["checks"]
    assert (check["severity"], "campaign.name is missing" in check["message"]) == ("error", True)


async def test_a_mailing_of_no_campaign_asks_nobody(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes people in is not even looked for: placements are on the way of every page."""
    monkeypatch.delitem(engines.ports, messages.ADMISSIONS)
    plan = messages.Plan(mailing_id=1, name="Sale")
    async with engines.tx() as tx:
        await admit(tx, 1, plan, BitMap([1]))
        with pytest.raises(Problem):
            await admit(tx, 1, msgspec.structs.replace(plan, campaign_id=1), BitMap([1]))
