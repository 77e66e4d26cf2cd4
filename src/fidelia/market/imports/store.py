"""Queries of the market's imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import market_import, market_import_reject
from .model import ImportColumn, ImportRun, MarketImport, RejectedRow

_i, _r = market_import.c, market_import_reject.c


def _out(row: sa.Row[Any]) -> MarketImport:
    options = row.options
    run = options.get("run")
    return MarketImport(
        id=row.id,
        kind=row.kind,
        database_id=row.database_id,
        file_name=row.file_name,
        state=row.state,
        columns=msgspec.convert(options["columns"], list[ImportColumn]),
        run=None if run is None else msgspec.convert(run, ImportRun),
        rows=row.rows,
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        rejected=row.rejected,
        error=options.get("error"),
        job_id=row.job_id,
        author=row.author,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def create(tx: Tx, values: dict[str, Any]) -> int:
    """Insert an import; return its id."""
    query = sa.insert(market_import).values(**values, created_at=tx.now, updated_at=tx.now).returning(_i.id)
    return int(await tx.scalar(query))


async def find(tx: Tx, import_id: int, *, lock: bool = False) -> tuple[MarketImport, dict[str, Any], str]:
    """Return an import, its stored options and where its file lies; raise 404."""
    query = sa.select(market_import).where(_i.id == import_id)
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise not_found("Import", import_id)
    return _out(row), dict(row.options), row.stored


async def change(tx: Tx, import_id: int, **values: Any) -> None:
    """Change columns of an import."""
    await tx.execute(sa.update(market_import).where(_i.id == import_id).values(**values, updated_at=tx.now))


async def page(tx: Tx, request: PageRequest) -> Page[MarketImport]:
    """Return a page of imports, the newest first."""
    total = await tx.scalar(sa.select(sa.func.count()).select_from(market_import))
    sorts: dict[str, sa.ColumnElement[Any]] = {"created_at": _i.created_at, "file_name": _i.file_name}
    rows, cursor = await sorted_rows(
        tx, sa.select(market_import), request, sorts=sorts, key=_i.id, default="-created_at"
    )
    return Page([_out(row) for row in rows], cursor, total)


async def add(tx: Tx, import_id: int, rows: int, counts: dict[str, int], refused: Sequence[RejectedRow]) -> None:
    """Count what a batch did; ``rows`` is how many of the file are done now."""
    values = {name: _i[name] + count for name, count in counts.items()}
    await tx.execute(sa.update(market_import).where(_i.id == import_id).values(rows=rows, **values, updated_at=tx.now))
    if refused:
        await tx.execute(
            sa.insert(market_import_reject),
            [{"import_id": import_id, "line": r.line, "error": r.error, "cells": r.cells} for r in refused],
        )


async def refused(tx: Tx, import_id: int, after: int, limit: int) -> list[RejectedRow]:
    """Return rows that were refused, in the order of the file."""
    rows = await tx.all(
        sa.select(market_import_reject).where(_r.import_id == import_id, _r.line > after).order_by(_r.line).limit(limit)
    )
    return [RejectedRow(row.line, row.error, list(row.cells)) for row in rows]


async def stale(tx: Tx, before: datetime) -> list[str]:
    """Return the files of imports that ended, or were never begun, before a moment."""
    rows = await tx.all(
        sa.select(_i.stored).where(_i.updated_at < before, _i.state.not_in(("queued", "running")), _i.stored != "")
    )
    return [row.stored for row in rows]


async def forget_files(tx: Tx, keys: Sequence[str]) -> None:
    """Note that files are gone."""
    await tx.execute(sa.update(market_import).where(_i.stored.in_(keys)).values(stored=""))


async def forget_refused(tx: Tx, before: datetime) -> None:
    """Forget refused rows of imports of before a moment: they may name people."""
    old = sa.select(_i.id).where(_i.created_at < before)
    await tx.execute(sa.delete(market_import_reject).where(_r.import_id.in_(old)))
