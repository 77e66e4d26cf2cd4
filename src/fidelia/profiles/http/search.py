"""The route of the quick search."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from fidelia.platform.postgres import Tx

from ..service.quick import QuickGroup, quick_search


class QuickSearch(msgspec.Struct, frozen=True):
    """What was found, by database."""

    items: list[QuickGroup]


class SearchController(Controller):
    """People of every database."""

    path = "/search"
    tags = ("Profiles",)

    @get("/", opt={"right": "profiles:read"}, summary="Quick search over every database")
    async def search(
        self,
        tx: Tx,
        q: Annotated[
            str, QueryParameter(name="q", description="Words, an address, a number, an id, or field:value")
        ] = "",
        database: Annotated[int | None, QueryParameter(name="database", description="Only this database")] = None,
        limit: Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="Hits of each database")] = 20,
    ) -> QuickSearch:
        """Find people by name, address or number (of the profile or a subscription), id, or ``field:value``.

        ``email:`` looks into the field only, ``subscription:`` into subscriptions only, ``phone:`` into both.
        """
        return QuickSearch(await quick_search(tx, q[:1000], database_id=database, limit=limit))
