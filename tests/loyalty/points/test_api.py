"""Points through the API: one member and many, holds, corrections, balances, lists, export."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.points import tasks
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from tests.conftest import NOW, api_client
from tests.loyalty.ledger.shop import Club


class Till:
    """Short words for the routes of a program."""

    def __init__(self, api: httpx.AsyncClient, club: Club) -> None:
        self.api = api
        self.root = f"/api/v1/loyalty/programs/{club.program}"

    async def post(self, path: str, body: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
        reply = await self.api.post(self.root + path, json=body, **more)
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    async def get(self, path: str, status: int = 200, **params: Any) -> dict[str, Any]:
        reply = await self.api.get(self.root + path, params=params)
        assert reply.status_code == status, reply.text
        return dict(reply.json())

    async def stars(self, profile: int) -> dict[str, Any]:
        found = await self.get(f"/members/{profile}/balance")
        return next(one for one in found["balances"] if one["points"] == "stars")


@pytest.fixture(scope="module")
def till(api: httpx.AsyncClient, club: Club) -> Till:
    return Till(api, club)


async def test_a_till_accrues_reserves_and_commits(till: Till) -> None:
    body = {"amount": "100.50", "reference": "order-1", "source_type": "order", "source_id": "1"}
    first = (await till.post("/members/1/accrue", body))["transaction"]
    assert (first["type"], first["state"], first["change"], first["balance_after"]) == (
        "accrual",
        "final",
        "100.5",
        "100.5",
    )
    assert (first["points"], first["member"], first["by"]) == ("stars", "Kim1", "test")
    assert (await till.post("/members/1/accrue", body))["transaction"]["id"] == first["id"]
    other = await till.post("/members/1/accrue", {**body, "amount": "5"}, 409)
    assert other["errors"][0]["pointer"] == "/reference"

    hold = (await till.post("/members/1/redeem", {"amount": "40", "hold_seconds": 900}))["transaction"]
    assert (hold["state"], hold["change"]) == ("held", "-40")
    assert (await till.stars(1))["held"] == "40"
    short = await till.post("/members/1/redeem", {"amount": "60.51"}, 409)
    assert short["available"] == "60.5"
    assert short["errors"][0]["pointer"] == "/amount"
    done = (await till.post(f"/transactions/{hold['id']}/commit", {}))["transaction"]
    assert (done["type"], done["of"]) == ("commit", hold["id"])
    await till.post(f"/transactions/{hold['id']}/rollback", {}, 409)
    back = (await till.post(f"/transactions/{hold['id']}/cancel", {"reason": "Wrong person"}))["transaction"]
    assert (back["change"], back["reason"]) == ("40", "Wrong person")

    has = await till.stars(1)
    assert (has["total"], has["active"], has["worth"]) == ("100.5", "100.5", {"amount": "10.05", "currency": "EUR"})


async def test_a_transaction_shows_its_lots_and_its_chain(till: Till) -> None:
    end = (NOW + timedelta(days=9)).isoformat()
    one = (await till.post("/members/2/accrue", {"amount": "10", "expires_at": end}))["transaction"]
    hold = (await till.post("/members/2/redeem", {"amount": "4", "hold_seconds": 60}))["transaction"]
    await till.post(f"/transactions/{hold['id']}/commit", {})
    await till.post(f"/transactions/{hold['id']}/cancel", {})
    found = await till.get(f"/transactions/{hold['id']}")
    assert [(part["lot"]["transaction"], part["amount"]) for part in found["used"]] == [(one["id"], "4")]
    assert [step["type"] for step in found["chain"]] == ["redeem", "commit", "cancel"]
    assert found["chain"][0]["state"] == "cancelled"
    opened = (await till.get(f"/transactions/{one['id']}"))["opened"]
    assert (opened["amount"], opened["remaining"]) == ("10", "10")
    await till.get("/transactions/nonsense", 404)
    await till.get("/transactions/00000000-0000-7000-8000-000000000000", 404)

    assert (await till.stars(2))["next_expiry"] == {"at": "2026-11-25T12:00:00Z", "amount": "10"}
    lapse = await till.get("/members/2/expiring", **{"from": "2026-11-25", "to": "2026-11-25"})
    assert lapse["totals"]["stars"] == "10"
    none = await till.get("/members/2/expiring", **{"from": "2026-11-01", "to": "2026-11-24"})
    assert none["totals"]["stars"] == "0"
    await till.get("/members/2/expiring", 422, **{"from": "2026-11-25", "to": "2026-11-01"})


async def test_a_correction_needs_a_reason_and_is_on_record(till: Till, engines: Engines) -> None:
    await till.post("/members/3/adjust", {"change": "50", "reason": " "}, 422)
    up = (await till.post("/members/3/adjust", {"change": "50", "reason": "Goodwill"}))["transaction"]
    assert (up["type"], up["change"], up["reason"]) == ("adjust", "50", "Goodwill")
    down = (await till.post("/members/3/adjust", {"change": "-20", "reason": "Typo"}))["transaction"]
    assert (down["change"], down["balance_after"]) == ("-20", "30")
    refused = await till.post("/members/3/adjust", {"change": "-31", "reason": "Too much"}, 409)
    assert refused["errors"][0]["pointer"] == "/change"
    async with engines.tx() as tx:
        rows = await tx.all(sa.text("select after from audit_log where action = 'points.adjusted' order by id"))
    assert [row.after["stars"] for row in rows] == ["50", "30"]


async def test_many_at_once_all_or_none(till: Till) -> None:
    items = [{"profile_id": n, "amount": "5", "reference": f"gift-{n}"} for n in (1, 2, 3)]
    before = (await till.stars(1))["total"]
    done = await till.post("/accrue", {"items": items})
    again = await till.post("/accrue", {"items": items})
    assert [one["id"] for one in done["items"]] == [one["id"] for one in again["items"]]
    bad = await till.post(
        "/redeem", {"items": [{"profile_id": 1, "amount": "1"}, {"profile_id": 3, "amount": "9999"}]}, 409
    )
    assert bad["errors"][0]["pointer"] == "/items/1/amount"
    assert float((await till.stars(1))["total"]) == float(before) + 5
    await till.post("/accrue", {"items": []}, 422)
    await till.post("/accrue", {"items": [{"profile_id": 99, "amount": "1"}]}, 404)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": "0"}, "/amount"),
        ({"amount": "-5"}, "/amount"),
        ({"amount": "1.001"}, "/amount"),
        ({"amount": "many"}, "/amount"),
        ({"amount": 5}, "/amount"),
        ({"amount": "5", "points": "moons"}, "/points"),
        ({"amount": "5", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"amount": "5", "at": "2030-01-01T00:00:00Z"}, "/at"),
        ({"amount": "5", "hold_seconds": 0}, "/hold_seconds"),
        ({"amount": "5", "reference": ""}, "/reference"),
    ],
)
async def test_a_wrong_accrual_names_the_field(till: Till, body: dict[str, Any], pointer: str) -> None:
    refused = await till.post("/members/1/accrue", body, 422)
    assert refused["errors"][0]["pointer"] == pointer


async def test_the_list_is_filtered_paged_and_private(till: Till, engines: Engines, club: Club) -> None:
    everything = await till.get("/transactions", limit=1000)
    ids = [one["id"] for one in everything["items"]]
    assert ids == sorted(ids, reverse=True)
    first = await till.get("/transactions", limit=3)
    second = await till.get("/transactions", limit=1000, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + second["items"]] == ids
    for name, value, key in (("type", "adjust", "type"), ("state", "cancelled", "state"), ("profile", 2, "profile_id")):
        found = (await till.get("/transactions", limit=1000, **{name: value}))["items"]
        assert [one["id"] for one in found] == [one["id"] for one in everything["items"] if one[key] == value] != []
    assert [one["reference"] for one in (await till.get("/transactions", q="order-1"))["items"]] == ["order-1"]
    assert len((await till.get("/transactions", source="order", source_id="1"))["items"]) == 1
    assert (await till.get("/transactions", to="2026-11-15"))["items"] == []
    assert len((await till.get("/transactions", **{"from": "2026-11-16"}))["items"]) == len(ids[:50])
    assert (await till.get("/members/2/transactions"))["items"][0]["profile_id"] == 2
    await till.get("/transactions", 422, points="moons")
    await till.get("/transactions", 422, cursor="bm9uc2Vuc2U")
    async with api_client(engines, roles=("viewer",)) as other:
        reply = await other.post(f"{till.root}/members/1/accrue", json={"amount": "1"})
        assert reply.status_code == 403


async def test_transactions_are_exported_by_a_job(till: Till, engines: Engines, club: Club) -> None:
    reply = await till.api.post(f"{till.root}/transactions/export", params={"type": "adjust"})
    assert reply.status_code == 202, reply.text
    job = reply.json()["job"]
    assert (await till.api.get(f"{till.root}/transactions/exports/{job['id']}")).status_code == 404, "not yet"
    await run_job(engines, job["id"])
    done = (await till.api.get(f"/api/v1/jobs/{job['id']}")).json()
    assert (done["state"], done["result"]["rows"]) == ("done", 2)
    file = await till.api.get(done["result"]["url"])
    head, *lines = csv.reader(file.text.splitlines())
    assert [dict(zip(head, line, strict=True))["change"] for line in lines] == ["50", "-20"]
    assert dict(zip(head, lines[0], strict=True))["reason"] == "Goodwill"
    assert (await till.api.get(f"{till.root}/transactions/exports/abcdefgh")).status_code == 404


async def test_what_time_does_is_written_down_by_jobs(
    till: Till, engines: Engines, club: Club, clock: FixedClock
) -> None:
    start = clock.now()
    soon = (start + timedelta(hours=1)).isoformat()
    late = (start + timedelta(hours=2)).isoformat()
    await till.post("/members/2/accrue", {"amount": "7", "activates_at": soon, "expires_at": late})
    await till.post("/members/2/redeem", {"amount": "2", "hold_seconds": 60})
    pending = await till.stars(2)
    assert pending["pending"] == "7"
    clock.set(start + timedelta(hours=1))
    await tasks.holds(engines)
    await tasks.activate(engines)
    assert (await till.stars(2))["held"] == "0"
    clock.set(start + timedelta(hours=2))
    await tasks.expire(engines)
    async with engines.tx() as tx:
        rows = await tx.all(
            sa.text("select type, change from loyalty_transaction where program_id = :p order by id desc limit 2"),
            {"p": club.program},
        )
        waiting = await tx.scalar(sa.text("select count(*) from loyalty_lot where waiting"))
    assert [(row.type, row.change) for row in rows] == [("expire", -7), ("time_out", 2)]
    assert waiting == 0
    assert float((await till.stars(2))["total"]) == float(pending["active"]) + 2, "the reserved two are back"
    await club.check()
