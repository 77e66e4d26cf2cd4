"""What tells whether compiled promotions still hold: one small question for each order."""

from __future__ import annotations

from typing import NamedTuple

from fidelia.platform.postgres import Asked, Tx

_COLUMNS = """
select p.id, p.xmin::text || p.ctid::text, r.xmin::text || r.ctid::text, d.timezone, d.schema_version
from profile_database d
"""
_ACTIVE = f"""{_COLUMNS}
left join loyalty_program p on p.database_id = d.id and p.state = 'active'
left join loyalty_rules r on r.program_id = p.id where d.id = %s
"""
_ONE = f"""{_COLUMNS}
join loyalty_program p on p.database_id = d.id
left join loyalty_rules r on r.program_id = p.id where p.id = %s
"""


class Scene(NamedTuple):
    """A database's active program, ``None`` for none, and marks of all that its compiled promotions come from.

    Rows are marked by their place and by the transaction that wrote them, because version numbers of a change that was
    rolled back come again.
    """

    program_id: int | None
    program: str | None
    rules: str | None
    zone: str
    schema: int


async def ask_active(tx: Tx, database_id: int) -> Asked[Scene | None]:
    """Ask for the active program of a database; ``None`` answers that there is no such database."""
    small = database_id if 0 < database_id < 2**31 else 0
    return await tx.ask(_ACTIVE, (small,), lambda rows: Scene(*rows[0]) if rows else None)


async def of_program(tx: Tx, program_id: int) -> Scene:
    """Return the scene of a program that exists, whatever its state."""
    return await (await tx.ask(_ONE, (program_id,), lambda rows: Scene(*rows[0]))).answer()
