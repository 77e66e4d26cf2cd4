"""Routes of what is done in a campaign."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.messages import MailingType
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import CampaignActivity, Candidate, Widening
from ..service import activities as service
from .campaigns import Text

Widens = Annotated[
    tuple[Widening, ...],
    msgspec.Meta(max_length=5, description="By what it lets people in who were not in the campaign"),
]
Exempt = Annotated[bool, msgspec.Meta(description="It reaches both control groups too; consent counts all the same")]
Channel = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class CampaignMailingIn(Body, frozen=True):
    """A mailing that is made in the campaign, as a draft for everybody in it."""

    name: Text
    type: MailingType = "broadcast"
    channel: Channel = "email"


class ActivityIn(Body, frozen=True):
    """Something to be attached: the mailing ``id``, or a ``new`` one."""

    kind: Literal["mailing"] = "mailing"
    id: int | None = None
    new: CampaignMailingIn | None = None
    widens: Widens = ()
    exempt: Exempt = False


class ActivityPatch(Body, frozen=True):
    """What is to be changed of an activity."""

    widens: Widens | UnsetType = UNSET
    exempt: Exempt | UnsetType = UNSET


class Activities(msgspec.Struct, frozen=True):
    """What is done in a campaign, in the order in which it came."""

    items: list[CampaignActivity]


class CampaignActivityController(Controller):
    """What is done in a campaign: mailings made in it or attached to it."""

    path = "/campaigns/{campaign_id:int}/activities"
    tags = ("Campaigns",)

    @get("/", opt={"right": "campaigns:read"}, summary="List the activities of a campaign")
    async def list_activities(self, tx: Tx, campaign_id: FromPath[int]) -> Activities:
        """Return every activity, with who would get it as things stand and who came in by it."""
        return Activities(await service.listed(tx, campaign_id))

    @post("/", dto=Strict[ActivityIn], return_dto=None, opt={"right": "campaigns:update"}, summary="Attach an activity")
    async def attach(self, tx: Tx, actor: Actor, campaign_id: FromPath[int], data: ActivityIn) -> CampaignActivity:
        """Attach a mailing that has not run, or make one here; 409 says why one cannot be attached."""
        if (data.id is None) == (data.new is None):
            raise invalid_field("/id", "Name a mailing that is there by its id, or a new one, and not both")
        if data.new is not None:
            new = service.NewMailing(name=data.new.name, type=data.new.type, channel=data.new.channel)
            return await service.attach_new(tx, actor, campaign_id, new, data.widens, exempt=data.exempt)
        return await service.attach(tx, actor, campaign_id, data.id or 0, data.widens, exempt=data.exempt)

    @get("/candidates", opt={"right": "campaigns:read"}, summary="What could be attached to a campaign")
    async def candidates(self, tx: Tx, actor: Actor, page: PageRequest, campaign_id: FromPath[int]) -> Page[Candidate]:
        """Return a page of mailings, the newest first, each with why it cannot be attached if it cannot.

        Those of the campaign's database; with ``q``, of every database.
        """
        actor.require("mailings:read")
        return await service.candidates(tx, campaign_id, page)

    @patch(
        "/{kind:str}/{object_id:int}",
        dto=Strict[ActivityPatch],
        return_dto=None,
        opt={"right": "campaigns:update"},
        summary="Change an activity of a campaign",
    )
    async def change(
        self,
        tx: Tx,
        actor: Actor,
        campaign_id: FromPath[int],
        kind: FromPath[str],
        object_id: FromPath[int],
        data: ActivityPatch,
    ) -> CampaignActivity:
        """Change whom it lets in and whether it is exempt; that counts from the next message on."""
        names = ActivityPatch.__struct_fields__
        values = {name: value for name in names if (value := getattr(data, name)) is not UNSET}
        return await service.change(tx, actor, campaign_id, kind, object_id, values)

    @delete(
        "/{kind:str}/{object_id:int}",
        status_code=204,
        opt={"right": "campaigns:update"},
        summary="Take an activity out of a campaign",
    )
    async def detach(
        self, tx: Tx, actor: Actor, campaign_id: FromPath[int], kind: FromPath[str], object_id: FromPath[int]
    ) -> None:
        """Take out what has not run; it stays a draft of its own."""
        await service.detach(tx, actor, campaign_id, kind, object_id)
