"""The history of a profile."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from fidelia.platform.http import PageParams
from fidelia.platform.postgres import Tx

from ..model import HistoryPage
from ..service import history as service


class HistoryController(Controller):
    """What happened to a profile."""

    path = "/databases/{database_id:int}/profiles/{profile_id:int}/history"
    tags = ("Profiles",)

    @get(opt={"right": "profiles:read"}, summary="What happened to a profile")
    async def history(
        self,
        tx: Tx,
        page: PageParams,
        database_id: FromPath[int],
        profile_id: FromPath[int],
        type_: Annotated[
            str | None, QueryParameter(name="type", description="One type, or several with commas")
        ] = None,
        group: Annotated[
            str | None, QueryParameter(name="group", description="A group of types, such as messages")
        ] = None,
    ) -> HistoryPage:
        """Return the events of a profile, newest first, each with a sentence; and counts by group and type."""
        return await service.history(
            tx, page, database_id, profile_id, types=service.split(type_), group=service.check_group(group)
        )
