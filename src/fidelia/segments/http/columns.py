"""Routes of the columns of previews, remembered for each person and database."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, put
from litestar.params import QueryParameter

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..service.preview import DEFAULT_COLUMNS, MAX_COLUMNS, check_columns
from ..store import columns as store


class ColumnsIn(Body, frozen=True):
    """The columns that one wants to see of the people of a database."""

    database_id: int
    columns: Annotated[list[str], msgspec.Meta(max_length=MAX_COLUMNS)]


class ColumnsOut(msgspec.Struct, frozen=True):
    """The columns of previews; ``chosen``: one's own choice, not what everybody gets."""

    columns: list[str]
    chosen: bool


class ColumnController(Controller):
    """Columns of previews."""

    path = "/segments/columns"
    tags = ("Segments",)

    @get("/", opt={"right": "segments:read"}, summary="Which columns one sees in previews")
    async def read(
        self,
        tx: Tx,
        actor: Actor,
        database: Annotated[int, QueryParameter(name="database", description="The profile database")],
    ) -> ColumnsOut:
        """Return one's own choice without fields that are gone, or the usual columns."""
        known = await profiles.get_database(tx, database)
        chosen = await store.chosen(tx, actor.key, database)
        left = [name for name in chosen or () if known.field(name) is not None]
        return ColumnsOut(left or list(DEFAULT_COLUMNS), bool(left))

    @put("/", dto=Strict[ColumnsIn], return_dto=None, opt={"right": "segments:read"}, summary="Choose one's columns")
    async def choose(self, tx: Tx, actor: Actor, data: ColumnsIn) -> ColumnsOut:
        """Remember a choice; an empty one brings the usual columns back."""
        check_columns(await profiles.get_database(tx, data.database_id), data.columns)
        if len(set(data.columns)) != len(data.columns):
            raise invalid_field("/columns", "A column stands here twice")
        await store.choose(tx, actor.key, data.database_id, data.columns)
        return ColumnsOut(data.columns or list(DEFAULT_COLUMNS), bool(data.columns))
