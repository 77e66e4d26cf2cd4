"""Routes of data tables."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ...http.databases import Text, given
from ...imports.readers import FileFormat
from ..kinds import ValueTypeName
from ..model import DataColumn, DataTable, DataTableDetail, ListLoad, ListLoadStarted, SheetColumnSeen
from ..service import loads
from ..service import tables as service
from ..sheet import MAX_COLUMNS
from .uploading import LoadOperation, LookOperation, json_part, received, upload


class DataColumnIn(Body, frozen=True):
    """A new column. Its type cannot change later."""

    name: Text
    type: ValueTypeName = "text"
    label: Text = ""

    def column(self) -> DataColumn:
        """Return the column this body describes."""
        return DataColumn(0, self.name, self.label, self.type, False)


Columns = Annotated[list[DataColumnIn], msgspec.Meta(min_length=1, max_length=MAX_COLUMNS)]


class DataTableIn(Body, frozen=True, kw_only=True):
    """A new data table. ``name`` is what conditions call it; ``key`` names the column that tells rows apart."""

    name: Text
    columns: Columns
    key: Text
    label: Text = ""
    description: Text = ""


class DataTablePatch(Body, frozen=True):
    """What to change of a data table; the name stays while a condition refers to it."""

    name: Text | UnsetType = UNSET
    label: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class DataColumnsIn(Body, frozen=True):
    """Columns to be added; they are empty in every row."""

    columns: Columns


class DataColumnPatch(Body, frozen=True):
    """What to change of a column; the name stays while a condition refers to it."""

    name: Text | UnsetType = UNSET
    label: Text | UnsetType = UNSET


class FileColumns(msgspec.Struct, frozen=True):
    """What a file holds: its columns with examples and the types they look like, and about how many rows."""

    format: FileFormat
    columns: list[SheetColumnSeen]
    total: int | None


class DatabaseTableController(Controller):
    """The data tables of a database."""

    path = "/databases/{database_id:int}/data-tables"
    tags = ("Lists",)

    @get("/", opt={"right": "lists:read"}, summary="List data tables")
    async def list_tables(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[DataTable]:
        """Return a page of tables; sort by name, size, changed_at or created_at."""
        return await service.list_tables(tx, page, database_id)

    @post("/", dto=Strict[DataTableIn], return_dto=None, opt={"right": "lists:create"}, summary="Make a data table")
    async def create(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: DataTableIn) -> DataTableDetail:
        """Make an empty table."""
        return await service.create_table(
            tx,
            actor,
            database_id,
            name=data.name,
            columns=[c.column() for c in data.columns],
            key=data.key,
            label=data.label,
            description=data.description,
        )

    @post(
        "/look",
        opt={"right": "lists:create"},
        summary="See what columns a file would give a table",
        status_code=200,
        request_max_body_size=None,
        operation_class=LookOperation,
    )
    async def look(self, request: Request[Any, Any, Any], tx: Tx, database_id: FromPath[int]) -> FileColumns:
        """Return the columns of a file with examples and types; nothing is kept."""
        async with received(request, tx, {"format"}) as form:
            try:
                seen = await loads.look(tx, form.file_key, json_part(form.parts, "format", FileFormat))
            finally:
                Files(tx.engines.files).delete(form.file_key)
        return FileColumns(seen.format, loads.seen_columns(seen), seen.total)


class DataTableController(Controller):
    """One data table."""

    path = "/data-tables/{table_id:int}"
    tags = ("Lists",)

    @get("/", opt={"right": "lists:read"}, summary="Read a data table")
    async def read(self, tx: Tx, table_id: FromPath[int]) -> DataTableDetail:
        """Return a table with its columns, who uses it, and its last loads."""
        return await service.get_table(tx, table_id)

    @patch(
        "/",
        dto=Strict[DataTablePatch],
        return_dto=None,
        opt={"right": "lists:update"},
        summary="Rename or describe a data table",
    )
    async def change(self, tx: Tx, actor: Actor, table_id: FromPath[int], data: DataTablePatch) -> DataTableDetail:
        """Change name, label or description."""
        return await service.change_table(tx, actor, table_id, given(data))

    @delete("/", opt={"right": "lists:delete"}, status_code=204, summary="Delete a data table")
    async def remove(self, tx: Tx, actor: Actor, table_id: FromPath[int]) -> None:
        """Delete a table with its rows; 409 names the conditions that refer to it."""
        await service.delete_table(tx, actor, table_id)

    @post(
        "/columns",
        dto=Strict[DataColumnsIn],
        return_dto=None,
        opt={"right": "lists:update"},
        summary="Add columns",
    )
    async def add_columns(self, tx: Tx, actor: Actor, table_id: FromPath[int], data: DataColumnsIn) -> DataTableDetail:
        """Add columns, empty in every row."""
        return await service.add_columns(tx, actor, table_id, [c.column() for c in data.columns])

    @patch(
        "/columns/{column_id:int}",
        dto=Strict[DataColumnPatch],
        return_dto=None,
        opt={"right": "lists:update"},
        summary="Rename or label a column",
    )
    async def change_column(
        self, tx: Tx, actor: Actor, table_id: FromPath[int], column_id: FromPath[int], data: DataColumnPatch
    ) -> DataTableDetail:
        """Change the name or label of a column."""
        return await service.change_column(tx, actor, table_id, column_id, given(data))

    @delete(
        "/columns/{column_id:int}",
        opt={"right": "lists:update"},
        status_code=200,
        summary="Delete a column with its values",
    )
    async def delete_column(
        self, tx: Tx, actor: Actor, table_id: FromPath[int], column_id: FromPath[int]
    ) -> DataTableDetail:
        """Delete a column; 409 names the conditions that refer to it, and for the key."""
        return await service.delete_column(tx, actor, table_id, column_id)

    @get("/export", opt={"right": "lists:read"}, media_type="text/csv", summary="Download a data table as CSV")
    async def export(self, engines: Engines, table_id: FromPath[int]) -> Stream:
        """Stream all rows."""
        return csv_file(f"data-table-{table_id}.csv", await service.export(engines, table_id))

    @get("/loads", opt={"right": "lists:read"}, summary="List the files loaded into a data table")
    async def loads(self, tx: Tx, page: PageRequest, table_id: FromPath[int]) -> Page[ListLoad]:
        """Return a page of loads, the newest first."""
        return await loads.list_loads(tx, page, "table", table_id)

    @post(
        "/loads",
        opt={"right": "lists:update"},
        summary="Upload a file of rows; with a mapping it is loaded at once",
        status_code=201,
        request_max_body_size=None,
        operation_class=LoadOperation,
        responses={202: ResponseSpec(ListLoadStarted, description="The file is being loaded", generate_examples=False)},
    )
    async def load(
        self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, table_id: FromPath[int]
    ) -> Response[ListLoad | ListLoadStarted]:
        """Return what was found out about the file, or 202 with the job that loads it. Up to 1 million rows."""
        return await upload(request, tx, actor, "table", table_id)
