"""Routes of the global control group of a database."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.days import parse_day
from fidelia.kernel.errors import invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ..model import SegmentSchedule
from ..service.books import as_csv, as_xlsx
from ..service.preview import DEFAULT_COLUMNS
from . import refresh, rules, service, store
from . import strata as strata_rules
from .export import tables
from .members import member_page
from .model import Activity, ControlGroup, ControlPlace, ControlPlan, ControlRun, StratumField
from .report import ControlReport, report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Percent = Annotated[float, msgspec.Meta(ge=0, le=100, description="How many to keep back; 5 is advised")]
From = Annotated[str | None, QueryParameter(name="from", description="First day, like 2026-11-01")]
To = Annotated[str | None, QueryParameter(name="to", description="Last day, like 2026-11-30")]
Currency = Annotated[str | None, QueryParameter(name="currency", description="For amounts; the most used otherwise")]


class ControlGroupIn(Body, frozen=True):
    """A group to be made. Without ``schedule`` newcomers are assigned daily at 03:00; null: only when asked."""

    percent: Percent
    cap: int | None = None
    strata: list[StratumField] = []
    exceptions: list[Activity] = []
    schedule: SegmentSchedule | None = msgspec.field(default_factory=lambda: service.DAILY)
    active: bool = True


class ControlGroupPatch(Body, frozen=True):
    """What is to be changed; ``version`` is the one that was read, to notice somebody else's change."""

    percent: Percent | UnsetType = UNSET
    cap: int | UnsetType | None = UNSET
    strata: list[StratumField] | UnsetType = UNSET
    exceptions: list[Activity] | UnsetType = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    version: int | UnsetType = UNSET


class ControlPlanIn(Body, frozen=True):
    """A group that is thought about."""

    percent: Percent
    cap: int | None = None
    strata: list[StratumField] = []


class ControlDeleted(msgspec.Struct, frozen=True):
    """How many people left the group."""

    left: int


class ControlGroupController(Controller):
    """The global control group of a database: people whom no message reaches, so that one sees what messages change."""

    path = "/databases/{database_id:int}"
    tags = ("Control groups",)

    @get("/control-group", opt={"right": "databases:read"}, summary="Read the control group")
    async def one(self, tx: Tx, database_id: FromPath[int]) -> ControlGroup:
        """Return the group with its figures; 404 while the database has none."""
        return await service.read(tx, database_id)

    @post(
        "/control-group",
        dto=Strict[ControlGroupIn],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Make the control group",
    )
    async def create(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: ControlGroupIn) -> ControlGroup:
        """Store the group; a job (``open_run``) draws its first members."""
        made = service.Definition(**{name: getattr(data, name) for name in ControlGroupIn.__struct_fields__})
        return await service.create(tx, actor, database_id, made)

    @patch(
        "/control-group",
        dto=Strict[ControlGroupPatch],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Change the control group",
    )
    async def change(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: ControlGroupPatch) -> ControlGroup:
        """Change what is given. Nobody changes sides; another share or cap counts for people who come from now on."""
        wanted = service.Change(**{name: getattr(data, name) for name in ControlGroupPatch.__struct_fields__})
        return await service.change(tx, actor, database_id, wanted)

    @delete("/control-group", status_code=200, opt={"right": "databases:update"}, summary="Delete the control group")
    async def remove(self, tx: Tx, actor: Actor, database_id: FromPath[int]) -> ControlDeleted:
        """Let everybody go; a group that is made again draws other people."""
        return ControlDeleted(await service.delete(tx, actor, database_id))

    @post(
        "/control-group/refresh",
        status_code=202,
        opt={"right": "databases:update"},
        summary="Assign newcomers to the control group now",
    )
    async def refresh(self, tx: Tx, actor: Actor, database_id: FromPath[int]) -> JobReply:
        """Start a job that gives everybody a side who has none yet."""
        return JobReply(await refresh.ask(tx, actor, database_id))

    @post(
        "/control-group/plan",
        dto=Strict[ControlPlanIn],
        return_dto=None,
        status_code=200,
        opt={"right": "databases:read"},
        summary="What a control group would be",
    )
    async def plan(self, engines: Engines, database_id: FromPath[int], data: ControlPlanIn) -> ControlPlan:
        """Split the database as it stands; changes nothing."""
        async with engines.tx() as tx:
            database = await profiles.get_database(tx, database_id)
            thought = service.Definition(percent=data.percent, cap=data.cap, strata=data.strata)
            errors = service.faults(database, thought, tx)
        if errors:
            raise invalid(*errors)
        made, _ = strata_rules.divisions(database, data.strata)
        try:
            return await refresh.plan(engines, database_id, rules.millionths(data.percent), data.cap, made)
        except DrainBehind as exc:
            raise refresh.behind() from exc

    @get("/control-group/history", opt={"right": "databases:read"}, summary="List the refreshes of the control group")
    async def history(self, tx: Tx, page: PageRequest, database_id: FromPath[int]) -> Page[ControlRun]:
        """Return a page of builds and refreshes, newest first."""
        return await store.RUNS.page(tx, (await store.get(tx, database_id)).id, page)

    @get("/control-group/members", opt={"right": "profiles:read"}, summary="List the people of the control group")
    async def members(
        self,
        tx: Tx,
        page: PageRequest,
        database_id: FromPath[int],
        columns: Annotated[
            str | None, QueryParameter(name="columns", description="Names of fields, separated by commas")
        ] = None,
    ) -> Page[dict[str, Any]]:
        """Return a page of people ordered by id; ``q`` searches as in the list of profiles."""
        chosen = DEFAULT_COLUMNS if columns is None else tuple(name for name in columns.split(",") if name)
        return await member_page(tx, database_id, page, chosen)

    @get(
        "/profiles/{profile_id:int}/control-group",
        opt={"right": "profiles:read"},
        summary="On which side of the control group somebody stands",
    )
    async def place(self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]) -> ControlPlace:
        """Return the side, the stratum and since when; 404 while the database has no control group."""
        return await service.place(tx, database_id, profile_id)

    @get("/control-group/report", opt={"right": "analytics:read"}, summary="Compare the control group with the others")
    async def report(
        self,
        engines: Engines,
        database_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> ControlReport:
        """Return conversions, revenue, average order and purchases of both, with differences and 95 % intervals."""
        return await report(engines, database_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)

    @get(
        "/control-group/report.csv",
        opt={"right": "analytics:read"},
        summary="The control group's report as CSV",
        media_type="text/csv",
    )
    async def report_csv(
        self,
        engines: Engines,
        database_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> Response[bytes]:
        """Return figures, strata and course as tables."""
        found = await report(engines, database_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)
        return _file(as_csv(tables(found)), "text/csv; charset=utf-8", f"control-group-{database_id}.csv")

    @get(
        "/control-group/report.xlsx",
        opt={"right": "analytics:read"},
        summary="The control group's report as a workbook",
        media_type=XLSX,
    )
    async def report_xlsx(
        self,
        engines: Engines,
        database_id: FromPath[int],
        since: From = None,
        until: To = None,
        currency: Currency = None,
    ) -> Response[bytes]:
        """Return a workbook with a sheet for the figures, the strata and the course."""
        found = await report(engines, database_id, parse_day(since, "/from"), parse_day(until, "/to"), currency)
        return _file(as_xlsx(tables(found)), XLSX, f"control-group-{database_id}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
