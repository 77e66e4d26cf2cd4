"""Routes of a campaign's report."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from fidelia.kernel.days import parse_day
from fidelia.platform.engines import Engines
from fidelia.segments import books

from .export import tables
from .model import CampaignReport
from .report import report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
From = Annotated[str | None, QueryParameter(name="from", description="First day, like 2026-11-01; its start otherwise")]
To = Annotated[str | None, QueryParameter(name="to", description="Last day, like 2026-11-30; until now otherwise")]
Currency = Annotated[
    str | None, QueryParameter(name="currency", description="For amounts; that of the cost, or the most used otherwise")
]


class CampaignReportController(Controller):
    """What a campaign changed, and what its activities did."""

    path = "/campaigns/{campaign_id:int}"
    tags = ("Campaigns",)

    @get("/report", opt={"right": "analytics:read"}, summary="Report of a campaign")
    async def report(
        self,
        engines: Engines,
        campaign_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> CampaignReport:
        """Return the verdict with its 95 % interval, both sides, activities, channels, strata, days and money.

        409 while the campaign has not begun. Without a control group there is no verdict.
        """
        return await report(engines, campaign_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)

    @get(
        "/report.csv",
        opt={"right": "analytics:read"},
        summary="A campaign's report as CSV",
        media_type="text/csv",
    )
    async def report_csv(
        self,
        engines: Engines,
        campaign_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> Response[bytes]:
        """Return everything that the report shows as tables one below another."""
        found = await report(engines, campaign_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)
        return _file(books.as_csv(tables(found)), "text/csv; charset=utf-8", f"campaign-{campaign_id}.csv")

    @get(
        "/report.xlsx",
        opt={"right": "analytics:read"},
        summary="A campaign's report as a workbook",
        media_type=XLSX,
    )
    async def report_xlsx(
        self,
        engines: Engines,
        campaign_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> Response[bytes]:
        """Return a workbook with a sheet for each part of the report."""
        found = await report(engines, campaign_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)
        return _file(books.as_xlsx(tables(found)), XLSX, f"campaign-{campaign_id}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
