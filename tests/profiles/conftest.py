"""A database to work with, and shortcuts that read as sentences."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fidelia.access import Actor, create_token
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, create_database

from ..application import application

SYSTEM = Actor.system()
_numbers = itertools.count(1)

EVERY_TYPE: tuple[Field, ...] = (
    Field(name="nick", type="string", unique=True),
    Field(name="code", type="string", validator="[A-Z]{2}[0-9]+"),
    Field(name="age", type="integer"),
    Field(name="score", type="float"),
    Field(name="vip", type="boolean"),
    Field(name="since", type="date"),
    Field(name="seen_at", type="datetime"),
    Field(name="level", type="enum", options=("gold", "silver", "Ønsket")),
    Field(name="likes", type="tags"),
    Field(name="last_ip", type="ip"),
    Field(name="car", type="object"),
    Field(name="kids", type="objects"),
)


def name() -> str:
    """A name that nobody has used."""
    return f"db {next(_numbers)}"


async def new_database(engines: Engines, *fields: Field, **more: Any) -> Database:
    async with engines.tx() as tx:
        return await create_database(tx, SYSTEM, name=name(), fields=fields, **more)


@pytest.fixture
async def database(engines: Engines) -> Database:
    """A new database with a field of every type."""
    return await new_database(engines, *EVERY_TYPE)


@pytest.fixture(scope="module")
async def api(engines: Engines) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application with an owner's token."""
    async with engines.tx() as tx:
        token = await create_token(tx, SYSTEM, name="tests", roles=["owner"])
    headers = {"Authorization": f"Bearer {token.secret}"}
    with application(engines) as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as client:
            yield client
