"""Routes of scheduled imports."""

from __future__ import annotations

from typing import Any

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import ColumnMapping, ImportOptions
from ..readers import FileFormat
from . import running, service, trying
from .model import (
    Id,
    ImportSchedule,
    ImportSource,
    ImportTarget,
    Name,
    ScheduledImport,
    ScheduledRun,
    Secret,
    SourceSample,
    StopAfter,
)

_NOT_DEFINITION = ("secret", "version")


class ScheduledImportIn(Body, frozen=True, kw_only=True):
    """A new scheduled import. ``secret`` (a password or token) is stored encrypted and never shown again.

    Without ``format`` it is found out at each run. ``skip_unchanged``: what the server or a hash shows to be the same
    as last time is not imported again. After ``stop_after`` failures in a row it is switched off.
    """

    name: Name
    source: ImportSource
    mapping: list[ColumnMapping]
    secret: Secret | None = None
    format: FileFormat | None = None
    options: ImportOptions = ImportOptions()
    schedule: ImportSchedule | None = None
    active: bool = True
    target: ImportTarget | None = None
    skip_unchanged: bool = True
    stop_after: StopAfter = 5


class ScheduledImportPatch(Body, frozen=True, kw_only=True):
    """What to change; what is not sent stays. ``secret`` must be sent again when the source leads to another server.

    ``version`` refuses the change when somebody else was faster.
    """

    name: Name | UnsetType = UNSET
    source: ImportSource | UnsetType = UNSET
    mapping: list[ColumnMapping] | UnsetType = UNSET
    secret: Secret | UnsetType | None = UNSET
    format: FileFormat | UnsetType | None = UNSET
    options: ImportOptions | UnsetType = UNSET
    schedule: ImportSchedule | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    target: ImportTarget | UnsetType | None = UNSET
    skip_unchanged: bool | UnsetType = UNSET
    stop_after: StopAfter | UnsetType = UNSET
    version: int | UnsetType = UNSET


class SourceTry(Body, frozen=True, kw_only=True):
    """A source to be tried. ``import_schedule`` names a stored one whose secret is used when none is sent."""

    source: ImportSource
    secret: Secret | UnsetType | None = UNSET
    import_schedule: Id | None = None
    format: FileFormat | None = None
    mapping: list[ColumnMapping] | None = None
    options: ImportOptions = ImportOptions()


class RunIn(Body, frozen=True, kw_only=True):
    """How to run: ``dry_run`` checks every row and writes none; ``force`` imports also what has not changed."""

    dry_run: bool = False
    force: bool = False


class DatabaseScheduleController(Controller):
    """The scheduled imports of a database."""

    path = "/databases/{database_id:int}/import-schedules"
    tags = ("Imports",)

    @get("/", opt={"right": "imports:read"}, summary="List scheduled imports")
    async def pages(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[ScheduledImport]:
        """Return a page of scheduled imports by name."""
        return await service.pages(tx, page, database_id)

    @post(
        "/",
        dto=Strict[ScheduledImportIn],
        return_dto=None,
        opt={"right": "imports:create"},
        summary="Make a scheduled import",
    )
    async def create(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], data: ScheduledImportIn
    ) -> ScheduledImport:
        """Return what was made; it runs when its time comes, or by ``…/run``."""
        values = {f: getattr(data, f) for f in data.__struct_fields__ if f not in _NOT_DEFINITION}
        return await service.create(tx, actor, database_id, service.Definition(**values), data.secret)

    @post(
        "/test",
        dto=Strict[SourceTry],
        return_dto=None,
        status_code=200,
        opt={"right": "imports:create"},
        summary="Try a source: its first rows, types and suggested fields",
    )
    async def try_source(
        self, engines: Engines, actor: Actor, database_id: FromPath[int], data: SourceTry
    ) -> SourceSample:
        """Return the first 20 rows; nothing is stored. It takes 20 seconds at most."""
        return await trying.try_source(
            engines,
            actor,
            database_id,
            data.source,
            secret=data.secret,
            schedule_id=data.import_schedule,
            how=data.format,
            mapping=data.mapping,
            options=data.options,
        )


class ScheduleController(Controller):
    """One scheduled import."""

    path = "/import-schedules/{schedule_id:int}"
    tags = ("Imports",)

    @get("/", opt={"right": "imports:read"}, summary="Read a scheduled import")
    async def read(self, tx: Tx, schedule_id: FromPath[int]) -> ScheduledImport:
        """Return a scheduled import without its secret."""
        return await service.read(tx, schedule_id)

    @patch(
        "/",
        dto=Strict[ScheduledImportPatch],
        return_dto=None,
        opt={"right": "imports:create"},
        summary="Change a scheduled import, or switch it on or off",
    )
    async def change(
        self, tx: Tx, actor: Actor, schedule_id: FromPath[int], data: ScheduledImportPatch
    ) -> ScheduledImport:
        """Return the changed scheduled import."""
        changes: dict[str, Any] = {
            f: value
            for f in data.__struct_fields__
            if f not in _NOT_DEFINITION and (value := getattr(data, f)) is not UNSET
        }
        return await service.change(tx, actor, schedule_id, changes, data.secret, data.version)

    @delete("/", opt={"right": "imports:create"}, summary="Delete a scheduled import; imports and profiles stay")
    async def remove(self, tx: Tx, actor: Actor, schedule_id: FromPath[int]) -> None:
        """Forget a scheduled import with the history of its runs."""
        await service.delete(tx, actor, schedule_id)

    @post(
        "/run",
        dto=Strict[RunIn],
        return_dto=None,
        status_code=202,
        opt={"right": "imports:create"},
        summary="Run a scheduled import now, or try all of it without writing",
    )
    async def run(self, tx: Tx, actor: Actor, schedule_id: FromPath[int], data: RunIn) -> ScheduledRun:
        """Return the run; its job fetches the rows, then an import writes them."""
        return await running.start(tx, actor, schedule_id, dry_run=data.dry_run, force=data.force)

    @post("/cancel", opt={"right": "imports:create"}, status_code=200, summary="Stop the run that is at work")
    async def cancel(self, tx: Tx, schedule_id: FromPath[int]) -> ScheduledRun:
        """Return the run; rows that are written stay."""
        return await running.cancel(tx, schedule_id)

    @get("/runs", opt={"right": "imports:read"}, summary="List the runs of a scheduled import, newest first")
    async def runs(self, tx: Tx, page: PageRequest, schedule_id: FromPath[int]) -> Page[ScheduledRun]:
        """Return a page of runs."""
        return await service.runs(tx, page, schedule_id)
