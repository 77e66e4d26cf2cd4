"""A database to work with, and shortcuts that read as sentences."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, create_database

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


async def new_database(engines: Engines, *fields: Field, **more: Any) -> Database:
    async with engines.tx() as tx:
        return await create_database(tx, SYSTEM, name=f"db {next(_numbers)}", fields=fields, **more)


@pytest.fixture
async def database(engines: Engines) -> AsyncIterator[Database]:
    """A new database with a field of every type."""
    yield await new_database(engines, *EVERY_TYPE)
