"""The route that lets a trigger promotion do its work."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import PromotionFired
from ..service.fire import fire

Word = Annotated[str, msgspec.Meta(max_length=200)]


class PromotionFire(Body, frozen=True):
    """Whom a trigger promotion shall work for; ``amount`` where it leaves that to the caller.

    ``promotion`` is its id or the caller's own. The same ``reference`` again gets the first answer.
    """

    promotion: int | Word
    profile: int
    reference: Word | None = None
    amount: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class FiringController(Controller):
    """Trigger promotions at work."""

    path = "/loyalty/programs/{program_id:int}/fire"
    tags = ("Promotions",)

    @post(
        "/",
        status_code=200,
        dto=Strict[PromotionFire],
        return_dto=None,
        opt={"right": "loyalty:run"},
        summary="Fire a trigger promotion",
    )
    async def work(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PromotionFire) -> PromotionFired:
        """Give what it gives, or take what it takes; 409 with the reason when it cannot."""
        return await fire(
            tx, actor, program_id, data.promotion, data.profile, reference=data.reference, amount=data.amount
        )
