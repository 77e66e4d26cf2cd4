"""Routes of loads."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Stream

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ..model import ListLoad, ListLoadStarted, LoadMode, SheetReading
from ..service import loads as service


class ListLoadRun(Body, frozen=True, kw_only=True):
    """How to load a file that was uploaded; what is left out stays as proposed.

    ``mapping`` says which column of the file goes where; the one column of a list is named ``value``. With the mode
    ``add`` what is there stays, ``replace`` leaves only what the file has. ``header`` says whether the first line names
    the columns, when that was guessed wrongly; the mapping still goes by the names that were shown.
    """

    mapping: Annotated[dict[str, str], msgspec.Meta(min_length=1)] | None = None
    mode: LoadMode | None = None
    reading: SheetReading | None = None
    header: bool | None = None


class ListLoadController(Controller):
    """Files on their way into lists and tables."""

    path = "/list-loads/{load_id:int}"
    tags = ("Lists",)

    @get("/", opt={"right": "lists:read"}, summary="Read a load with its counts")
    async def read(self, tx: Tx, load_id: FromPath[int]) -> ListLoad:
        """Return a load."""
        return await service.get_load(tx, load_id)

    @post(
        "/run",
        dto=Strict[ListLoadRun],
        return_dto=None,
        status_code=202,
        opt={"right": "lists:update"},
        summary="Load a file that was uploaded",
    )
    async def run(self, tx: Tx, actor: Actor, load_id: FromPath[int], data: ListLoadRun) -> ListLoadStarted:
        """Return the job that loads it. Until its end the list or table is as it was."""
        return await service.start_load(
            tx,
            actor,
            load_id,
            mapping=data.mapping,
            mode=data.mode,
            reading=data.reading,
            header=data.header,
        )

    @get(
        "/rejected.csv",
        opt={"right": "lists:read"},
        media_type="text/csv",
        summary="Download the rejected rows with their reasons",
    )
    async def rejected(self, tx: Tx, load_id: FromPath[int]) -> Stream:
        """Return a CSV of row, column, value, reason."""
        return csv_file(f"load-{load_id}-rejected.csv", await service.rejected_csv(tx, load_id))
