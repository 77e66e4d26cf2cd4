"""The route of a person's card: which campaigns somebody is in."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from ..service.person import PersonCampaigns, campaigns_of


class PersonCampaignController(Controller):
    """What a person is part of."""

    path = "/databases/{database_id:int}/profiles/{profile_id:int}/campaigns"
    tags = ("Campaigns",)

    @get("/", opt={"right": "profiles:read"}, summary="Which campaigns somebody is in")
    async def of_person(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> PersonCampaigns:
        """Return the campaigns somebody is or was in, and on which side to who may read campaigns."""
        return await campaigns_of(tx, actor, database_id, profile_id)
