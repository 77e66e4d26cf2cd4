"""Winners by what people did after the message: events that are goals, and orders."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines

from ...test_mailings import ok
from ...world import people
from .world import WAIT, multivariate, pass_time, report_of, rows, start, templates


async def goal(api: httpx.AsyncClient, database: int, profiles: list[int], at: str) -> None:
    events = [{"id": f"{at}-{p}", "type": "custom.signup", "at": at, "profile": p, "properties": {}} for p in profiles]
    await ok(await api.post("/api/v1/events", json={"database": database, "events": events}), 202)


async def orders(
    api: httpx.AsyncClient, database: int, who: dict[int, str], at: str, currency: str = "EUR", status: str = "paid"
) -> None:
    items = [
        {
            "external_id": f"{at}-{status}-{currency}-{profile}",
            "placed_at": at,
            "match": {"email": f"p{profile}@example.com"},
            "lines": [{"product": "beans", "total": total}],
            "total": total,
            "currency": currency,
            "status": status,
        }
        for profile, total in who.items()
    ]
    reply = await ok(await api.post("/api/v1/market/orders", json={"database": database, "items": items}))
    assert {item["status"] for item in reply["items"]} == {"created"}, reply


async def placed_of(engines: Engines, mailing_id: int) -> tuple[list[int], list[int], list[int]]:
    """The profiles of A and B, and who waits."""
    placed = await rows(engines, mailing_id)
    a, b, rest = (sorted(p for p, (_, v) in placed.items() if v == n) for n in (1, 2, 0))
    return a, b, rest


async def test_goals_after_the_message_count_once_a_person(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), metric="goal", event="custom.signup")
    await start(engines, api, mailing_id)
    a, b, rest = await placed_of(engines, mailing_id)
    await goal(api, database, a, "2026-11-16T11:59:00Z")  # before they had the message
    clock.advance(timedelta(minutes=30))
    await goal(api, database, [*a[:1], *b[:3], *rest], "2026-11-16T12:20:00Z")
    await goal(api, database, a[:1], "2026-11-16T12:25:00Z")  # the same person again
    report = await report_of(api, mailing_id)
    assert [v["goal"]["people"] for v in report["variants"]] == [1, 3]
    assert report["test"]["leader"] == 2
    await pass_time(engines, clock, WAIT)
    test = (await report_of(api, mailing_id))["test"]
    assert (test["winner"], test["why"]) == (2, "it has the most people who reached the goal")
    assert [v["goal"]["people"] for v in test["variants"]] == [1, 3]


async def test_revenue_of_the_orders_after_the_message(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), metric="revenue")
    await start(engines, api, mailing_id)
    a, b, _ = await placed_of(engines, mailing_id)
    clock.advance(timedelta(minutes=30))
    await orders(api, database, {a[0]: "500.00"}, "2026-11-16T11:00:00Z")  # before
    await orders(api, database, {a[1]: "900.00"}, "2026-11-16T12:10:00Z", status="cancelled")
    await orders(api, database, {a[2]: "800.00"}, "2026-11-16T12:10:00Z", currency="USD")
    await orders(api, database, {a[3]: "20.10", a[4]: "20.00"}, "2026-11-16T12:10:00Z")
    await orders(api, database, {b[0]: "30.00", b[1]: "31.15"}, "2026-11-16T12:15:00Z")
    await orders(api, database, {b[0]: "9.00"}, "2026-11-16T12:20:00Z")
    report = await report_of(api, mailing_id)
    assert [(v["revenue"], v["currency"]) for v in report["variants"]] == [("40.10", "EUR"), ("70.15", "EUR")]
    await pass_time(engines, clock, WAIT)
    test = (await report_of(api, mailing_id))["test"]
    assert (test["winner"], test["why"]) == (2, "it has the most revenue for each message")
    assert 0 < test["confidence"] < 95


async def test_a_history_that_is_behind_hides_no_report_and_decides_nothing(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), metric="goal", event="custom.signup")
    await start(engines, api, mailing_id)

    async def behind(engines: Engines) -> None:
        raise DrainBehind(1)

    with monkeypatch.context() as held:
        held.setattr(Engines, "catch_up", behind)
        report = await report_of(api, mailing_id)
        assert [(v["sent"], v["goal"]) for v in report["variants"]] == [(8, None), (8, None)]
        await pass_time(engines, clock, WAIT)
        assert (await report_of(api, mailing_id))["test"]["state"] == "waiting"
    await pass_time(engines, clock, 61)
    test = (await report_of(api, mailing_id))["test"]
    assert (test["state"], test["winner"]) == ("decided", 1)
