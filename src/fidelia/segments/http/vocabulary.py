"""Routes of the vocabulary: what conditions of a database may speak of, and what the data holds of it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Controller, Request, get
from litestar.params import QueryParameter

from fidelia import conditions
from fidelia.conditions import VocabularyInfo
from fidelia.kernel.errors import unavailable
from fidelia.platform.clickhouse import ClickHouseUnavailable, QueryTimeout, QueryTooLarge
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..service import question, values
from .connection import while_connected

#: Suggestions help while typing; later than this they are of no use.
SECONDS = 5.0
T = TypeVar("T")

Database = Annotated[int, QueryParameter(name="database", description="The profile database")]
Event = Annotated[str | None, QueryParameter(name="event", description="A property of events of this type")]
Link = Annotated[str | None, QueryParameter(name="link", description="A field of the rows of this link")]


class Properties(msgspec.Struct, frozen=True):
    """Properties that were seen."""

    items: list[values.PropertyUse]


class VocabularyController(Controller):
    """The fields, events, links and operators that a condition may use."""

    path = "/vocabulary"
    tags = ("Segments",)

    @get("/", opt={"right": "segments:read"}, summary="What conditions of a database may use")
    async def read(self, tx: Tx, database: Database) -> VocabularyInfo:
        """Return everything an editor of conditions is drawn from."""
        return conditions.describe(await question.vocabulary(tx, database))

    @get("/values", opt={"right": "profiles:read"}, summary="The commonest values of a field")
    async def field_values(
        self,
        request: Request[Any, Any, Any],
        engines: Engines,
        database: Database,
        field: Annotated[str, QueryParameter(name="field", description="As a condition names it: profile.city")],
        q: Annotated[str, QueryParameter(name="q", max_length=200, description="Only values that contain this")] = "",
        event: Event = None,
        link: Link = None,
        limit: Annotated[int, QueryParameter(name="limit", ge=0, le=values.MOST)] = 20,
    ) -> values.FieldValues:
        """Return values with how many rows have each, those that begin with ``q`` first, and how many have any."""
        place = values.Place(event, link)
        return await _soon(request, values.field_values(engines, database, field, place, starts=q, limit=limit))

    @get("/usage", opt={"right": "profiles:read"}, summary="What is used of the vocabulary")
    async def usage(self, request: Request[Any, Any, Any], engines: Engines, database: Database) -> values.Usage:
        """Return how many people have a value in each field, with examples, and how often each event happened."""
        return await _soon(request, values.usage(engines, database))

    @get("/properties", opt={"right": "segments:read"}, summary="Properties that were seen")
    async def properties(
        self,
        request: Request[Any, Any, Any],
        engines: Engines,
        database: Database,
        event: Event = None,
        link: Link = None,
        field: Annotated[
            str | None, QueryParameter(name="field", description="The properties of a field that is an object")
        ] = None,
    ) -> Properties:
        """Return the properties of events, of rows or of an object, with the types of their values."""
        place = values.Place(event, link)
        return Properties(await _soon(request, values.properties(engines, database, place, field)))


async def _soon(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    try:
        found = await while_connected(request, work, SECONDS)
    except (DrainBehind, QueryTimeout, QueryTooLarge, ClickHouseUnavailable) as exc:
        raise unavailable("Values cannot be looked up at the moment") from exc
    if found is None:
        raise unavailable("Looking values up takes too long at the moment")
    return found
