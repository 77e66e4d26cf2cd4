"""The route of a person's card: points, levels and what is missing to the next one."""

from __future__ import annotations

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from ..service.desk import of_person
from ..service.shown import MemberDetail


class PersonLoyalty(msgspec.Struct, frozen=True):
    """What somebody is or was a member of, the active program first."""

    items: list[MemberDetail]


class PersonLoyaltyController(Controller):
    """What a person has in loyalty programs."""

    path = "/databases/{database_id:int}/profiles/{profile_id:int}/loyalty"
    tags = ("Loyalty",)

    @get("/", opt={"right": "profiles:read"}, summary="What somebody has in loyalty programs")
    async def of_person(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> PersonLoyalty:
        """Return balances, levels and moves in every program that is not archived."""
        actor.require("loyalty:read")
        return PersonLoyalty(await of_person(tx, database_id, profile_id))
