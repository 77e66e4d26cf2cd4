"""Routes of personal data and receipts."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import File

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from . import service
from .model import ErasureReceipt, PersonalExport, PersonalExportStarted

_Database = Annotated[int | None, QueryParameter(name="database", description="Only of this database")]
_Profile = Annotated[int | None, QueryParameter(name="profile", description="Only of this former id")]


class PersonalDataController(Controller):
    """Everything about one person, and what was erased."""

    path = "/"
    tags = ("Personal data",)

    @post(
        "/databases/{database_id:int}/profiles/{profile_id:int}/personal-data",
        status_code=202,
        opt={"right": "profiles:read"},
        summary="Write everything about a person to a file",
    )
    async def start_personal_export(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> PersonalExportStarted:
        """Start a job that writes a zip of JSON and a readable page; it is kept for a week."""
        return await service.start(tx, actor, database_id, profile_id)

    @get(
        "/databases/{database_id:int}/profiles/{profile_id:int}/personal-data",
        opt={"right": "profiles:read"},
        summary="Files with everything about a person",
    )
    async def list_personal_exports(
        self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> Page[PersonalExport]:
        """Return the files of the last week, the latest first."""
        return await service.list_exports(tx, database_id, profile_id)

    @get(
        "/personal-data/{export_id:int}/file",
        opt={"right": "profiles:read", "stream": True},
        summary="Download a file with everything about a person",
    )
    async def download_personal_export(self, tx: Tx, export_id: FromPath[int]) -> File:
        """Return the zip; 409 while it is being written."""
        path, name = await service.path_of(tx, export_id)
        return File(path, filename=name, media_type="application/zip", content_disposition_type="attachment")

    @get("/erasures", opt={"right": "profiles:read"}, summary="Receipts of erased people")
    async def list_erasures(
        self, tx: Tx, page: PageRequest, database: _Database = None, profile: _Profile = None
    ) -> Page[ErasureReceipt]:
        """Return a page of receipts, the latest first; they hold no personal data."""
        return await service.receipts(tx, page, database_id=database, profile_id=profile)
