"""Users, their sessions, and who may change whom."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar

from fidelia.access import Actor, ensure_admin
from fidelia.platform.engines import Engines
from tests.access.conftest import PASSWORD, MakeUser, browser, sign_in, signed_in

pytestmark = pytest.mark.usefixtures("clean")


async def test_the_first_user_is_made_once(engines: Engines, app: Litestar) -> None:
    async def first() -> tuple[str, str] | None:
        async with engines.tx() as tx:
            return await ensure_admin(tx)

    made = [m for m in await asyncio.gather(first(), first(), first()) if m is not None]
    assert len(made) == 1
    email, password = made[0]
    assert email == "admin@localhost"
    async with browser(app) as client:
        reply = await sign_in(client, email, password)
        assert reply.json()["roles"] == ["owner"]
    assert await first() is None


async def test_create_list_change(app: Litestar, make_user: MakeUser) -> None:
    owner = await make_user(email="zoe@example.com")
    async with signed_in(app, owner) as client:
        body: dict[str, Any] = {"email": " Anna@Example.COM", "name": "Anna", "roles": ["viewer", "marketer", "viewer"]}
        made = await client.post("/api/v1/users", json=body)
        assert made.status_code == 201
        user, password = made.json()["user"], made.json()["password"]
        assert user["email"] == "anna@example.com"
        assert user["roles"] == ["marketer", "viewer"]
        assert user["last_seen_at"] is None
        assert "hash" not in str(user)
        async with browser(app, "10.0.0.3") as anna:
            assert (await sign_in(anna, "anna@example.com", password)).status_code == 200
        again = await client.post("/api/v1/users", json=body)
        assert again.status_code == 409
        assert again.json()["errors"][0]["pointer"] == "/email"
        assert "enter another" in again.json()["errors"][0]["message"]
        path = f"/api/v1/users/{user['id']}"
        changed = (await client.patch(path, json={"name": "Anna Krag"})).json()
        assert changed["name"] == "Anna Krag"
        assert changed["roles"] == ["marketer", "viewer"]
        assert changed["sessions"] == 1
        assert changed["last_seen_at"] is not None
        taken = await client.patch(path, json={"email": "ZOE@example.com"})
        assert taken.status_code == 409
        assert (await client.get("/api/v1/users/999999")).status_code == 404
        assert (await client.get("/api/v1/users/99999999999999999999999")).status_code in {404, 422}
        found = (await client.get("/api/v1/users", params={"q": "krag"})).json()
        assert {u["email"] for u in found["items"]} == {"anna@example.com", "zoe@example.com"}


async def test_bad_users_are_refused_with_the_field(app: Litestar, make_user: MakeUser) -> None:
    owner = await make_user()
    good = {"email": "a@example.com", "roles": ["viewer"]}
    async with signed_in(app, owner) as client:
        for change, pointer in (
            ({"email": "nope"}, "/email"),
            ({"email": 5}, "/email"),
            ({"roles": []}, "/roles"),
            ({"roles": ["viewer", "king"]}, "/roles/1"),
            ({"name": "  "}, "/name"),
            ({"name": "a\u0000b"}, "/name"),
            ({"password": "short"}, "/password"),
            ({"rank": 1}, "/rank"),
        ):
            reply = await client.post("/api/v1/users", json={**good, **change})
            assert reply.status_code == 422, change
            assert reply.json()["errors"][0]["pointer"] == pointer
        assert (await client.get("/api/v1/users")).json()["total"] == 1


async def test_pages_in_every_order(app: Litestar, make_user: MakeUser) -> None:
    owner = await make_user(email="b0@example.com")
    for n in range(6):
        await make_user(["viewer"], email=f"a{n}@example.com")
    async with signed_in(app, owner) as client:
        for sort in ("name", "-name", "email", "-email", "created_at", "-created_at", "last_seen_at", "-last_seen_at"):
            seen: list[int] = []
            cursor = None
            while True:
                params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
                page = (await client.get("/api/v1/users", params=params)).json()
                assert page["total"] == 7
                seen += [u["id"] for u in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert sorted(seen) == sorted(set(seen))
            assert len(seen) == 7
        emails = [u["email"] for u in (await client.get("/api/v1/users", params={"sort": "-email"})).json()["items"]]
        assert emails == sorted(emails, reverse=True)
        assert (await client.get("/api/v1/users", params={"sort": "password_hash"})).status_code == 422
        assert (await client.get("/api/v1/users", params={"cursor": "bm90"})).status_code == 422
        assert (await client.get("/api/v1/users", params={"role": "owner"})).json()["total"] == 1
        assert (await client.get("/api/v1/users", params={"disabled": "true"})).json()["total"] == 0


async def test_the_last_owner_stays(app: Litestar, make_user: MakeUser) -> None:
    owner, other = await make_user(), await make_user()
    async with signed_in(app, owner) as client:
        assert (await client.patch(f"/api/v1/users/{other.id}", json={"roles": ["viewer"]})).status_code == 200
        for reply in (
            await client.patch(f"/api/v1/users/{owner.id}", json={"roles": ["marketer"]}),
            await client.post(f"/api/v1/users/{owner.id}/disable"),
        ):
            assert reply.status_code == 409
            assert "last owner" in reply.json()["detail"]
        assert (await client.patch(f"/api/v1/users/{other.id}", json={"roles": ["owner"]})).status_code == 200
        assert (await client.post(f"/api/v1/users/{owner.id}/disable")).status_code == 200


async def test_two_owners_cannot_leave_at_the_same_moment(app: Litestar, make_user: MakeUser) -> None:
    a, b = await make_user(), await make_user()
    async with signed_in(app, a) as one, signed_in(app, b) as two:
        replies = await asyncio.gather(
            one.post(f"/api/v1/users/{a.id}/disable"), two.post(f"/api/v1/users/{b.id}/disable")
        )
    assert sorted(r.status_code for r in replies) == [200, 409]


async def test_sessions_are_listed_and_ended(app: Litestar, make_user: MakeUser) -> None:
    owner, user = await make_user(), await make_user(["viewer"])
    async with (
        signed_in(app, owner) as boss,
        signed_in(app, user, "10.0.0.4") as here,
        signed_in(app, user, "10.0.0.5") as there,
    ):
        mine = (await here.get("/api/v1/auth/sessions")).json()["items"]
        assert {s["address"] for s in mine} == {"10.0.0.4", "10.0.0.5"}
        assert [s["address"] for s in mine if s["current"]] == ["10.0.0.4"]
        assert not any("digest" in s for s in mine)
        seen = (await boss.get(f"/api/v1/users/{user.id}/sessions")).json()["items"]
        assert {s["id"] for s in seen} == {s["id"] for s in mine}
        foreign = (await boss.get("/api/v1/auth/sessions")).json()["items"][0]["id"]
        assert (await here.delete(f"/api/v1/auth/sessions/{foreign}")).status_code == 404
        other = next(s["id"] for s in mine if not s["current"])
        assert (await here.delete(f"/api/v1/auth/sessions/{other}")).status_code == 204
        assert (await there.get("/api/v1/auth/me")).status_code == 401
        assert (await sign_in(there, user.email)).status_code == 200
        assert (await here.delete("/api/v1/auth/sessions")).status_code == 204
        assert (await there.get("/api/v1/auth/me")).status_code == 401
        assert (await here.get("/api/v1/auth/me")).status_code == 200
        assert (await boss.delete(f"/api/v1/users/{user.id}/sessions")).status_code == 204
        assert (await here.get("/api/v1/auth/me")).status_code == 401
        assert (await boss.delete(f"/api/v1/users/{user.id}/sessions/1234567")).status_code == 404


async def test_a_set_password_ends_the_sessions(app: Litestar, make_user: MakeUser) -> None:
    owner, user = await make_user(), await make_user(["viewer"])
    async with signed_in(app, owner) as boss, signed_in(app, user) as client:
        reply = await boss.post(f"/api/v1/users/{user.id}/password", json={})
        generated = reply.json()["password"]
        assert len(generated) >= 20
        assert (await client.get("/api/v1/auth/me")).status_code == 401
        assert (await sign_in(client, user.email, generated)).status_code == 200
        chosen = await boss.post(f"/api/v1/users/{user.id}/password", json={"password": PASSWORD})
        assert chosen.json()["password"] is None
        assert (await sign_in(client, user.email)).status_code == 200


async def _token(client: httpx.AsyncClient, rights: list[str]) -> dict[str, str]:
    made = await client.post("/api/v1/tokens", json={"name": "t", "rights": rights})
    return {"Authorization": f"Bearer {made.json()['secret']}"}


async def test_nobody_gives_or_takes_more_than_they_hold(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    owner = await make_user()
    async with signed_in(app, owner) as client, browser(app) as plain:
        headers = await _token(client, ["users:create", "users:update", "users:delete", "tokens:create"])
        for reply in (
            await plain.post("/api/v1/users", json={"email": "x@example.com", "roles": ["owner"]}, headers=headers),
            await plain.patch(f"/api/v1/users/{owner.id}", json={"name": "Mallory"}, headers=headers),
            await plain.post(f"/api/v1/users/{owner.id}/password", json={}, headers=headers),
            await plain.post(f"/api/v1/users/{owner.id}/disable", headers=headers),
            await plain.post("/api/v1/tokens", json={"name": "more", "roles": ["viewer"]}, headers=headers),
        ):
            assert reply.status_code == 403
    async with engines.tx() as tx:
        assert await tx.scalar(sa.text("select count(*) from app_user")) == 1
        assert await tx.scalar(sa.text("select count(*) from api_token")) == 1


async def test_changed_roles_hold_at_once(app: Litestar, make_user: MakeUser) -> None:
    owner, user = await make_user(), await make_user(["viewer"])
    async with signed_in(app, owner) as boss, signed_in(app, user) as client:
        refused = await client.get("/api/v1/users")
        assert refused.status_code == 403
        assert "users:read" in refused.json()["detail"]
        assert "Owner" in refused.json()["detail"]
        await boss.patch(f"/api/v1/users/{user.id}", json={"roles": ["owner"]})
        assert (await client.get("/api/v1/users")).status_code == 200


def test_system_and_command_line_may_do_everything() -> None:
    Actor.system().require("settings:update")
    Actor.cli().require("users:delete")
    assert Actor.system().key == "system"
