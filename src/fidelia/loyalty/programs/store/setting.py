"""A program with all its parts, kept by the process and found again by one small question.

What is kept is known by the place of the program's row (``ctid``) and by the transaction that wrote it (``xmin``):
every change of a program or of a part writes this row anew. So what was rolled back is told from what has the same
version number now.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from ..model import LevelGroup, PointType, Program
from . import parts, programs

_MARK = """
select p.xmin::text || p.ctid::text, d.timezone from loyalty_program p
join profile_database d on d.id = p.database_id where p.id = %s
"""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A program at a moment: ``types`` are all its points by id, archived ones too; ``zone`` is its database's."""

    program: Program
    types: Mapping[int, PointType]
    groups: tuple[LevelGroup, ...]
    zone: str
    mark: tuple[str, str]


_kept: dict[tuple[str, int], Setting] = {}


async def setting(tx: Tx, program_id: int) -> Setting:
    """Return a program with its parts, whatever its state, as they are in this transaction; raise 404."""
    asked = await tx.ask(_MARK, (program_id if 0 < program_id < 2**31 else 0,), lambda rows: rows)
    rows = await asked.answer()
    if not rows:
        raise not_found("Program", program_id)
    kept = _kept.get((tx.engines.db.dsn, program_id))
    mark: tuple[str, str] = tuple(rows[0])
    if kept is not None and kept.mark == mark:
        return kept
    types = await parts.point_types(tx, program_id, archived=True)
    made = Setting(
        program=await programs.get(tx, program_id),
        types={one.id: one for one in types.values()},
        groups=tuple(await parts.level_groups(tx, program_id)),
        zone=mark[1],
        mark=mark,
    )
    _kept[tx.engines.db.dsn, program_id] = made
    return made
