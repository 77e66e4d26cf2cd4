"""The audit log: one entry per change, what was before and after, nothing secret, nothing removed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
import sqlalchemy as sa
from litestar import Litestar

from fidelia.access import Actor, audit
from fidelia.access.rules import changes
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from tests.access.conftest import PASSWORD, MakeUser, signed_in
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("clean")


async def _entries(engines: Engines) -> list[Any]:
    async with engines.tx() as tx:
        return list(await tx.all(sa.text("select * from audit_log order by id")))


@pytest.fixture(autouse=True)
async def empty(engines: Engines, clean: None) -> None:
    async with engines.tx() as tx:
        await tx.execute(sa.text("truncate audit_log restart identity"))


async def test_every_change_of_access_is_written(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with signed_in(app, owner, "10.0.0.7") as client:
        made = (await client.post("/api/v1/users", json={"email": "a@example.com", "roles": ["viewer"]})).json()
        path = f"/api/v1/users/{made['user']['id']}"
        await client.patch(path, json={"roles": ["analyst"], "name": "Ann"})
        await client.patch(path, json={"name": "Ann"})
        await client.post(f"{path}/password", json={})
        await client.post(f"{path}/disable")
        await client.post(f"{path}/disable")
        await client.post(f"{path}/enable")
        token = (await client.post("/api/v1/tokens", json={"name": "Shop", "roles": ["viewer"]})).json()
        await client.delete(f"/api/v1/tokens/{token['token']['id']}")
        await client.post("/api/v1/auth/password", json={"current": PASSWORD, "password": "another horse 43"})
    written = await _entries(engines)
    assert [(e.action, e.object_id) for e in written] == [
        ("user.created", str(owner.id)),
        ("user.created", str(made["user"]["id"])),
        ("user.updated", str(made["user"]["id"])),
        ("user.password_set", str(made["user"]["id"])),
        ("user.disabled", str(made["user"]["id"])),
        ("user.enabled", str(made["user"]["id"])),
        ("token.created", str(token["token"]["id"])),
        ("token.revoked", str(token["token"]["id"])),
        ("user.password_changed", str(owner.id)),
    ]
    assert written[0].actor_kind == "system"
    assert {(e.actor_kind, e.actor_id, e.actor_name, e.address) for e in written[1:]} == {
        ("user", owner.id, "Anna Krag", "10.0.0.7")
    }
    updated = written[2]
    assert updated.before == {"name": "a@example.com", "roles": ["viewer"]}
    assert updated.after == {"name": "Ann", "roles": ["analyst"]}
    everything = str(written)
    assert token["secret"] not in everything
    assert made["password"] not in everything
    assert "argon2" not in everything


async def test_refused_changes_are_not_written(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with signed_in(app, owner) as client:
        await client.post("/api/v1/users", json={"email": owner.email, "roles": ["viewer"]})
        await client.post(f"/api/v1/users/{owner.id}/disable")
    assert [e.action for e in await _entries(engines)] == ["user.created"]


async def test_the_log_only_grows(engines: Engines, make_user: MakeUser) -> None:
    await make_user()
    for statement in ("update audit_log set actor_name = 'x'", "delete from audit_log"):
        with pytest.raises(sa.exc.DBAPIError) as refused:
            async with engines.tx() as tx:
                await tx.execute(sa.text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.RaiseException)


async def test_filters_and_pages(app: Litestar, make_user: MakeUser, engines: Engines, clock: FixedClock) -> None:
    owner = await make_user()
    actor = Actor("token", 7, "Shop")
    for n in range(5):
        clock.advance(timedelta(hours=1))
        async with engines.tx() as tx:
            await audit(
                tx,
                actor if n % 2 else Actor.system(),
                "segment.updated" if n else "segment.created",
                kind="segment",
                object_id=n % 2,
                name=f"Buyers {n}",
                before={"limit": n, "name": "same"},
                after={"limit": n + 1, "name": "same"},
            )
    clock.set(NOW)
    async with signed_in(app, owner) as client:

        async def names(**params: Any) -> list[str]:
            reply = await client.get("/api/v1/audit", params={"kind": "segment", **params})
            assert reply.status_code == 200, reply.text
            return [e["object_name"].removeprefix("Buyers ") for e in reply.json()["items"]]

        assert await names() == ["4", "3", "2", "1", "0"]
        assert await names(object_id="1") == ["3", "1"]
        assert await names(actor_kind="token", actor_id=7) == ["3", "1"]
        assert await names(action="segment.created") == ["0"]
        assert await names(since="2026-11-16T14:00:00Z", until="2026-11-16T16:00:00Z") == ["2", "1"]
        assert await names(q="buyers 3") == ["3"]
        first = (await client.get("/api/v1/audit", params={"kind": "segment", "limit": 2})).json()
        assert first["items"][0]["before"] == {"limit": 4}
        assert first["items"][0]["after"] == {"limit": 5}
        assert await names(limit=2, cursor=first["next_cursor"]) == ["2", "1"]
        for bad in (
            {"since": "2026-11-16T14:00:00"},
            {"since": "yesterday"},
            {"actor_id": 2**40},
            {"actor_kind": "robot"},
            {"cursor": "!!"},
            {"cursor": "WyJ4Il0"},
            {"limit": 0},
            {"kind": "a\x00"},
        ):
            reply = await client.get("/api/v1/audit", params=bad)
            assert reply.status_code == 422, bad
            assert reply.json()["errors"], bad


async def test_entries_of_one_moment_keep_their_order(engines: Engines) -> None:
    async def write(n: int) -> None:
        async with engines.tx() as tx:
            await audit(tx, Actor.system(), "x.y", kind="x", object_id=n, name=None)

    await asyncio.gather(*(write(n) for n in range(6)))
    assert len({e.id for e in await _entries(engines)}) == 6


def test_only_differences_are_kept_and_secrets_are_blanked() -> None:
    class Smtp(msgspec.Struct):
        host: str
        password: str
        inner: dict[str, Any]

    before = Smtp("a", "one", {"client_secret": "x", "n": 1})
    after = Smtp("b", "two", {"client_secret": "y", "n": 1})
    assert changes(before, after) == (
        {"host": "a", "password": "•••", "inner": {"client_secret": "•••", "n": 1}},
        {"host": "b", "password": "•••", "inner": {"client_secret": "•••", "n": 1}},
    )
    assert changes(None, {"a": None}) == (None, {"a": None})
    assert changes({"a": 1}, {"a": 1, "b": None}) == ({}, {"b": None})
