"""What lists and tables ask of capabilities above: who refers to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

#: The port: a list of functions that name what refers to a list or table ("segment Lapsed").
LISTS_USED_BY = "profiles.lists_used_by"


class SourceRef(msgspec.Struct, frozen=True):
    """What is asked about: a ``list`` by its id, or a table by database and name, perhaps one ``column`` of it."""

    list: int | None = None
    database_id: int | None = None
    table: str = ""
    column: str = ""


ListsUsedBy = Callable[[Tx, SourceRef], Awaitable[Sequence[str]]]


async def used_by(tx: Tx, ref: SourceRef) -> list[str]:
    """Return who refers to a list or table, in words."""
    askers: Sequence[ListsUsedBy] = tx.engines.port(LISTS_USED_BY)
    return [name for ask in askers for name in await ask(tx, ref)]


async def refuse_used(tx: Tx, ref: SourceRef, what: str, instead: str) -> None:
    """Raise 409 when somebody refers to it, naming them; ``instead`` says what to do first."""
    users = await used_by(tx, ref)
    if users:
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        raise conflict(f"{what} is used by {', '.join(users[:10])}{more}. {instead}", used_by=users)
