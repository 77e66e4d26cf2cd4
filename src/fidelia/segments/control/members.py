"""The people of a control group, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..service.preview import check_columns, people
from . import store


async def member_page(tx: Tx, database_id: int, page: PageRequest, columns: Sequence[str]) -> Page[dict[str, Any]]:
    """Return a page of the people kept back with some columns, ordered by id.

    ``q`` finds people as the list of profiles does. Raises 404, 422.
    """
    group = await store.get(tx, database_id)
    check_columns(await profiles.get_database(tx, database_id), columns)
    if page.sort not in (None, "id", "profile_id"):
        raise invalid_field("/sort", "The people of a control group are sorted by id")
    after = 0
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int) or not 0 <= page.cursor[0] <= MAX_PROFILE_ID:
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        after = page.cursor[0]
    found = await store.members(tx, group.id)
    if page.q:
        found &= await profiles.search_ids(tx, database_id, page.q)
    start = found.rank(after)
    part = found[start : start + page.limit]
    rows = await people(tx, database_id, part, columns)
    more = start + page.limit < len(found)
    return Page(rows, encode_cursor([part.max()]) if more else None, len(found))
