"""Routes of the local control group: set, take away, plan."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.segments import StratumField

from ..model import Campaign, StrataPlan
from ..service import control, planning
from ..service.checks import Control
from .campaigns import Percent

Rate = Annotated[float | None, QueryParameter(name="rate", description="The usual share who convert; 0.05 is 5 %")]
Lift = Annotated[float | None, QueryParameter(name="lift", description="The change to be seen; 0.01 is one point")]


class ControlPut(Body, frozen=True):
    """The control group as it shall be; ``version`` is the campaign's that was read."""

    percent: Percent
    cap: int | None = None
    strata: list[StratumField] = []
    version: int | UnsetType = UNSET


class PowerIn(Body, frozen=True):
    """A control group that is thought about. ``rate`` is the usual share of people who convert, ``lift`` the change of
    it that one wants to see; without one a tenth of the rate.
    """

    database_id: int
    segment_id: int
    percent: Percent
    cap: int | None = None
    strata: list[StratumField] = []
    rate: float = planning.TYPICAL_RATE
    lift: float | None = None


class ControlRemoved(msgspec.Struct, frozen=True):
    """How many people moved to the test group."""

    moved: int


class CampaignControlController(Controller):
    """The local control group of a campaign: people of its audience whom none of its activities reaches."""

    path = "/campaigns"
    tags = ("Campaigns",)

    @put(
        "/{campaign_id:int}/control",
        dto=Strict[ControlPut],
        return_dto=None,
        opt={"right": "campaigns:update"},
        summary="Set a campaign's control group",
    )
    async def put(self, tx: Tx, actor: Actor, campaign_id: FromPath[int], data: ControlPut) -> Campaign:
        """Keep people back, or others than before; in an active campaign only of those who come from now on."""
        wanted = Control(percent=data.percent, cap=data.cap, strata=data.strata)
        return await control.put(tx, actor, campaign_id, wanted, data.version)

    @delete(
        "/{campaign_id:int}/control",
        status_code=200,
        opt={"right": "campaigns:update"},
        summary="Take a campaign's control group away",
    )
    async def remove(self, tx: Tx, actor: Actor, campaign_id: FromPath[int]) -> ControlRemoved:
        """Move everybody in it to the test group."""
        return ControlRemoved(await control.remove(tx, actor, campaign_id))

    @post(
        "/power",
        dto=Strict[PowerIn],
        return_dto=None,
        status_code=200,
        opt={"right": "campaigns:read"},
        summary="What a control group would show",
    )
    async def power(self, tx: Tx, data: PowerIn) -> StrataPlan:
        """Split a segment as it stands and say what such groups can show; changes nothing."""
        wanted = Control(percent=data.percent, cap=data.cap, strata=data.strata)
        return await planning.power(tx, data.database_id, data.segment_id, wanted, data.rate, data.lift)

    @get("/{campaign_id:int}/strata", opt={"right": "campaigns:read"}, summary="The strata of a campaign")
    async def strata(self, tx: Tx, campaign_id: FromPath[int], rate: Rate = None, lift: Lift = None) -> StrataPlan:
        """Return each stratum's people and who of them is kept back; of a draft, as it would be."""
        return await planning.strata(tx, campaign_id, rate, lift)
