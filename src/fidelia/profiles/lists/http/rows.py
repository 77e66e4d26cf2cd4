"""Routes of the rows of data tables."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import MAX_ITEMS, DataRow, RowsDeleted, RowsUpserted
from ..service import rows as service
from ..service import tables

Cell = Annotated[str, msgspec.Meta(max_length=2000)] | int | float | bool | None


class DataRowsIn(Body, frozen=True):
    """Rows by the names of columns; each names its key. Columns that an item does not name stay as they are."""

    items: Annotated[list[dict[str, Cell]], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class DataRowPatch(Body, frozen=True):
    """Values to set in a row; ``null`` empties a cell."""

    values: Annotated[dict[str, Cell], msgspec.Meta(min_length=1)]


class DataKeysIn(Body, frozen=True):
    """Keys of rows to be deleted."""

    keys: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=2000)] | int], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)
    ]


class DataRowController(Controller):
    """The rows of a data table."""

    path = "/data-tables/{table_id:int}/rows"
    tags = ("Lists",)

    @get("/", opt={"right": "lists:read"}, summary="List the rows of a data table")
    async def list_rows(self, tx: Tx, page: PageRequest, table_id: FromPath[int]) -> Page[DataRow]:
        """Return a page of rows, sorted by ``id`` or the name of a column.

        ``q`` finds rows with a cell that contains it, in a table of more than 200,000 those whose key begins with it.
        """
        return await tables.rows_page(tx, table_id, page)

    @post(
        "/upsert",
        dto=Strict[DataRowsIn],
        return_dto=None,
        status_code=200,
        opt={"right": "lists:update"},
        summary="Add or change up to 10,000 rows",
    )
    async def upsert(self, tx: Tx, actor: Actor, table_id: FromPath[int], data: DataRowsIn) -> RowsUpserted:
        """Write rows by their keys; those that cannot be read are named and left out."""
        return await service.upsert_rows(tx, actor, table_id, data.items)

    @post(
        "/delete",
        dto=Strict[DataKeysIn],
        return_dto=None,
        status_code=200,
        opt={"right": "lists:update"},
        summary="Delete up to 10,000 rows",
    )
    async def remove(self, tx: Tx, actor: Actor, table_id: FromPath[int], data: DataKeysIn) -> RowsDeleted:
        """Delete rows by their keys; unknown ones are passed over."""
        return await service.delete_rows(tx, actor, table_id, data.keys)

    @get("/{row_id:int}", opt={"right": "lists:read"}, summary="Read a row")
    async def read(self, tx: Tx, table_id: FromPath[int], row_id: FromPath[int]) -> DataRow:
        """Return a row."""
        return await service.get_row(tx, table_id, row_id)

    @patch(
        "/{row_id:int}",
        dto=Strict[DataRowPatch],
        return_dto=None,
        opt={"right": "lists:update"},
        summary="Change cells of a row",
    )
    async def change(
        self, tx: Tx, actor: Actor, table_id: FromPath[int], row_id: FromPath[int], data: DataRowPatch
    ) -> DataRow:
        """Set cells of a row, also its key."""
        return await service.change_row(tx, actor, table_id, row_id, data.values)
