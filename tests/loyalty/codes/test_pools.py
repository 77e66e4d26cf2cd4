"""Pools through the API: settings, filling, single codes, export, audit; bad input."""

from __future__ import annotations

import csv
import io
import itertools
import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import msgspec
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.codes.service import making
from fidelia.loyalty.codes.service.watching import watch
from fidelia.platform import notices
from fidelia.platform.engines import Engines
from tests.messages.test_mailings import ok, run_jobs

from .conftest import Vault

POOLS = "/api/v1/promo-codes/pools"
_numbers = itertools.count(1)


class Desk:
    """What an integrator does with pools."""

    def __init__(self, api: httpx.AsyncClient, vault: Vault) -> None:
        self.api, self.vault = api, vault

    async def pool(self, **more: Any) -> dict[str, Any]:
        made = await ok(await self.api.post(POOLS, json=self.body(**more)), 201)
        return dict(made)

    def body(self, **more: Any) -> dict[str, Any]:
        name = f"desk_{next(_numbers)}"
        body = {"database_id": self.vault.database, "name": "Spring", "short_name": name, "pattern": "S-*******"}
        return {key: value for key, value in {**body, **more}.items() if value is not ...}

    async def get(self, pool: dict[str, Any], path: str = "", **params: Any) -> dict[str, Any]:
        return dict(await ok(await self.api.get(f"{POOLS}/{pool['id']}{path}", params=params)))

    async def do(self, pool: dict[str, Any], path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        return dict(await ok(await self.api.post(f"{POOLS}/{pool['id']}/{path}", json=body), status))

    async def refused(self, pool: dict[str, Any], path: str, **body: Any) -> tuple[int, str]:
        reply = await self.api.post(f"{POOLS}/{pool['id']}/{path}", json=body)
        assert reply.status_code in (404, 409, 422), reply.text
        return reply.status_code, reply.json()["detail"]


@pytest.fixture
def desk(api: httpx.AsyncClient, vault: Vault) -> Desk:
    return Desk(api, vault)


async def test_codes_are_made_by_a_job(desk: Desk, engines: Engines) -> None:
    pool = await desk.pool(pattern="SPRING-####-@@@@")
    assert pool["figures"]["made"] == 0
    assert pool["max_uses"] == 1
    started = await desk.do(pool, "codes", 202, count=2_500)
    assert started["batch"]["state"] == "queued"
    await run_jobs(engines)
    seen = await desk.get(pool)
    assert (seen["figures"]["made"], seen["figures"]["left"], seen["open_batch"]) == (2_500, 2_500, None)
    batch = (await desk.get(pool, "/batches"))["items"][0]
    assert (batch["state"], batch["asked"], batch["made"]) == ("done", 2_500, 2_500)
    page = await desk.get(pool, "/codes", limit=3)
    assert page["total"] == 2_500
    assert page["items"][0]["state"] == "free"
    code = page["items"][0]["code"]
    assert (await desk.get(pool, "/codes", q=code[:9].lower()))["items"][0]["code"].startswith(code[:9])
    rows = list(csv.DictReader(io.StringIO((await desk.api.get(f"{POOLS}/{pool['id']}/codes/export")).text)))
    assert len(rows) == len({row["code"] for row in rows}) == 2_500
    job = await ok(await desk.api.get(f"/api/v1/jobs/{started['job']['id']}"))
    assert job["result"]["made"] == 2_500


async def test_never_more_than_there_is_room_for(desk: Desk, engines: Engines) -> None:
    pool = await desk.pool(pattern="A-####", code_limit=3)
    status, words = await desk.refused(pool, "codes", count=5)
    assert status == 422
    assert "could be guessed" in words or "room" in words
    await desk.do(pool, "codes", 202, count=2)
    assert (await desk.refused(pool, "codes", count=2))[0] == 422  # two are on their way
    await run_jobs(engines)
    done = await desk.do(pool, "codes/import", items=[{"code": "X1"}, {"code": "X2"}])
    assert (done["inserted"], done["discarded_by_limit"]) == (1, 1)
    assert (await desk.get(pool))["room"] == 0


async def test_a_batch_is_cancelled(desk: Desk, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "CHUNK", 50)
    pool = await desk.pool()
    started = await desk.do(pool, "codes", 202, count=200)
    await ok(await desk.api.post(f"/api/v1/jobs/{started['job']['id']}/cancel"))
    batch = (await desk.get(pool, "/batches"))["items"][0]
    assert batch["state"] == "cancelled"
    assert (await desk.get(pool))["open_batch"] is None
    await run_jobs(engines)
    assert (await desk.get(pool))["figures"]["made"] == 0


async def test_an_import_has_a_row_for_every_code(desk: Desk) -> None:
    pool = await desk.pool(way="file", pattern=None, fields=[{"key": "sum", "name": "Sum"}])
    items = [
        {"code": "In-1", "expires_at": "2027-01-01T00:00:00Z", "extra": {"sum": "10"}},
        {"code": "IN-1"},
        {"code": "a b"},
        {"code": "IN-2", "extra": {"other": "1"}},
        {"code": "IN-3"},
    ]
    done = await desk.do(pool, "codes/import", items=items)
    assert [row["status"] for row in done["items"]] == ["inserted", "duplicated", "refused", "refused", "inserted"]
    assert (done["inserted"], done["duplicated"], done["refused"], done["discarded_by_limit"]) == (2, 1, 2, 0)
    other = await desk.pool()
    assert (await desk.do(other, "codes/import", items=[{"code": "in-3"}]))["duplicated"] == 1
    seen = (await desk.get(pool, "/code", code="in-1"))["code"]
    assert (seen["code"], seen["extra"], seen["expires_at"]) == ("In-1", {"sum": "10"}, "2027-01-01T00:00:00Z")
    assert (await desk.refused(pool, "codes", count=5))[0] == 409


@pytest.mark.parametrize(
    ("text", "counts", "lines"),
    [
        ("code,expires_at,sum\nF-1,2027-05-01,10\nF-2,soon,\nF-1,,\n\nF 3,,\n", (1, 1, 2), [3, 4, 6]),
        ("F-1\nF-2\nF-3\n", (3, 0, 0), []),
        ('{"code": "F-1", "sum": "5"}\n{"code": "F-2"}\n', (2, 0, 0), []),
    ],
)
async def test_codes_are_read_from_a_file(
    desk: Desk, engines: Engines, text: str, counts: tuple[int, int, int], lines: list[int]
) -> None:
    pool = await desk.pool(way="file", pattern=None, fields=[{"key": "sum", "name": "Sum"}])
    text = text.replace("F-", f"F{pool['id']}-")
    reply = await desk.api.post(f"{POOLS}/{pool['id']}/codes/file", files={"file": ("codes.csv", text.encode())})
    assert reply.status_code == 202, reply.text
    await run_jobs(engines)
    batch = (await desk.get(pool, "/batches"))["items"][0]
    assert batch["state"] == "done", batch["error"]
    assert (batch["made"], batch["duplicated"], batch["refused"]) == counts
    failed = (await desk.get(pool, f"/batches/{batch['id']}/lines"))["items"]
    assert [line["line"] for line in failed] == lines


async def test_attach_detach_activate_change(desk: Desk, clock: FixedClock) -> None:
    pool = await desk.pool(expiry={"kind": "after", "period": "P7D"})
    await desk.do(pool, "codes/import", items=[{"code": f"H{pool['id']}-{n}"} for n in range(2)])
    first = await desk.do(pool, "attach", profile_id=1)
    assert first["state"] == "attached"
    assert first["expires_at"] == (clock.now() + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    own = f"own-{pool['id']}"
    assert (await desk.do(pool, "attach", profile_id=2, code=own))["profile_id"] == 2  # unknown: added and attached
    assert (await desk.do(pool, "attach", profile_id=2, code=own.upper()))["profile_id"] == 2
    assert await desk.refused(pool, "attach", profile_id=3, code=own) == (
        409,
        f"The code {own} belongs to somebody else",
    )
    assert (await desk.refused(pool, "attach", profile_id=99_999))[0] == 404
    free = (await desk.get(pool, "/codes", state="free"))["items"]
    assert len(free) == 1
    assert "attach it first" in (await desk.refused(pool, "activate", code=free[0]["code"], profile_id=1))[1]
    used = await desk.do(pool, "activate", code=own, reference="receipt 9")
    assert (used["state"], used["uses"]) == ("activated", 1)
    assert (await desk.do(pool, "activate", code=own, reference="receipt 9"))["uses"] == 1
    assert (await desk.refused(pool, "activate", code=own))[1] == "The code has been used"
    assert (await desk.refused(pool, "detach", code=own))[0] == 409
    back = await desk.do(pool, "detach", code=first["code"])
    assert (back["state"], back["expires_at"]) == ("free", None)
    path = f"{POOLS}/{pool['id']}/code"
    assert (await desk.api.patch(path, json={"code": own})).status_code == 422
    ended = await ok(await desk.api.patch(path, json={"code": first["code"], "expires_at": "2020-01-01T00:00:00Z"}))
    assert ended["state"] == "expired"
    again = await ok(await desk.api.patch(path, json={"code": own, "activated": False}))
    assert (again["state"], again["uses"]) == ("attached", 0)
    person = await ok(await desk.api.get(f"/api/v1/databases/{desk.vault.database}/profiles/2/promo-codes"))
    assert [one["code"] for one in person["items"] if one["pool_id"] == pool["id"]] == [own]
    asked = {"database_id": desk.vault.database, "profile_id": 3, "codes": [own, "nope"]}
    worth = await ok(await desk.api.post("/api/v1/promo-codes/check", json=asked))
    assert [(one["usable"], one["reason"]) for one in worth["items"]] == [(False, "taken"), (False, "unknown")]
    actions = await ok(await desk.api.get("/api/v1/audit", params={"kind": "promo_pool", "object_id": str(pool["id"])}))
    assert {one["action"] for one in actions["items"]} == {
        "promo_pool.created",
        "promo_pool.filled",
        "promo_code.attached",
        "promo_code.detached",
        "promo_code.activated",
        "promo_code.updated",
    }


async def test_universal_codes_have_holders(desk: Desk) -> None:
    pool = await desk.pool(kind="universal")
    assert pool["max_uses"] is None
    await desk.do(pool, "codes/import", items=[{"code": f"U{pool['id']}"}])
    for person in (5, 4):
        await desk.do(pool, "attach", profile_id=person)
    holders = await desk.get(pool, "/holders")
    assert [one["profile_id"] for one in holders["items"]] == [4, 5]
    await desk.do(pool, "detach", code=f"U{pool['id']}", profile_id=4)
    assert (await desk.get(pool))["figures"]["given"] == 1


async def test_settings_change_with_a_version_and_are_copied(desk: Desk) -> None:
    pool = await desk.pool(warn_below=5)
    path = f"{POOLS}/{pool['id']}"
    changed = await ok(await desk.api.patch(path, json={"name": "Summer", "version": pool["version"]}))
    assert (changed["name"], changed["warn_below"]) == ("Summer", 5)
    late = await desk.api.patch(path, json={"name": "Autumn", "version": pool["version"]})
    assert late.status_code == 409
    assert (await desk.api.patch(path, json={"kind": "universal"})).status_code == 422
    copy = await ok(await desk.api.post(f"{path}/clone", json={}), 201)
    assert (copy["name"], copy["pattern"]) == ("Summer (copy)", pool["pattern"])
    assert copy["short_name"] != pool["short_name"]
    assert (await desk.api.delete(path)).status_code == 204
    listed = await ok(await desk.api.get(POOLS, params={"database": desk.vault.database, "limit": 200}))
    assert pool["id"] not in [one["id"] for one in listed["items"]]
    assert (await desk.refused(pool, "codes", count=1))[0] == 409
    await ok(await desk.api.post(f"{path}/restore"))


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"short_name": "Not good"}, "/short_name"),
        ({"name": " "}, "/name"),
        ({"pattern": "##"}, "/pattern"),
        ({"pattern": None}, "/pattern"),
        ({"expiry": {"kind": "after", "period": "soon"}}, "/expiry/period"),
        ({"expiry": {"kind": "fixed"}}, "/expiry/at"),
        ({"max_uses": 0}, "/max_uses"),
        ({"valid_from": "2027-01-02T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}, "/valid_until"),
        ({"way": "remote"}, "/remote_url"),
        ({"way": "remote", "remote_url": "http://127.0.0.1/codes"}, "/remote_url"),
        ({"fields": [{"key": "code", "name": "Code"}]}, "/fields/0/key"),
        ({"database_id": 99_999}, "/database_id"),
        ({"code_limit": 0}, "/code_limit"),
    ],
)
async def test_bad_settings_are_refused_at_their_field(desk: Desk, wrong: dict[str, Any], pointer: str) -> None:
    reply = await desk.api.post(POOLS, json=desk.body(**wrong))
    assert reply.status_code == 422, reply.text
    assert pointer in [error["pointer"] for error in reply.json()["errors"]]


