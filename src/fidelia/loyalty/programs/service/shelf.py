"""Parts of a program that are put away and brought back, such as points and partners; and what is noted of parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.platform.postgres import Tx

from ..model import Program
from ..store import parts
from ..store import programs as store
from .checks import refuse_archived
from .manage import touched


class Part(Protocol):
    """Something of a program that can be put away."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def archived_at(self) -> datetime | None:
        """Since when it is put away."""
        ...


P = TypeVar("P", bound=Part)


async def opened(tx: Tx, program_id: int) -> Program:
    """Lock a program whose parts are to be changed; raise 404, 409 when it is archived."""
    program = await store.get(tx, program_id, lock=True)
    refuse_archived(program)
    return program


async def put_away(
    tx: Tx, actor: Actor, action: str, program: Program, found: Part, table: sa.Table, picture: Any
) -> None:
    """Archive a part of a locked program, unless it is; the audit log keeps ``picture`` of it under ``action``."""
    if found.archived_at is None:
        await parts.update(tx, table, found.id, {"archived_at": tx.now})
        await touched(tx, program)
        await audit(tx, actor, action, **_named(program, found.name), before=picture)


async def bring_back(
    tx: Tx,
    actor: Actor,
    action: str,
    program_id: int,
    part_id: int,
    table: sa.Table,
    read: Callable[[Tx, int, int], Awaitable[P]],
) -> P:
    """Restore a part of a program, unless it is in use; ``read`` finds it. Raises 404, 409 for an archived program."""
    program = await opened(tx, program_id)
    found = await read(tx, program_id, part_id)
    if found.archived_at is not None:
        await parts.update(tx, table, found.id, {"archived_at": None})
        await touched(tx, program)
        await audit(tx, actor, action, **_named(program, found.name))
    return await read(tx, program_id, part_id)


async def note_part(
    tx: Tx, actor: Actor, action: str, program: Program, name: str, *, before: Any = None, after: Any = None
) -> None:
    """Write down what somebody did with a part of a program."""
    await audit(tx, actor, action, **_named(program, name), before=before, after=after)


def _named(program: Program, name: str) -> dict[str, Any]:
    return {"kind": "loyalty_program", "object_id": program.id, "name": f"{program.name}: {name}"}
