"""Routes of bulk updates."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Stream

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx
from fidelia.profiles import BulkOperation

from ..http.calculate import soon
from ..service.audience import Audience
from . import service
from .model import BulkPreview, BulkStarted, BulkUpdate


class BulkUpdateIn(Body, frozen=True):
    """What is to be done with whom. With ``skip_triggers`` nothing goes into the history, so nothing is triggered."""

    audience: Audience
    operations: list[BulkOperation]
    skip_triggers: bool = False


class BulkUpdateController(Controller):
    """The same operations on many profiles at once."""

    path = "/"
    tags = ("Bulk updates",)

    @post(
        "/databases/{database_id:int}/bulk-updates/preview",
        dto=Strict[BulkUpdateIn],
        return_dto=None,
        status_code=200,
        opt={"right": "profiles:update"},
        summary="What a bulk update would do",
    )
    async def preview(
        self,
        request: Request[Any, Any, Any],
        engines: Engines,
        actor: Actor,
        database_id: FromPath[int],
        data: BulkUpdateIn,
    ) -> BulkPreview:
        """Tell how many people would change, stay or be refused and why, and show ten; changes nothing."""
        return await soon(request, service.preview(engines, actor, database_id, data.audience, data.operations))

    @post(
        "/databases/{database_id:int}/bulk-updates",
        dto=Strict[BulkUpdateIn],
        return_dto=None,
        status_code=202,
        opt={"right": "profiles:update"},
        summary="Change many profiles at once",
    )
    async def start(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: BulkUpdateIn) -> BulkStarted:
        """Start a job. Whom it is about is settled now; cancelled, what is done stays done."""
        return await service.start(
            tx, actor, database_id, data.audience, data.operations, skip_triggers=data.skip_triggers
        )

    @get(
        "/databases/{database_id:int}/bulk-updates",
        opt={"right": "profiles:read"},
        summary="List the bulk updates of a database",
    )
    async def bulk_updates(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[BulkUpdate]:
        """Return a page, newest first; ``q`` looks into the title.

        Sort by what, title, state, people, changed, refused, actor or created_at.
        """
        return await service.list_bulk_updates(tx, page, database_id)

    @get("/bulk-updates/{bulk_id:int}", opt={"right": "profiles:read"}, summary="Read a bulk update")
    async def bulk_update(self, tx: Tx, bulk_id: FromPath[int]) -> BulkUpdate:
        """Return what was asked for, how far it is, and the figures."""
        return await service.get(tx, bulk_id)

    @get(
        "/bulk-updates/{bulk_id:int}/refused.csv",
        opt={"right": "profiles:read", "stream": True},
        media_type="text/csv",
        summary="Download who was refused",
    )
    async def refused(self, tx: Tx, bulk_id: FromPath[int]) -> Stream:
        """Return a CSV of profile, field, value and reason; kept for 30 days."""
        return csv_file(f"bulk-update-{bulk_id}-refused.csv", await service.refused_csv(tx, bulk_id))
