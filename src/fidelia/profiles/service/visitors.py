"""One person at the speed of a page: found and read in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..matching import read_matching
from ..store import match
from ..store import profiles as store
from ..store.profiles import Row


async def visitor(
    tx: Tx, database: Database, columns: Sequence[str], *, profile_id: int = 0, external_id: str = ""
) -> Row | None:
    """Return a person by id, else by external id, with the named fields that exist, ``id`` and ``version``.

    Who was merged into somebody else is that one. ``None`` when there is nobody.
    """
    raw = await tx.raw()
    fields = [field for name in dict.fromkeys(columns) if (field := database.field(name)) is not None]
    known = database.field("external_id")
    found = None
    if 0 < profile_id <= MAX_PROFILE_ID:
        found = await store.read_one(raw, database, fields, "id", profile_id)
    elif external_id and known is not None:
        found = await store.read_one(raw, database, fields, known.column, external_id)
    if found is not None or not (profile_id or external_id):
        return found
    how = read_matching(database, "profile_id" if profile_id else "external_id")
    key = profile_id or external_id
    people = (await match.find(raw, database, how, [key])).people.get(key, [])
    return await store.read_one(raw, database, fields, "id", people[0]) if people else None
