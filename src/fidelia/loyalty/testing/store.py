"""Queries of saved cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct

from .tables import loyalty_test_case

_c = loyalty_test_case.c


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A saved case as it is stored."""

    id: int
    program_id: int
    name: str
    asked: dict[str, Any]
    expected: dict[str, Any]
    expected_at: datetime
    author: str
    revision: int
    created_at: datetime
    updated_at: datetime


_READ = sa.select(*(_c[name] for name in CaseRow.__struct_fields__))


async def every(tx: Tx, program_id: int) -> list[CaseRow]:
    """Return the saved cases of a program by name."""
    rows = await tx.all(_READ.where(_c.program_id == program_id).order_by(sa.func.lower(_c.name), _c.id))
    return [as_struct(row, CaseRow) for row in rows]


async def get(tx: Tx, program_id: int, case_id: int, *, lock: bool = False) -> CaseRow:
    """Return a saved case of a program; raise 404. ``lock`` lets nobody else change it."""
    stmt = _READ.where(_c.program_id == program_id, _c.id == (case_id if 0 < case_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Saved case", case_id)
    return as_struct(row, CaseRow)


async def add(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """Store a case; return its id, ``None`` when another of the program has the name."""
    stmt = insert(loyalty_test_case).values(**values, created_at=tx.now, updated_at=tx.now)
    found = await tx.scalar(stmt.on_conflict_do_nothing().returning(_c.id))
    return None if found is None else int(found)


async def name_taken(tx: Tx, program_id: int, name: str, own: int) -> bool:
    """Tell whether another case of a program has the name."""
    stmt = sa.select(_c.id).where(
        _c.program_id == program_id, sa.func.lower(_c.name) == sa.func.lower(name), _c.id != own
    )
    return await tx.scalar(stmt) is not None


async def change(tx: Tx, case_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a case and raise its revision."""
    await tx.execute(
        sa.update(loyalty_test_case)
        .where(_c.id == case_id)
        .values(**values, revision=_c.revision + 1, updated_at=tx.now)
    )


async def delete(tx: Tx, case_id: int) -> None:
    """Delete a case."""
    await tx.execute(sa.delete(loyalty_test_case).where(_c.id == case_id))
