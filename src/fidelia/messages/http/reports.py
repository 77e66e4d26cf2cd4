"""Routes of reports: figures, people, files."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from fidelia.kernel.paging import Page, PageRequest, page_request
from fidelia.platform.engines import Engines
from fidelia.platform.http import csv_file
from fidelia.platform.postgres import Tx

from ..service import people as service
from ..service.mailings import get_mailing
from ..service.people import MailingPerson
from ..service.report import MailingReport, run_of
from ..service.report import report as report_of

Figure = Annotated[str, QueryParameter(name="state", description=f"One of: {', '.join(service.FIGURES)}")]
Reason = Annotated[str | None, QueryParameter(name="reason", description="Only for this reason")]
RunId = Annotated[int | None, QueryParameter(name="run", description="Of this run instead of the newest")]
LinkNo = Annotated[int | None, QueryParameter(name="link", ge=-1, le=32_000, description="Only clicks on this link")]
SenderNo = Annotated[
    int | None, QueryParameter(name="sender", description="Only whose message went by this sender of the report")
]
VariantNo = Annotated[int | None, QueryParameter(name="variant", description="Only who got this variant: 1 is A")]


class ReportController(Controller):
    """How a mailing went."""

    path = "/mailings/{mailing_id:int}"
    tags = ("Mailings",)

    @get("/report", opt={"right": "mailings:read"}, summary="Report of a mailing")
    async def report(
        self,
        tx: Tx,
        mailing_id: FromPath[int],
        run: RunId = None,
        unit: Annotated[str | None, QueryParameter(name="unit", description="hour or day")] = None,
    ) -> MailingReport:
        """Return its figures as of now; they add up at every moment."""
        return await report_of(tx, mailing_id, unit, run)

    @get("/people", opt={"right": "mailings:read"}, summary="People behind a figure")
    async def people(
        self,
        tx: Tx,
        page: PageRequest,
        mailing_id: FromPath[int],
        figure: Figure = "audience",
        reason: Reason = None,
        link: LinkNo = None,
        run: RunId = None,
        variant: VariantNo = None,
        sender: SenderNo = None,
    ) -> Page[MailingPerson]:
        """Return the people behind a figure, ordered by id, each with the reason."""
        wanted = service.wanted_of(figure, reason, link, variant, sender)
        return await service.people(tx, mailing_id, page, wanted, run)

    @get(
        "/people.csv",
        opt={"right": "mailings:read"},
        media_type="text/csv",
        summary="Download the people behind a figure",
    )
    async def export(
        self,
        tx: Tx,
        engines: Engines,
        mailing_id: FromPath[int],
        q: Annotated[str | None, QueryParameter(name="q", description="Only whom this search finds")] = None,
        figure: Figure = "audience",
        reason: Reason = None,
        link: LinkNo = None,
        run: RunId = None,
        variant: VariantNo = None,
        sender: SenderNo = None,
    ) -> Stream:
        """Stream the people behind a figure as CSV; with ``q`` those whom the search finds, on all pages."""
        wanted = service.wanted_of(figure, reason, link, variant, sender)
        mailing = await get_mailing(tx, mailing_id)
        chosen = await run_of(tx, mailing_id, run)
        among = await service.found_by(tx, mailing.database_id, page_request(None, None, q, None).q)
        return csv_file(f"mailing-{mailing_id}-{figure}.csv", service.export_people(engines, chosen, wanted, among))
