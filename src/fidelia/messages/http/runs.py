"""Routes of runs: those of a mailing in a row, launches by hand, coming launches, the kinds of mailings there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule

from ..kinds.registry import KINDS
from ..model import Mailing, MailingType
from ..service import launches as service
from ..service.calendar import MailingCalendar, calendar
from ..service.launches import MailingRun


class ComingIn(Body, frozen=True):
    """A schedule, and the database whose time zone counts when it names none."""

    database_id: int
    schedule: MonthSchedule
    count: Annotated[int, msgspec.Meta(ge=1, le=50)] = 5


class ComingOut(msgspec.Struct, frozen=True):
    """When the schedule launches next; fewer than asked for when it ends."""

    launches: list[datetime]


class MailingKind(msgspec.Struct, frozen=True):
    """A kind of mailing; one that is ``lasting`` is active until it is stopped."""

    type: MailingType
    lasting: bool


class MailingKinds(msgspec.Struct, frozen=True):
    """The kinds of mailings that can be made."""

    items: list[MailingKind]


class RunController(Controller):
    """The runs of mailings."""

    path = "/mailings"
    tags = ("Mailings",)

    @get("/kinds", opt={"right": "mailings:read"}, summary="Kinds of mailings")
    async def kinds(self) -> MailingKinds:
        """Return the kinds of mailings that can be made."""
        return MailingKinds([MailingKind(name, kind.lasting) for name, kind in KINDS.items()])

    @post(
        "/launches",
        dto=Strict[ComingIn],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:read"},
        summary="When a schedule launches",
    )
    async def coming(self, tx: Tx, data: ComingIn) -> ComingOut:
        """Return the next moments of a schedule that need not be saved; 422 says what is wrong with it."""
        return ComingOut(await service.coming_launches(tx, data.database_id, data.schedule, data.count))

    @get("/calendar", opt={"right": "mailings:read"}, summary="Calendar of mailings")
    async def calendar(
        self,
        tx: Tx,
        database: Annotated[int, QueryParameter(name="database", description="Of this database")],
        first: Annotated[date, QueryParameter(name="from", description="The first day")],
        last: Annotated[date, QueryParameter(name="to", description="The last day")],
        campaign: Annotated[int | None, QueryParameter(name="campaign", description="Of this campaign only")] = None,
    ) -> MailingCalendar:
        """Return what was sent and what is planned, in days of the database's time zone."""
        return await calendar(tx, database, first, last, campaign)

    @get("/{mailing_id:int}/runs", opt={"right": "mailings:read"}, summary="Runs of a mailing")
    async def runs(self, tx: Tx, page: PageRequest, mailing_id: FromPath[int]) -> Page[MailingRun]:
        """Return a page of its runs and skipped launches with their figures, the newest first."""
        return await service.list_runs(tx, mailing_id, page)

    @post("/{mailing_id:int}/launch", opt={"right": "mailings:run"}, status_code=200, summary="Launch it now")
    async def launch(self, tx: Tx, actor: Actor, mailing_id: FromPath[int]) -> Mailing:
        """Launch an active recurring mailing by hand, beside its schedule; 409 while the former launch is at work."""
        return await service.launch_by_hand(tx, actor, mailing_id)
