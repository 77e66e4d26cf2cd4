"""Routes of a program's reports, and each of them as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from fidelia.platform.engines import Engines
from fidelia.segments import books

from .codes import codes
from .export import tables
from .liability import liability
from .members import levels, members
from .model import (
    LoyaltyBuyers,
    LoyaltyCodes,
    LoyaltyLevels,
    LoyaltyLiability,
    LoyaltyMembers,
    LoyaltyPartners,
    LoyaltyPoints,
    LoyaltyPromotions,
)
from .orders import buyers, promotions
from .partners import partners
from .period import By
from .points import points
from .question import Wanted

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Report = Literal["liability", "points", "members", "levels", "promotions", "buyers", "partners", "codes"]
_REPORTS: dict[Report, Callable[[Engines, Wanted], Awaitable[Any]]] = {
    "liability": liability,
    "points": points,
    "members": members,
    "levels": levels,
    "promotions": promotions,
    "buyers": buyers,
    "partners": partners,
    "codes": codes,
}
First = Annotated[
    str | None,
    QueryParameter(name="from", description="First day, like 2026-01-01; 30 days, 13 weeks or 12 months otherwise"),
]
Last = Annotated[
    str | None,
    QueryParameter(name="to", description="Last day, like 2026-11-30, included; today otherwise, and at most"),
]
InSteps = Annotated[By, QueryParameter(name="by", description="Days, weeks (from Monday) or months; 400 at most")]
Points = Annotated[str | None, QueryParameter(name="points", description="Only this point type, by its key")]
Level = Annotated[
    int | None, QueryParameter(name="level", description="Only members who are on this level at the end of the period")
]
Segment = Annotated[
    int | None, QueryParameter(name="segment", description="Only people who are in this segment at present")
]
Promotion = Annotated[int | None, QueryParameter(name="promotion", description="Only because of this promotion")]
Channel = Annotated[str | None, QueryParameter(name="channel", description="Only orders of this sales channel")]
Region = Annotated[str | None, QueryParameter(name="region", description="Only orders of this region, by external id")]
Currency = Annotated[
    str | None, QueryParameter(name="currency", description="Only orders in this currency; the most used otherwise")
]
Pool = Annotated[int | None, QueryParameter(name="pool", description="Only this pool of promo codes")]


async def wanted(
    program_id: FromPath[int],
    first: First = None,
    last: Last = None,
    by: InSteps = "month",
    points_key: Points = None,
    level: Level = None,
    segment: Segment = None,
    promotion: Promotion = None,
    channel: Channel = None,
    region: Region = None,
    currency: Currency = None,
    pool: Pool = None,
) -> Wanted:
    """Read what is asked."""
    return Wanted(
        program_id=program_id,
        first=first,
        last=last,
        by=by,
        points=points_key,
        level=level,
        segment=segment,
        promotion=promotion,
        channel=channel,
        region=region,
        currency=currency,
        pool=pool,
    )


class LoyaltyReportController(Controller):
    """What a program did: every report is of a period, in steps of the database's time zone."""

    path = "/loyalty/programs/{program_id:int}/analytics"
    tags = ("Loyalty reports",)
    dependencies = {"wanted": wanted}

    @get("/liability", opt={"right": "loyalty:read"}, summary="Outstanding points and their worth")
    async def liability(self, engines: Engines, wanted: Wanted) -> LoyaltyLiability:
        """Return what is outstanding at the end of every step, and its age, expiry, forecast and breakage.

        Takes ``points``, ``level``, ``segment``.
        """
        return await liability(engines, wanted)

    @get("/points", opt={"right": "loyalty:read"}, summary="Points that moved")
    async def points(self, engines: Engines, wanted: Wanted) -> LoyaltyPoints:
        """Return points accrued, redeemed, expired, taken back and adjusted: by step, cause, promotion, place, level.

        Takes ``points``, ``level``, ``segment``, ``promotion``, ``channel``, ``region``.
        """
        return await points(engines, wanted)

    @get("/members", opt={"right": "loyalty:read"}, summary="Members over a period")
    async def members(self, engines: Engines, wanted: Wanted) -> LoyaltyMembers:
        """Return members, who joined, left, moved points and bought, by step and level.

        Takes ``level``, ``segment``; ``channel`` and ``region`` narrow who bought.
        """
        return await members(engines, wanted)

    @get("/levels", opt={"right": "loyalty:read"}, summary="Members by level, and their moves")
    async def levels(self, engines: Engines, wanted: Wanted) -> LoyaltyLevels:
        """Return how members stood on levels at the end of every step, and from which to which they moved.

        Takes ``level``, ``segment``.
        """
        return await levels(engines, wanted)

    @get("/promotions", opt={"right": "loyalty:read"}, summary="What promotions did to orders")
    async def promotions(self, engines: Engines, wanted: Wanted) -> LoyaltyPromotions:
        """Return orders, members, revenue, discounts and points of each promotion, beside the orders without it.

        Takes ``currency``, ``level``, ``segment``, ``promotion``, ``channel``, ``region``.
        """
        return await promotions(engines, wanted)

    @get("/buyers", opt={"right": "loyalty:read"}, summary="Members against everybody else")
    async def buyers(self, engines: Engines, wanted: Wanted) -> LoyaltyBuyers:
        """Return orders, revenue, basket size and frequency of members and of those who were none.

        Takes ``currency``, ``segment``, ``channel``, ``region``, and ``level`` of those who are members.
        """
        return await buyers(engines, wanted)

    @get("/partners", opt={"right": "loyalty:read"}, summary="Settlement with partners")
    async def partners(self, engines: Engines, wanted: Wanted) -> LoyaltyPartners:
        """Return points that each partner's goods earned and were paid with, and what is owed each way.

        Takes ``points``, ``level``, ``segment``, ``channel``, ``region``.
        """
        return await partners(engines, wanted)

    @get("/codes", opt={"right": "loyalty:read"}, summary="What became of promo codes")
    async def codes(self, engines: Engines, wanted: Wanted) -> LoyaltyCodes:
        """Return codes generated, assigned, activated, used and expired, pool by pool.

        Takes ``pool``; ``level`` and ``segment`` narrow whose codes they are.
        """
        return await codes(engines, wanted)

    @get("/csv/{report:str}", opt={"right": "loyalty:read"}, summary="A report as CSV", media_type="text/csv")
    async def as_csv(self, engines: Engines, report: FromPath[Report], wanted: Wanted) -> Response[bytes]:
        """Return everything that a report shows as tables one below another. Takes what the report takes."""
        found = tables(await _REPORTS[report](engines, wanted))
        return _file(books.as_csv(found), "text/csv; charset=utf-8", f"loyalty-{report}.csv")

    @get("/xlsx/{report:str}", opt={"right": "loyalty:read"}, summary="A report as a workbook", media_type=XLSX)
    async def as_xlsx(self, engines: Engines, report: FromPath[Report], wanted: Wanted) -> Response[bytes]:
        """Return a workbook with a sheet for each part of a report. Takes what the report takes."""
        found = tables(await _REPORTS[report](engines, wanted))
        return _file(books.as_xlsx(found), XLSX, f"loyalty-{report}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


API = [LoyaltyReportController]
