"""Routes of conversions: how they are attributed, and those of a mailing."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, put
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from . import service
from .model import Attribution, AttributionIn, MailingConversions

_By = Annotated[
    str | None, QueryParameter(name="by", description="Only these, with commas: token, click, open, delivery")
]
_Days = Annotated[
    int | None, QueryParameter(name="days", ge=1, le=90, description="Only what came so many days after it at most")
]


class AttributionController(Controller):
    """How goals and orders find the message that led to them."""

    path = "/goals/attribution"
    tags = ("Goals",)

    @get("/", opt={"right": "events:read"}, summary="How conversions are attributed")
    async def read(self, tx: Tx) -> Attribution:
        """Return the window and the ways, the first that fits wins."""
        return await service.attribution(tx)

    @put(
        "/",
        dto=Strict[AttributionIn],
        return_dto=None,
        opt={"right": "events:update"},
        summary="Change how conversions are attributed",
    )
    async def change(self, tx: Tx, actor: Actor, data: AttributionIn) -> Attribution:
        """Change it from now on; what was attributed stays."""
        return await service.set_attribution(tx, actor, data.window_days, data.ways)


class ConversionController(Controller):
    """What a mailing has led to."""

    path = "/mailings/{mailing_id:int}/conversions"
    tags = ("Mailings",)

    @get("/", opt={"right": "mailings:read"}, summary="Conversions of a mailing")
    async def conversions(
        self,
        tx: Tx,
        mailing_id: FromPath[int],
        run: Annotated[int | None, QueryParameter(name="run", description="Of this run, not the newest")] = None,
        by: _By = None,
        days: _Days = None,
    ) -> MailingConversions:
        """Return people, conversions and revenue per currency, by goal and by how they were attributed."""
        ways = None if by is None else [part.strip() for part in by.split(",") if part.strip()]
        return await service.conversions(tx, mailing_id, run, ways, days)