class _Shop(BaseHTTPRequestHandler):
    """A service that makes codes, and remembers what it was asked."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append({**body, "key": self.headers["x-key"]})
        start = len(self.asked) * 1_000
        codes = [f"R{self.server.server_port}-{start + n}" for n in range(body["count"] + 2)]
        made = msgspec.json.encode({"codes": [{"code": codes[0], "extra": {}}, *codes[1:]]})
        self.send_response(200)
        self.send_header("content-length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


async def test_a_service_makes_codes(desk: Desk, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    security = msgspec.structs.replace(engines.settings.security, allow_private_addresses=True)
    monkeypatch.setattr(engines, "settings", msgspec.structs.replace(engines.settings, security=security))
    handler = type("Shop", (_Shop,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        pool = await desk.pool(
            way="remote",
            pattern=None,
            remote_url=f"http://127.0.0.1:{server.server_port}/codes",
            remote_headers={"X-Key": "secret"},
            remote_batch=40,
            warn_below=10,
            mailings_create=True,
        )
        assert pool["remote_header_names"] == ["X-Key"]
        assert "secret" not in json.dumps(pool)
        await desk.do(pool, "codes", 202, count=100)
        await run_jobs(engines)
        batch = (await desk.get(pool, "/batches"))["items"][0]
        assert (batch["state"], batch["made"]) == ("done", 100)
        assert [one["count"] for one in handler.asked] == [40, 40, 20]
        assert {one["key"] for one in handler.asked} == {"secret"}
        assert len({one["request"] for one in handler.asked}) == 3
        # It runs dry: more are fetched by themselves, because mailings may make codes.
        await desk.vault.give(_as_pool(pool), "run:r", range(1, 96))
        await watch(engines)
        await run_jobs(engines)
        assert (await desk.get(pool))["figures"]["made"] == 140
    finally:
        server.shutdown()
        server.server_close()


def _as_pool(pool: dict[str, Any]) -> Any:
    return type("Pool", (), {"id": pool["id"]})


async def test_people_are_warned_once_before_a_pool_runs_dry(desk: Desk, engines: Engines) -> None:
    pool = await desk.pool(name="Vouchers", warn_below=2)
    await desk.do(pool, "codes/import", items=[{"code": f"W{pool['id']}-{n}"} for n in range(4)])

    async def told() -> list[str]:
        await watch(engines)
        async with engines.tx() as tx:
            return [one.title for one in await notices.open_notices(tx) if one.kind.endswith(f"low.{pool['id']}")]

    assert await told() == []
    await desk.do(pool, "attach", profile_id=1)
    await desk.do(pool, "attach", profile_id=2)
    assert await told() == ["Promo codes of Vouchers: 2 codes are left"]
    seen = await desk.get(pool)
    assert seen["low"] is True
    await desk.do(pool, "codes/import", items=[{"code": f"W{pool['id']}-X{n}"} for n in range(9)])
    await watch(engines)
    assert (await desk.get(pool))["low"] is False


async def test_rights(desk: Desk, engines: Engines) -> None:
    from tests.conftest import api_client

    pool = await desk.pool()
    async with api_client(engines, roles=("viewer",)) as viewer:
        assert (await viewer.get(f"{POOLS}/{pool['id']}")).status_code == 200
        assert (await viewer.post(f"{POOLS}/{pool['id']}/codes", json={"count": 1})).status_code == 403
        assert (await viewer.post(POOLS, json=desk.body())).status_code == 403
        assert (await viewer.post(f"{POOLS}/{pool['id']}/attach", json={"profile_id": 1})).status_code == 403
