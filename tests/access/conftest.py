"""People of the access tests, and clients that behave like a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from litestar import Litestar

from fidelia.access import Actor, UserOut, create_user, passwords
from fidelia.kernel.ids import random_id
from fidelia.platform.engines import Engines

from ..application import application

PASSWORD = "correct horse 42"
MakeUser = Callable[..., Awaitable[UserOut]]


@pytest.fixture(autouse=True)
def quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real algorithm with small parameters: these tests are about what surrounds it."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(passwords, "_unknown", [])


@pytest.fixture(scope="module")
def app(engines: Engines) -> Iterator[Litestar]:
    with application(engines) as lent:
        yield lent


@pytest.fixture
def make_user(engines: Engines) -> MakeUser:
    async def make(roles: Sequence[str] = ("owner",), email: str | None = None) -> UserOut:
        async with engines.tx() as tx:
            user, _ = await create_user(
                tx,
                Actor.system(),
                email=email or f"{random_id(8)}@example.com",
                name="Anna Krag",
                roles=roles,
                password=PASSWORD,
            )
        return user

    return make


@asynccontextmanager
async def browser(app: Litestar, address: str = "10.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    reply = await client.post("/api/v1/auth/login", json={"email": email, "password": password})
    if reply.status_code == 200:
        client.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
    return reply


@asynccontextmanager
async def signed_in(app: Litestar, user: UserOut, address: str = "10.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app, address) as client:
        assert (await sign_in(client, user.email)).status_code == 200
        yield client


@pytest.fixture
async def clean(engines: Engines) -> None:
    """No users, sessions, tokens or attempts before the test."""
    async with engines.tx() as tx:
        await tx.execute(sa.text("truncate app_user, session, api_token, login_attempt restart identity cascade"))
