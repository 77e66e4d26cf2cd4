"""API tokens: shown once, stored hashed, expired, revoked, cheap to check."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from litestar import Litestar

from fidelia.access import Actor, create_token, verify_token
from fidelia.access.credentials import memory
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.runfile import TOKEN_VARIABLE, new_token
from tests.access.conftest import MakeUser, browser, signed_in
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("clean")
ME = "/api/v1/auth/me"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def test_a_token_is_shown_once_and_stored_hashed(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with signed_in(app, owner) as client, browser(app) as plain:
        body = {"name": "Shop", "roles": ["integrator"], "rights": ["audit:read"]}
        made = await client.post("/api/v1/tokens", json=body)
        assert made.status_code == 201
        secret, token = made.json()["secret"], made.json()["token"]
        assert secret.startswith("fid_")
        assert secret.startswith(token["prefix"])
        assert len(token["prefix"]) == 10
        assert token["created_by"] == "Anna Krag"
        listed = await client.get("/api/v1/tokens")
        assert secret not in listed.text
        one = await client.get(f"/api/v1/tokens/{token['id']}")
        assert one.json() == token
        me = (await plain.get(ME, headers=bearer(secret))).json()
        assert me["kind"] == "token"
        assert me["name"] == "Shop"
        assert "profiles:update" in me["rights"]
        assert "audit:read" in me["rights"]
        assert "users:read" not in me["rights"]
        assert me["csrf_token"] is None
    async with engines.tx() as tx:
        assert secret.encode() not in bytes(await tx.scalar(sa.text("select digest from api_token")))


async def test_a_bearer_needs_no_csrf_token_and_gets_no_cookie(app: Litestar, engines: Engines) -> None:
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "ci", ["owner"])
    async with browser(app) as client:
        body = {"email": "by-token@example.com", "roles": ["viewer"]}
        reply = await client.post("/api/v1/users", json=body, headers=bearer(made.secret))
        assert reply.status_code == 201
        assert "set-cookie" not in reply.headers


async def test_a_repeated_request_makes_one_token_and_keeps_no_secret(app: Litestar, engines: Engines) -> None:
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "ci", ["owner"])
    headers = bearer(made.secret) | {"Idempotency-Key": "once"}
    async with browser(app) as client:
        first = await client.post("/api/v1/tokens", json={"name": "x", "roles": ["viewer"]}, headers=headers)
        again = await client.post("/api/v1/tokens", json={"name": "x", "roles": ["viewer"]}, headers=headers)
    assert first.json()["secret"].startswith("fid_")
    assert again.json() == first.json() | {"secret": None}
    async with engines.tx() as tx:
        assert first.json()["secret"] not in str(
            await tx.all(sa.text("select convert_from(reply, 'utf8') from idempotency"))
        )


async def test_bad_tokens_are_refused_with_the_field(app: Litestar, make_user: MakeUser) -> None:
    owner = await make_user()
    async with signed_in(app, owner) as client:
        for body, pointer in (
            ({"name": "x"}, "/roles"),
            ({"name": "", "roles": ["viewer"]}, "/name"),
            ({"name": "x", "roles": ["god"]}, "/roles/0"),
            ({"name": "x", "rights": ["users:read", "users:fly"]}, "/rights/1"),
            ({"name": "x", "roles": ["viewer"], "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
            ({"name": "x", "roles": ["viewer"], "expires_at": "2030-01-01T00:00:00"}, "/expires_at"),
            ({"name": "x", "roles": ["viewer"], "expires_at": "soon"}, "/expires_at"),
        ):
            reply = await client.post("/api/v1/tokens", json=body)
            assert reply.status_code == 422, body
            assert reply.json()["errors"][0]["pointer"] == pointer


async def test_an_expired_token_is_refused_even_when_remembered(
    app: Litestar, engines: Engines, clock: FixedClock
) -> None:
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "short", ["viewer"], expires_at=NOW + timedelta(minutes=5))
    async with browser(app) as client:
        assert (await client.get(ME, headers=bearer(made.secret))).status_code == 200
        clock.advance(timedelta(minutes=5))
        assert (await client.get(ME, headers=bearer(made.secret))).status_code == 401
        memory(engines).clear()
        refused = await client.get(ME, headers=bearer(made.secret))
        assert refused.status_code == 401
        assert "expired" in refused.json()["detail"]


async def test_a_revoked_token_is_refused(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "gone", ["viewer"])
    async with signed_in(app, owner) as client, browser(app) as plain:
        assert (await plain.get(ME, headers=bearer(made.secret))).status_code == 200
        path = f"/api/v1/tokens/{made.token.id}"
        revoked = await client.delete(path)
        assert revoked.status_code == 200
        assert revoked.json()["revoked_at"] is not None
        assert (await plain.get(ME, headers=bearer(made.secret))).status_code == 401
        assert (await client.delete(path)).status_code == 409
        assert (await client.delete("/api/v1/tokens/99999")).status_code == 404
        listed = (await client.get("/api/v1/tokens", params={"revoked": "true"})).json()["items"]
        assert [t["id"] for t in listed] == [made.token.id]
        assert (await client.get("/api/v1/tokens", params={"revoked": "false"})).json()["total"] == 0


async def test_last_use_is_noted_at_most_once_a_minute(engines: Engines, clock: FixedClock) -> None:
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "used", ["viewer"])

    async def use() -> object:
        memory(engines).clear()
        assert await verify_token(engines, made.secret) is not None
        async with engines.tx() as tx:
            return await tx.scalar(sa.text("select last_used_at from api_token"))

    assert await use() == NOW
    clock.advance(timedelta(seconds=59))
    assert await use() == NOW
    clock.advance(timedelta(seconds=1))
    assert await use() == NOW + timedelta(seconds=60)


async def test_a_busy_token_is_looked_up_rarely(engines: Engines) -> None:
    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "busy", ["viewer"])
    first = await verify_token(engines, made.secret)
    assert await verify_token(engines, made.secret) is first
    assert await verify_token(engines, made.secret + "x") is None


async def test_the_local_token_of_this_run(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    local = new_token()
    async with browser(app) as client:
        assert (await client.get(ME, headers=bearer(local))).status_code == 401
        monkeypatch.setenv(TOKEN_VARIABLE, local)
        me = (await client.get(ME, headers=bearer(local))).json()
        assert me["kind"] == "cli"
        assert (await client.get("/api/v1/users", headers=bearer(local))).status_code == 200
        monkeypatch.setenv(TOKEN_VARIABLE, "")
        assert (await client.get(ME, headers={"Authorization": "Bearer "})).status_code == 401


async def test_tokens_are_paged(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with engines.tx() as tx:
        for n in range(5):
            await create_token(tx, Actor.system(), f"number {n}", ["viewer"])
    async with signed_in(app, owner) as client:
        first = (await client.get("/api/v1/tokens", params={"limit": 3})).json()
        rest = (await client.get("/api/v1/tokens", params={"limit": 3, "cursor": first["next_cursor"]})).json()
        assert [t["name"] for t in first["items"] + rest["items"]] == [f"number {n}" for n in (4, 3, 2, 1, 0)]
        assert rest["next_cursor"] is None
        found = (await client.get("/api/v1/tokens", params={"q": "NUMBER 3"})).json()
        assert found["total"] == 1
