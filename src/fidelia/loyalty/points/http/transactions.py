"""Routes of transactions: list, one, how they end, export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import File

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.days import midnight, parse_day
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ... import programs
from ...ledger import Filter, How, State, Type
from .. import export, reading, service
from ..model import EndIn, TransactionDetail, TransactionOut, TransactionReply
from .members import First, Last, Points

InType = Annotated[Type | None, QueryParameter(name="type", description="Only of this type")]
InState = Annotated[State | None, QueryParameter(name="state", description="Only in this state")]
Person = Annotated[int | None, QueryParameter(name="profile", description="Only this member's")]
Promotion = Annotated[int | None, QueryParameter(name="promotion", description="Only because of this promotion")]
Reference = Annotated[str | None, QueryParameter(name="reference", description="The caller's id, exactly")]
Source = Annotated[str | None, QueryParameter(name="source", description='What they come from, like "order"')]
SourceId = Annotated[str | None, QueryParameter(name="source_id", description="Its id, like that of the order")]


async def wanted(
    tx: Tx,
    program_id: FromPath[int],
    kind: InType = None,
    in_state: InState = None,
    profile: Person = None,
    promotion: Promotion = None,
    reference: Reference = None,
    source: Source = None,
    source_id: SourceId = None,
    first: First = None,
    last: Last = None,
) -> Filter:
    """Read which transactions are asked for; days are the database's."""
    program = await programs.program(tx, program_id)
    zone = ZoneInfo((await profiles.get_database(tx, program.database_id)).timezone)
    start, end = parse_day(first, "/from"), parse_day(last, "/to")
    return Filter(
        type=kind,
        state=in_state,
        profile_id=profile,
        promotion_id=promotion,
        reference=reference,
        source_type=source,
        source_id=source_id,
        since=None if start is None else midnight(start, zone),
        until=None if end is None else midnight(end + timedelta(days=1), zone),
    )


class TransactionController(Controller):
    """The ledger of a program."""

    path = "/loyalty/programs/{program_id:int}/transactions"
    tags = ("Loyalty",)
    dependencies = {"wanted": wanted}

    @get("/", opt={"right": "loyalty:read"}, summary="List transactions, newest first")
    async def list_transactions(
        self,
        tx: Tx,
        actor: Actor,
        page: PageRequest,
        program_id: FromPath[int],
        wanted: Filter,
        points: Points = None,
    ) -> Page[TransactionOut]:
        """Return a page of transactions; ``q`` finds a reference or the id of an order."""
        return await reading.page(tx, actor, program_id, page, points, wanted)

    @get("/{transaction_id:str}", opt={"right": "loyalty:read"}, summary="Read a transaction")
    async def one(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], transaction_id: FromPath[str]
    ) -> TransactionDetail:
        """Return a transaction with the lots it opened or used, and the chain it belongs to."""
        return await reading.detail(tx, actor, program_id, transaction_id)

    @post(
        "/{transaction_id:str}/commit",
        dto=Strict[EndIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Commit a hold",
    )
    async def commit(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], transaction_id: FromPath[str], data: EndIn
    ) -> TransactionReply:
        """Make a hold final; 409 when its time is over or it was rolled back."""
        return await _end(tx, actor, program_id, transaction_id, "commit", data)

    @post(
        "/{transaction_id:str}/rollback",
        dto=Strict[EndIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Roll a hold back",
    )
    async def rollback(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], transaction_id: FromPath[str], data: EndIn
    ) -> TransactionReply:
        """Undo a hold: reserved points go back to the lots they came from."""
        return await _end(tx, actor, program_id, transaction_id, "rollback", data)

    @post(
        "/{transaction_id:str}/cancel",
        dto=Strict[EndIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Cancel a transaction",
    )
    async def cancel(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], transaction_id: FromPath[str], data: EndIn
    ) -> TransactionReply:
        """Undo a hold, an accrual, a redemption or a correction; what was spent comes back with its first expiry."""
        return await _end(tx, actor, program_id, transaction_id, "cancel", data)

    @post("/export", status_code=202, opt={"right": "loyalty:read"}, summary="Export transactions")
    async def start_export(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], wanted: Filter, points: Points = None
    ) -> JobReply:
        """Write a CSV file of transactions, the oldest first; the job's result says where it is."""
        chosen = await reading.filtered(tx, program_id, points, wanted)
        return JobReply(await export.start(tx, actor, program_id, chosen))

    @get(
        "/exports/{job_id:str}",
        opt={"right": "loyalty:read"},
        summary="Download exported transactions",
        media_type="text/csv",
    )
    async def download(self, tx: Tx, engines: Engines, program_id: FromPath[int], job_id: FromPath[str]) -> File:
        """Return the file of an export; 404 when it is not there (any more)."""
        path: Path = await export.file(tx, engines, program_id, job_id)
        return File(path, filename=f"transactions-{program_id}.csv", media_type="text/csv")


async def _end(tx: Tx, actor: Actor, program_id: int, transaction_id: str, how: How, data: EndIn) -> TransactionReply:
    done = await service.finish(tx, actor, program_id, transaction_id, how, data.reason)
    return TransactionReply((await reading.shown(tx, actor, program_id, [done]))[0])
