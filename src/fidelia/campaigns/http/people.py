"""Routes of who is in a campaign, and of how its audience came to be."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..model import CampaignLogEntry, CampaignMember, CampaignRun
from ..people.job import RUNS
from ..service.audience import COLUMNS, Filter, members
from ..service.log import log
from ..store import campaigns as store


class CampaignPeopleController(Controller):
    """The people of a campaign."""

    path = "/campaigns/{campaign_id:int}"
    tags = ("Campaigns",)

    @get("/audience", opt={"right": "profiles:read"}, summary="List the people of a campaign")
    async def audience(
        self,
        tx: Tx,
        actor: Actor,
        page: PageRequest,
        campaign_id: FromPath[int],
        side: Annotated[str | None, QueryParameter(name="side", description="test or control")] = None,
        stratum: Annotated[str | None, QueryParameter(name="stratum", description="The key of a stratum")] = None,
        source: Annotated[
            str | None, QueryParameter(name="source", description="How they came in; several by comma")
        ] = None,
        activity: Annotated[
            int | None, QueryParameter(name="activity", description="The activity that brought them; 0: none")
        ] = None,
        present: Annotated[
            bool | None, QueryParameter(name="present", description="Who is in now, or (false) who has left")
        ] = None,
        columns: Annotated[
            str | None, QueryParameter(name="columns", description="Names of fields, separated by commas")
        ] = None,
    ) -> Page[CampaignMember]:
        """Return a page of everybody who was ever given a side, by id; ``q`` searches as in the list of profiles."""
        actor.require("campaigns:read")  # on which side somebody is, is the campaign's
        wanted = Filter(
            side=side,
            stratum=stratum,
            sources=[] if source is None else source.split(","),
            activity=activity,
            present=present,
        )
        chosen = COLUMNS if columns is None else tuple(name for name in columns.split(",") if name)
        return await members(tx, campaign_id, page, wanted, chosen)

    @get("/history", opt={"right": "campaigns:read"}, summary="List the builds of a campaign's audience")
    async def history(self, tx: Tx, page: PageRequest, campaign_id: FromPath[int]) -> Page[CampaignRun]:
        """Return a page of builds and refreshes, newest first."""
        return await RUNS.page(tx, (await store.get(tx, campaign_id)).id, page)

    @get("/log", opt={"right": "campaigns:read"}, summary="List what was done with a campaign")
    async def log(self, tx: Tx, page: PageRequest, campaign_id: FromPath[int]) -> Page[CampaignLogEntry]:
        """Return a page of changes of its settings, control group, activities and state, newest first."""
        return await log(tx, campaign_id, page)
