"""People who share an address or a number: found over fields and subscriptions in one look."""

from __future__ import annotations

from typing import Any

from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..service.databases import get_database
from ..service.profiles import read_many
from ..store import databases as databases_store
from . import store_duplicates as store
from .model import DuplicateGroup

SHOWN = 10
_COLUMNS = ("email", "phones", "first_name", "last_name", "external_id", "city", "status", "created_at", "updated_at")


async def duplicates(tx: Tx, database_id: int, page: PageRequest, kind: str | None) -> Page[DuplicateGroup]:
    """Return a page of groups ordered by kind and value; ``q`` is a part of the value. Raises 404, 422."""
    database = await get_database(tx, database_id)
    after = databases_store.cursor_values(page.cursor, str, str) if page.cursor is not None else None
    rows, total = await store.groups(await tx.raw(), database, kind, page.q or "", after, page.limit + 1)
    shown = rows[: page.limit]
    wanted = {i for row in shown for i in row.profiles[:SHOWN]}
    people: dict[int, dict[str, Any]] = {r["id"]: r for r in await read_many(tx, database_id, wanted, _COLUMNS)}
    items = [
        DuplicateGroup(
            kind=row.kind,
            value=row.value,
            count=row.size,
            profiles=[people[i] for i in row.profiles[:SHOWN] if i in people],
        )
        for row in shown
    ]
    cursor = encode_cursor([shown[-1].kind, shown[-1].value]) if len(rows) > page.limit else None
    return Page(items, cursor, total)
