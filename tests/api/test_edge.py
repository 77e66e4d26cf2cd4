"""The edge: strict bodies, problem documents, commit before the reply, rollback on refusal, idempotency."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from litestar import Litestar, post
from litestar.datastructures import State
from litestar.di import Provide

from fidelia.kernel.errors import conflict
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, EdgeMiddleware, Strict, exception_handlers, provide_page, provide_tx
from fidelia.platform.postgres import Tx


class Inner(Body, frozen=True):
    op: str
    value: int


class Thing(Body, frozen=True):
    name: str
    of: list[Inner] = []
    note: str | msgspec.UnsetType = msgspec.UNSET


@post("/things", dto=Strict[Thing], return_dto=None)
async def make_thing(data: Thing, tx: Tx) -> dict[str, Any]:
    await tx.execute(sa.text("insert into thing (name) values (:n)"), {"n": data.name})
    if data.name == "refused":
        raise conflict("No such thing")
    if data.name == "broken":
        raise ZeroDivisionError
    return {"count": await tx.scalar(sa.text("select count(*) from thing"))}


@pytest.fixture(scope="module")
async def client(engines: Engines) -> AsyncIterator[httpx.AsyncClient]:
    async with engines.tx() as tx:
        await tx.execute(sa.text("create table thing (id bigint generated always as identity, name text unique)"))
    app = Litestar(
        [make_thing],
        state=State({"engines": engines}),
        middleware=[EdgeMiddleware()],
        dependencies={"tx": Provide(provide_tx), "page": Provide(provide_page)},
        exception_handlers=exception_handlers,
        request_max_body_size=10_000_000,
        logging_config=None,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def count(engines: Engines, name: str) -> int:
    async with engines.tx() as tx:
        return int(await tx.scalar(sa.text("select count(*) from thing where name = :n"), {"n": name}))


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ('{"name":1}', 422, "/name"),
        ('{"name":"a","of":[{"op":"x","value":"2"}]}', 422, "/of/0/value"),
        ('{"name":"a","of":[{"op":"x"}]}', 422, "/of/0/value"),
        ('{"name":"a","zzz":1}', 422, "/zzz"),
        ("{}", 422, "/name"),
        ('{"name":', 400, None),
        ("", 400, None),
        ('{"name":"\\ud800"}', 400, None),
    ],
)
async def test_strict_bodies(client: httpx.AsyncClient, body: str, status: int, pointer: str | None) -> None:
    reply = await client.post("/things", content=body.encode("utf-8", "surrogatepass"))
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    problem = reply.json()
    assert {"type", "title", "status", "detail", "errors", "request_id"} <= set(problem)
    if pointer:
        assert problem["errors"][0]["pointer"] == pointer


async def test_refusals_roll_back(client: httpx.AsyncClient, engines: Engines) -> None:
    assert (await client.post("/things", json={"name": "refused"})).status_code == 409
    assert (await client.post("/things", json={"name": "broken"})).status_code == 500
    assert await count(engines, "refused") + await count(engines, "broken") == 0


async def test_a_conflict_in_the_database_is_told_as_one(client: httpx.AsyncClient) -> None:
    assert (await client.post("/things", json={"name": "twice"})).status_code == 201
    reply = await client.post("/things", json={"name": "twice"})
    assert reply.status_code == 409
    assert "twice" in reply.json()["detail"]


async def test_a_nul_character_is_refused(client: httpx.AsyncClient) -> None:
    reply = await client.post("/things", json={"name": "a\x00b"})
    assert reply.status_code == 422


async def test_a_large_body_is_refused(client: httpx.AsyncClient) -> None:
    reply = await client.post("/things", content=b'{"name":"' + b"x" * 11_000_000 + b'"}')
    assert reply.status_code == 413


async def test_idempotency(client: httpx.AsyncClient, engines: Engines) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await client.post("/things", json={"name": "once"}, headers=headers)
    again = await client.post("/things", json={"name": "once"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    other = await client.post("/things", json={"name": "other"}, headers=headers)
    assert other.status_code == 409
    assert await count(engines, "once") == 1
    assert await count(engines, "other") == 0


async def test_a_refused_request_may_be_sent_again_with_its_key(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k2"}
    assert (await client.post("/things", json={"name": "refused"}, headers=headers)).status_code == 409
    assert (await client.post("/things", json={"name": "refused"}, headers=headers)).json()["detail"] == "No such thing"


async def test_equal_requests_at_once_are_done_once(client: httpx.AsyncClient, engines: Engines) -> None:
    headers = {"Idempotency-Key": "k3"}
    replies = await asyncio.gather(*(client.post("/things", json={"name": "race"}, headers=headers) for _ in range(12)))
    assert {r.status_code for r in replies} == {201}
    assert len({r.content for r in replies}) == 1
    assert await count(engines, "race") == 1
