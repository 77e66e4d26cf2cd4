"""Quick search: people of every database by whatever is known of them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from fidelia.kernel.errors import Problem, invalid_field
from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..store import databases as databases_store
from .search import search_profiles

_COLUMNS = ("email", "phones", "first_name", "last_name", "external_id", "city", "status", "updated_at")
FoundIn = Literal["profile", "elsewhere"]


class QuickHit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was found. ``found_in`` is ``elsewhere`` when none of the shown fields holds what was asked for: a
    subscription does, another field, or what they had before a merge.
    """

    profile: dict[str, Any]
    found_in: FoundIn


class QuickGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a database has: the first hits, and how many there are (null above 10,000). ``problem`` says why it could
    not be searched: a field that it does not have, or a value that the field cannot have.
    """

    database_id: int
    database: str
    items: list[QuickHit]
    total: int | None
    problem: str | None = None


async def quick_search(tx: Tx, q: str, *, database_id: int | None, limit: int) -> list[QuickGroup]:
    """Return what each database has; those with hits first. Raises 422 for an empty search."""
    if not q.strip():
        raise invalid_field("/q", "Search for an address, a number, a name, an id or field:value")
    groups = []
    for database in await databases_store.every(tx):
        if database_id is None or database.id == database_id:
            groups.append(await _group(tx, database, q, limit))
    return sorted(groups, key=lambda group: (not group.items, group.database_id))


async def _group(tx: Tx, database: Database, q: str, limit: int) -> QuickGroup:
    try:
        page = await search_profiles(tx, database.id, PageRequest(limit=limit, q=q), _COLUMNS)
    except Problem as problem:
        if problem.status != 422:
            raise
        said = "; ".join(error.message for error in problem.errors) or problem.detail
        return QuickGroup(database_id=database.id, database=database.name, items=[], total=0, problem=said)
    words = [word.rpartition(":")[2].strip('"').lower() for word in q.split()]
    hits = [QuickHit(profile=row, found_in="profile" if _shows(row, words) else "elsewhere") for row in page.items]
    return QuickGroup(database_id=database.id, database=database.name, items=hits, total=page.total)


def _shows(row: dict[str, Any], words: list[str]) -> bool:
    texts = " ".join(
        str(item).lower() for value in row.values() for item in (value if isinstance(value, list) else [value])
    )
    digits = "".join(c for c in "".join(words) if c.isdigit()).removeprefix("00")
    has_number = len(digits) >= 7 and any(digits in phone for phone in row.get("phones") or ())
    return has_number or any(word in texts for word in words if word)
