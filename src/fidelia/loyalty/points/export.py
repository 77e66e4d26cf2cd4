"""Transactions as a CSV file, written by a job."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext, JobRef
from fidelia.platform.postgres import Tx

from .. import ledger, programs
from ..ledger import Filter, Transaction

KIND = "loyalty.transactions"
CHUNK = 5_000
KEEP_SECONDS = 7 * 86_400
HEAD = (
    "id,at,points,profile_id,type,state,amount,change,balance_before,balance_after,debt_change,of,reference,"
    "source_type,source_id,promotion_id,reason,by,active_from,expires_at,hold_until,created_at"
).split(",")


async def start(tx: Tx, actor: Actor, program_id: int, wanted: Filter) -> JobRef:
    """Ask for a file of transactions; raise 404."""
    program = await programs.program(tx, program_id)
    return await jobs.create(
        tx,
        kind=KIND,
        title=f"Export transactions of {program.name}",
        actor=actor.name,
        args={"program_id": program_id, "wanted": msgspec.to_builtins(wanted)},
        database_id=program.database_id,
        link=f"/loyalty/{program_id}/transactions",
    )


async def run(ctx: JobContext, *, program_id: int, wanted: dict[str, Any]) -> dict[str, Any]:
    """Write the file. Killed at any moment, it is written again from its beginning."""
    chosen = msgspec.convert(wanted, Filter)
    path = _path(ctx.engines, ctx.job_id)
    part = path.with_name(path.name + ".part")
    await anyio.to_thread.run_sync(_make_room, path)
    async with ctx.tx() as tx:
        keys = {k.id: k.key for k in (await programs.point_types(tx, program_id, archived=True)).values()}
        ctx.progress(0, await ledger.count(tx, program_id, chosen))
    rows, last = 0, None
    try:
        async with await anyio.open_file(part, "wb") as file:
            await file.write(_lines([HEAD]))
            while True:
                await ctx.check()
                async with ctx.tx() as tx:
                    found = await ledger.after(tx, program_id, chosen, last, CHUNK)
                await file.write(_lines([_cells(row, keys) for row in found]))
                rows += len(found)
                ctx.progress(rows)
                if len(found) < CHUNK:
                    break
                last = found[-1].id
        await anyio.to_thread.run_sync(part.replace, path)
    finally:
        part.unlink(missing_ok=True)
    return {
        "rows": rows,
        "size": path.stat().st_size,
        "url": f"/api/v1/loyalty/programs/{program_id}/transactions/exports/{ctx.job_id}",
    }


async def file(tx: Tx, engines: Engines, program_id: int, job_id: str) -> Path:
    """Return where an export lies; raise 404 for one of another program, or that is gone."""
    job = await jobs.get(tx, job_id)
    path = _path(engines, job_id)
    url = f"/loyalty/programs/{program_id}/transactions/exports/{job_id}"
    if job.kind != KIND or not str((job.result or {}).get("url", "")).endswith(url) or not path.exists():
        raise not_found("Export", job_id)
    return path


def _path(engines: Engines, job_id: str) -> Path:
    return Files(engines.files).path(f"points/{job_id}.csv")


def _make_room(path: Path) -> None:
    """Make the folder, and remove files that nobody fetched in a week."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    newest = max((old.stat().st_mtime for old in path.parent.iterdir()), default=0.0)
    for old in path.parent.glob("*.csv"):
        if old.stat().st_mtime < newest - KEEP_SECONDS:
            old.unlink(missing_ok=True)


def _cells(row: Transaction, keys: dict[int, str]) -> list[str]:
    ids: list[UUID | None] = [row.id, row.of_id]
    first, of = ("" if id_ is None else str(id_) for id_ in ids)
    values: list[Any] = [
        first,
        row.at,
        keys.get(row.point_type_id, ""),
        row.profile_id,
        row.type,
        row.state,
        amount_text(row.amount),
        amount_text(row.change),
        amount_text(row.balance_before),
        amount_text(row.balance_after),
        amount_text(row.debt_change),
        of,
        row.reference,
        row.source_type,
        row.source_id,
        row.promotion_id,
        row.reason,
        row.by_name,
        row.active_from,
        row.expires_at,
        row.hold_until,
        row.created_at,
    ]
    return [str(value) if n in _AMOUNTS else _cell(value) for n, value in enumerate(values)]


#: A minus sign of an amount is no formula.
_AMOUNTS = range(6, 11)


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet program runs as a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
