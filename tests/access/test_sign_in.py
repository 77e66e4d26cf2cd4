"""Signing in: cookies, forged requests, guessing, the end of sessions."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from litestar import Litestar

from fidelia.access import Actor, create_user, csrf_token, disable_user, passwords
from fidelia.api.app import create_app
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from tests.access.conftest import PASSWORD, MakeUser, browser, sign_in, signed_in

pytestmark = pytest.mark.usefixtures("clean")


async def test_sign_in_sets_two_cookies_with_the_right_flags(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user(["marketer"])
    async with browser(app) as client:
        reply = await sign_in(client, user.email.upper())
        assert reply.status_code == 200
        session, csrf = sorted(reply.headers.get_list("set-cookie"), key=lambda c: "csrf" in c)
        assert session.startswith("fidelia_session=")
        assert "httponly" in session.lower()
        assert "samesite=lax" in session.lower()
        assert "path=/" in session.lower()
        assert "secure" not in session.lower()
        assert "httponly" not in csrf.lower()
        assert "samesite=lax" in csrf.lower()
        body = reply.json()
        assert body["roles"] == ["marketer"]
        assert "mailings:run" in body["rights"]
        assert "users:read" not in body["rights"]
        assert body["csrf_token"] == client.cookies["fidelia_csrf"] == csrf_token(client.cookies["fidelia_session"])
        me = (await client.get("/api/v1/auth/me")).json()
        assert me == body


async def test_cookies_are_secure_behind_https(engines: Engines, make_user: MakeUser) -> None:
    user = await make_user()
    before = engines.settings
    engines.settings = before.replace("server", public_url="https://crm.example.com")
    try:
        async with browser(create_app(engines)) as client:
            reply = await sign_in(client, user.email)
            assert all("secure" in c.lower() for c in reply.headers.get_list("set-cookie"))
    finally:
        engines.settings = before


async def test_only_hashes_are_stored(app: Litestar, engines: Engines, make_user: MakeUser) -> None:
    user = await make_user()
    async with signed_in(app, user) as client:
        secret = client.cookies["fidelia_session"]
    async with engines.tx() as tx:
        digest = await tx.scalar(sa.text("select digest from session"))
        stored = await tx.scalar(sa.text("select password_hash from app_user"))
    assert secret.encode() not in bytes(digest)
    assert len(digest) == 32
    assert stored.startswith("$argon2id$")


async def test_unsafe_methods_need_the_csrf_token(app: Litestar, make_user: MakeUser) -> None:
    owner = await make_user()
    async with signed_in(app, owner) as client:
        token = client.headers.pop("X-CSRF-Token")
        body = {"email": "new@example.com", "roles": ["viewer"]}
        refused = await client.post("/api/v1/users", json=body)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert "X-CSRF-Token" in refused.json()["detail"]
        for wrong in ("", token[:-1] + ("0" if token[-1] != "0" else "1"), "é".encode().decode("latin-1")):
            again = await client.post("/api/v1/users", json=body, headers={"X-CSRF-Token": wrong.encode("latin-1")})
            assert again.status_code == 403
        assert (await client.get("/api/v1/users")).status_code == 200
        assert (await client.post("/api/v1/users", json=body, headers={"X-CSRF-Token": token})).status_code == 201


async def test_a_page_of_another_site_cannot_sign_in(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user()
    async with browser(app) as client:
        client.headers["Sec-Fetch-Site"] = "cross-site"
        assert (await sign_in(client, user.email)).status_code == 403


async def test_refusal_does_not_say_which_half_was_wrong(app: Litestar, make_user: MakeUser, engines: Engines) -> None:
    user, closed = await make_user(), await make_user(["viewer"])
    async with engines.tx() as tx:
        await disable_user(tx, Actor.system(), closed.id)
    async with browser(app) as client:
        replies = [
            await sign_in(client, user.email, "wrong password"),
            await sign_in(client, "nobody@example.com", PASSWORD),
            await sign_in(client, closed.email, PASSWORD),
            await sign_in(client, "not an address\x00", PASSWORD),
            await sign_in(client, user.email, "x" * 900),
        ]
        assert {r.status_code for r in replies} == {401}
        assert len({r.json()["detail"] for r in replies}) == 1
        assert all("set-cookie" not in r.headers for r in replies)


async def test_an_unknown_address_costs_the_same_work(
    app: Litestar, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_user()
    verified: list[str] = []
    real = passwords.hasher

    class Counting:
        hash = staticmethod(real.hash)
        check_needs_rehash = staticmethod(real.check_needs_rehash)

        @staticmethod
        def verify(stored: str, password: str) -> bool:
            verified.append(stored)
            return real.verify(stored, password)

    monkeypatch.setattr(passwords, "hasher", Counting)
    async with browser(app) as client:
        await sign_in(client, user.email, "wrong password")
        await sign_in(client, "nobody@example.com", "wrong password")
    assert len(verified) == 2
    assert verified[0].split("$")[:4] == verified[1].split("$")[:4]


async def test_guessing_is_slowed_down_and_opens_again(app: Litestar, make_user: MakeUser, clock: FixedClock) -> None:
    user = await make_user()
    async with browser(app) as client, browser(app, "10.0.0.2") as elsewhere:
        for _ in range(10):
            assert (await sign_in(client, user.email, "wrong password")).status_code == 401
            clock.advance(timedelta(seconds=1))
        refused = await sign_in(client, user.email, PASSWORD)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) == 290
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await sign_in(elsewhere, user.email, PASSWORD)).status_code == 200
        clock.advance(timedelta(seconds=290))
        assert (await sign_in(client, user.email, PASSWORD)).status_code == 200


async def test_one_address_cannot_try_many_people(app: Litestar) -> None:
    async with browser(app, "10.0.0.9") as client:
        statuses = [(await sign_in(client, f"p{n}@example.com", "guess guess")).status_code for n in range(51)]
    assert statuses == [401] * 50 + [429]


async def test_attempts_at_the_same_moment_count_as_well(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user()
    async with browser(app, "10.0.0.8") as client:
        replies = await asyncio.gather(*(sign_in(client, user.email, "wrong password") for _ in range(14)))
    assert sorted(r.status_code for r in replies) == [401] * 10 + [429] * 4


async def test_a_good_sign_in_forgets_the_attempts_before(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user()
    async with browser(app) as client:
        for _ in range(3):
            for _ in range(6):
                assert (await sign_in(client, user.email, "wrong password")).status_code == 401
            assert (await sign_in(client, user.email)).status_code == 200


async def test_sign_out_ends_the_session(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user()
    async with signed_in(app, user) as client:
        cookie = client.cookies["fidelia_session"]
        assert (await client.get("/api/v1/auth/me")).status_code == 200
        reply = await client.post("/api/v1/auth/logout")
        assert reply.status_code == 204
        assert all("max-age=0" in c.lower() for c in reply.headers.get_list("set-cookie"))
        client.cookies.set("fidelia_session", cookie)
        ended = await client.get("/api/v1/auth/me")
        assert ended.status_code == 401
        assert ended.json()["errors"] == []


async def test_a_session_ends_by_itself_and_lives_while_it_is_used(
    app: Litestar, make_user: MakeUser, clock: FixedClock, engines: Engines
) -> None:
    from fidelia.access.credentials import memory

    user = await make_user()

    async def ask(after: timedelta) -> int:
        clock.advance(after)
        memory(engines).clear()
        return (await client.get("/api/v1/auth/me")).status_code

    async with signed_in(app, user) as client:
        for _ in range(13):
            assert await ask(timedelta(hours=11)) == 200
        assert await ask(timedelta(hours=13)) == 401
    async with signed_in(app, user) as client:
        statuses = [await ask(timedelta(hours=11)) for _ in range(16)]
        assert statuses.index(401) == 15  # a week, used or not


async def test_a_disabled_user_is_out_at_once(app: Litestar, make_user: MakeUser) -> None:
    owner, user = await make_user(), await make_user(["viewer"])
    async with signed_in(app, owner) as boss, signed_in(app, user) as client:
        assert (await client.get("/api/v1/auth/me")).status_code == 200
        assert (await boss.post(f"/api/v1/users/{user.id}/disable")).status_code == 200
        assert (await client.get("/api/v1/auth/me")).status_code == 401
        assert (await sign_in(client, user.email)).status_code == 401
        assert (await boss.post(f"/api/v1/users/{user.id}/enable")).status_code == 200
        assert (await sign_in(client, user.email)).status_code == 200


async def test_old_hashes_are_renewed_at_sign_in(app: Litestar, engines: Engines) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1).hash(PASSWORD)
    async with engines.tx() as tx:
        user, _ = await create_user(tx, Actor.system(), email="old@example.com", name="Old", roles=["viewer"])
        await tx.execute(sa.text("update app_user set password_hash = :h where id = :i"), {"h": old, "i": user.id})
    async with browser(app) as client:
        assert (await sign_in(client, "old@example.com")).status_code == 200
        async with engines.tx() as tx:
            stored = await tx.scalar(sa.text("select password_hash from app_user"))
        assert not passwords.needs_rehash(stored)
        assert (await sign_in(client, "old@example.com")).status_code == 200


async def test_own_password(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user(["viewer"])
    async with signed_in(app, user) as here, signed_in(app, user) as there:
        path = "/api/v1/auth/password"
        for body, pointer in (
            ({"current": "not this", "password": "another horse 43"}, "/current"),
            ({"current": PASSWORD, "password": "short"}, "/password"),
            ({"current": PASSWORD, "password": "aaaaaaaaaaaaaa"}, "/password"),
            ({"current": PASSWORD, "password": user.email}, "/password"),
            ({"current": PASSWORD, "password": PASSWORD}, "/password"),
            ({"current": PASSWORD}, "/password"),
            ({"current": PASSWORD, "password": 5}, "/password"),
        ):
            reply = await here.post(path, json=body)
            assert reply.status_code == 422
            assert reply.json()["errors"][0]["pointer"] == pointer
        assert (await here.post(path, json={"current": PASSWORD, "password": "another horse 43"})).status_code == 204
        assert (await here.get("/api/v1/auth/me")).status_code == 200
        assert (await there.get("/api/v1/auth/me")).status_code == 401
        assert (await sign_in(there, user.email)).status_code == 401
        assert (await sign_in(there, user.email, "another horse 43")).status_code == 200


async def test_guessing_the_present_password_is_slowed_down(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user(["viewer"])
    async with signed_in(app, user) as client:
        body = {"current": "not this", "password": "another horse 43"}
        statuses = [(await client.post("/api/v1/auth/password", json=body)).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_other_cookies_of_the_host_do_not_disturb(app: Litestar, make_user: MakeUser) -> None:
    user = await make_user()
    async with signed_in(app, user) as client, browser(app) as plain:
        cookie = f'strange="a,b{{}}[]; x=(1); fidelia_session={client.cookies["fidelia_session"]}; z'
        assert (await plain.get("/api/v1/auth/me", headers={"Cookie": cookie})).status_code == 200


async def test_nobody_is_signed_in_without_credentials(app: Litestar) -> None:
    async with browser(app) as client:
        reply = await client.get("/api/v1/auth/me")
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        for value in ("Bearer", "Bearer ", "Bearer x", "Basic YTpi", "\xff"):
            reply = await client.get("/api/v1/auth/me", headers={"Authorization": value.encode("latin-1")})
            assert reply.status_code == 401
            assert reply.headers["content-type"] == "application/problem+json"
