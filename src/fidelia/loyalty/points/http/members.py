"""Routes of one member's points, and of many members' at once."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.days import parse_day
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from ...ledger import Filter
from .. import reading, service
from ..model import (
    AccrualBatch,
    AccrualIn,
    AdjustmentIn,
    ExpiringPoints,
    MemberBalance,
    RedemptionBatch,
    RedemptionIn,
    TransactionOut,
    TransactionReply,
    TransactionsReply,
)

First = Annotated[str | None, QueryParameter(name="from", description="First day, like 2026-12-01")]
Last = Annotated[str | None, QueryParameter(name="to", description="Last day, like 2026-12-31; included")]
Points = Annotated[str | None, QueryParameter(name="points", description="Only this point type, by its key")]


class MemberPointsController(Controller):
    """Points of members: what they have, what they earn and spend."""

    path = "/loyalty/programs/{program_id:int}"
    tags = ("Loyalty",)

    @post(
        "/accrue",
        dto=Strict[AccrualBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Accrue points of many members",
    )
    async def accrue_many(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], data: AccrualBatch
    ) -> TransactionsReply:
        """Credit points to many members, all items or none; a reference asked again gives its first answer."""
        done = await service.accrue(tx, actor, program_id, [(item.profile_id, item) for item in data.items])
        return TransactionsReply(await reading.shown(tx, actor, program_id, done))

    @post(
        "/redeem",
        dto=Strict[RedemptionBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Redeem points of many members",
    )
    async def redeem_many(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], data: RedemptionBatch
    ) -> TransactionsReply:
        """Spend points of many members, all items or none. 409 when somebody has fewer than that."""
        done = await service.redeem(tx, actor, program_id, [(item.profile_id, item) for item in data.items])
        return TransactionsReply(await reading.shown(tx, actor, program_id, done))

    @post(
        "/members/{profile_id:int}/accrue",
        dto=Strict[AccrualIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Accrue points",
    )
    async def accrue(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int], data: AccrualIn
    ) -> TransactionReply:
        """Credit points to a member, or promise them; the reference asked again gives the first answer."""
        done = await service.accrue(tx, actor, program_id, [(profile_id, data)], at="")
        return TransactionReply((await reading.shown(tx, actor, program_id, done))[0])

    @post(
        "/members/{profile_id:int}/redeem",
        dto=Strict[RedemptionIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Redeem points",
    )
    async def redeem(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int], data: RedemptionIn
    ) -> TransactionReply:
        """Spend points of a member, or reserve them; 409 with ``available`` when there are fewer."""
        done = await service.redeem(tx, actor, program_id, [(profile_id, data)], at="")
        return TransactionReply((await reading.shown(tx, actor, program_id, done))[0])

    @post(
        "/members/{profile_id:int}/adjust",
        dto=Strict[AdjustmentIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:update"},
        summary="Correct points by hand",
    )
    async def adjust(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int], data: AdjustmentIn
    ) -> TransactionReply:
        """Correct a member's points up or down, with the reason; never below what can be spent."""
        done = await service.adjust(tx, actor, program_id, profile_id, data)
        return TransactionReply((await reading.shown(tx, actor, program_id, [done]))[0])

    @get("/members/{profile_id:int}/balance", opt={"right": "loyalty:read"}, summary="A member's balance")
    async def balance(self, tx: Tx, program_id: FromPath[int], profile_id: FromPath[int]) -> MemberBalance:
        """Return what a member has of each point type at this moment, what it is worth, and what lapses first."""
        return await reading.balance(tx, program_id, profile_id)

    @get("/members/{profile_id:int}/expiring", opt={"right": "loyalty:read"}, summary="Points that will lapse")
    async def expiring(
        self, tx: Tx, program_id: FromPath[int], profile_id: FromPath[int], first: First = None, last: Last = None
    ) -> ExpiringPoints:
        """Return the unspent points that lapse from one day to another, both included, in the database's time zone."""
        start, end = parse_day(first, "/from"), parse_day(last, "/to")
        if start is None or end is None:
            raise invalid_field("/from" if start is None else "/to", "Give the first day and the last")
        return await reading.expiring(tx, program_id, profile_id, start, end)

    @get("/members/{profile_id:int}/transactions", opt={"right": "loyalty:read"}, summary="A member's transactions")
    async def transactions(
        self,
        tx: Tx,
        actor: Actor,
        page: PageRequest,
        program_id: FromPath[int],
        profile_id: FromPath[int],
        points: Points = None,
    ) -> Page[TransactionOut]:
        """Return a page of a member's transactions, the newest first."""
        return await reading.page(tx, actor, program_id, page, points, Filter(profile_id=profile_id))
