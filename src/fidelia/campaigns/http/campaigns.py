"""Routes of campaigns themselves: make, change, start, complete, copy."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import TagCount
from fidelia.segments import StratumField

from ..model import Campaign, CampaignCalendar
from ..service import lifecycle, manage
from ..service.calendar import calendar
from ..service.checks import Control, Settings

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Tags = Annotated[tuple[str, ...], msgspec.Meta(max_length=100)]
Days = Annotated[int, msgspec.Meta(description="For so many days after the end what people do still counts, 0 to 90")]
Cost = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "1250.00"')]
Currency = Annotated[str, msgspec.Meta(max_length=3, description="Three capital letters, like EUR")]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100, description="How many to keep back; 5 is advised")]


class ControlIn(Body, frozen=True):
    """A local control group: so many percent of the campaign's people get nothing of it, ``cap`` at most."""

    percent: Percent
    cap: int | None = None
    strata: list[StratumField] = []

    def wanted(self) -> Control:
        """Return it as the use cases take it."""
        return Control(percent=self.percent, cap=self.cap, strata=self.strata)


class CampaignIn(Body, frozen=True):
    """A new campaign. Database and segment, a static one, stay as they are chosen here.

    ``goal`` is the key of the goal that counts as success, null for orders.
    """

    name: Text
    database_id: int
    segment_id: int
    description: Text = ""
    tags: Tags = ()
    control: ControlIn | None = None
    goal: Text | None = None
    window_days: Days = 7
    cost: Cost | None = None
    currency: Currency | None = None


class CampaignPatch(Body, frozen=True):
    """What is to be changed; ``version`` is the one that was read, to notice somebody else's change."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    goal: Text | UnsetType | None = UNSET
    window_days: Days | UnsetType = UNSET
    cost: Cost | UnsetType | None = UNSET
    currency: Currency | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


class CampaignClone(Body, frozen=True):
    """The copy: its name, another static segment of the same database, and whether the mailings are copied too."""

    name: Text | None = None
    segment_id: int | None = None
    activities: bool = True


class CampaignTags(msgspec.Struct, frozen=True):
    """The tags in use, by name."""

    items: list[TagCount]


class CampaignController(Controller):
    """Campaigns: one audience, its control group, what is done with it, and what that changed."""

    path = "/campaigns"
    tags = ("Campaigns",)

    @get("/", opt={"right": "campaigns:read"}, summary="List campaigns")
    async def list_campaigns(
        self,
        tx: Tx,
        page: PageRequest,
        in_state: Annotated[
            str | None,
            QueryParameter(name="state", description="draft, building, active or completed; several by comma"),
        ] = None,
        tag: Annotated[
            str | None, QueryParameter(name="tag", description="Only what carries it, or one of these: a,b")
        ] = None,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
        segment: Annotated[int | None, QueryParameter(name="segment", description="Only on this segment")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
    ) -> Page[Campaign]:
        """Return a page; sort by name, state, audience, started_at, created_at, updated_at or id."""
        return await manage.page(
            tx,
            page,
            archived=archived,
            states=[] if in_state is None else in_state.split(","),
            tags=[] if tag is None else tag.split(","),
            database_id=database,
            segment_id=segment,
        )

    @post("/", dto=Strict[CampaignIn], return_dto=None, opt={"right": "campaigns:create"}, summary="Make a campaign")
    async def create(self, tx: Tx, actor: Actor, data: CampaignIn) -> Campaign:
        """Store a draft; nobody is in it before it is started."""
        settings = Settings(**{name: getattr(data, name) for name in Settings.__struct_fields__})
        control = None if data.control is None else data.control.wanted()
        return await manage.create(tx, actor, data.database_id, data.segment_id, settings, control)

    @get("/tags", opt={"right": "campaigns:read"}, summary="List the tags of campaigns")
    async def list_tags(
        self,
        tx: Tx,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
    ) -> CampaignTags:
        """Return every tag that a campaign carries which is not archived, and how many carry it."""
        return CampaignTags(await manage.tag_counts(tx, database))

    @get("/calendar", opt={"right": "campaigns:read"}, summary="Calendar of campaigns")
    async def calendar(
        self,
        tx: Tx,
        database: Annotated[int, QueryParameter(name="database", description="Of this database")],
        first: Annotated[date, QueryParameter(name="from", description="The first day")],
        last: Annotated[date, QueryParameter(name="to", description="The last day")],
        campaign: Annotated[int | None, QueryParameter(name="campaign", description="This campaign only")] = None,
    ) -> CampaignCalendar:
        """Return the campaigns that lasted on these days, 62 at most, in days of the database's time zone."""
        return await calendar(tx, database, first, last, campaign)

    @get("/{campaign_id:int}", opt={"right": "campaigns:read"}, summary="Read a campaign")
    async def one(self, tx: Tx, campaign_id: FromPath[int]) -> Campaign:
        """Return a campaign and where it stands."""
        return await manage.read(tx, campaign_id)

    @patch(
        "/{campaign_id:int}",
        dto=Strict[CampaignPatch],
        return_dto=None,
        opt={"right": "campaigns:update"},
        summary="Change a campaign",
    )
    async def change(self, tx: Tx, actor: Actor, campaign_id: FromPath[int], data: CampaignPatch) -> Campaign:
        """Change what is given, after the end too. Database and segment are fixed."""
        wanted = manage.Change(**{name: getattr(data, name) for name in CampaignPatch.__struct_fields__})
        return await manage.change(tx, actor, campaign_id, wanted)

    @delete("/{campaign_id:int}", status_code=204, opt={"right": "campaigns:delete"}, summary="Archive a campaign")
    async def archive(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> None:
        """Put a campaign away; its report stays. 409 while it is active."""
        await manage.archive(tx, actor, campaign_id)

    @post(
        "/{campaign_id:int}/restore",
        status_code=200,
        opt={"right": "campaigns:delete"},
        summary="Bring an archived campaign back",
    )
    async def restore(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> Campaign:
        """Bring a campaign back as it was."""
        return await manage.restore(tx, actor, campaign_id)

    @post(
        "/{campaign_id:int}/clone",
        dto=Strict[CampaignClone],
        return_dto=None,
        opt={"right": "campaigns:create"},
        summary="Copy a campaign",
    )
    async def clone(self, tx: Tx, actor: Actor, campaign_id: FromPath[int], data: CampaignClone) -> Campaign:
        """Copy a campaign as a draft, with each of its mailings as a draft."""
        return await lifecycle.clone(tx, actor, campaign_id, data.name, data.segment_id, activities=data.activities)

    @post("/{campaign_id:int}/activate", status_code=200, opt={"right": "campaigns:run"}, summary="Start a campaign")
    async def activate(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> Campaign:
        """Split the people of its segment by a job (``open_run``); after that the campaign is active."""
        return await lifecycle.activate(tx, actor, campaign_id)

    @post("/{campaign_id:int}/complete", status_code=200, opt={"right": "campaigns:run"}, summary="Complete a campaign")
    async def complete(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> Campaign:
        """Stop what is at work in it, let everybody leave, and add nothing any more."""
        return await lifecycle.complete(tx, actor, campaign_id)

    @post(
        "/{campaign_id:int}/refresh",
        status_code=202,
        opt={"right": "campaigns:run"},
        summary="Let newcomers into a campaign now",
    )
    async def refresh(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> JobReply:
        """Start a job that lets in who has joined the segment; that happens by itself, too."""
        return JobReply(await lifecycle.refresh(tx, actor, campaign_id))
