"""The upsert of many profiles from items: read, write, and answer for each item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import invalid, invalid_field, too_large
from fidelia.platform.postgres import Tx

from .. import channels
from ..matching import read_matching
from ..rules import escape
from ..store.databases import open_for_write
from .apply import apply
from .items import read_items
from .model import Mode, Options, Outcome, RowError, Status

#: More items than this are read in a thread, so that the process goes on answering others.
_INLINE = 50


class ItemError(msgspec.Struct, frozen=True):
    """What is wrong with a part of an item, or worth knowing: ``pointer`` leads into the request's body."""

    pointer: str
    message: str


class UpsertItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item. ``profile_id`` is null only for a rejected one that matched nobody.

    ``superseded_by`` is the index of a later item with the same key: the values of the later one won.
    """

    index: int
    status: Status
    profile_id: int | None
    errors: list[ItemError]
    superseded_by: int | None = None


class UpsertOut(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an upsert: a result per item in their order, and how many have each status.

    ``duplicates`` says how many items were superseded by a later one; they count as unchanged.
    """

    items: list[UpsertItem]
    created: int
    updated: int
    unchanged: int
    rejected: int
    duplicates: int = 0


async def upsert(
    tx: Tx,
    actor: Actor,
    database_id: int,
    items: Sequence[Mapping[str, Any]],
    *,
    matching: str = "email",
    field: str | None = None,
    resource_id: int | None = None,
    mode: Mode = "upsert",
    raise_consent: bool = False,
) -> UpsertOut:
    """Add and change profiles, as many as ``limits.batch_items`` at once, and return a result for each item.

    An item is a JSON object of values by field name: ``null`` empties a field, what is left out stays as it is;
    ``subscriptions`` may hold wishes for consent. A status or subscription never becomes more permissive unless
    ``raise_consent`` is set: the item's result then says so. A wrong item is rejected alone.

    Raises 404 for the database, 413 for too many items, 422 for a matching that does not exist.
    """
    limit = tx.engines.settings.limits.batch_items
    if len(items) > limit:
        raise too_large(f"An upsert takes {limit:,} items at most; these are {len(items):,}")
    database = await open_for_write(tx, database_id)
    if fault := await channels.matching_fault(tx, matching, field, "/field"):
        raise invalid(fault)
    how = read_matching(database, matching, field=field, resource_id=resource_id)
    if mode == "add" and how.by_id:
        raise invalid_field("/mode", "Profiles cannot be added by profile_id: Fidelia gives the ids")
    if len(items) <= _INLINE:
        batch = read_items(database, how, items)
    else:
        batch = await anyio.to_thread.run_sync(read_items, database, how, items)
    options = Options(matching=matching, field=field, resource_id=resource_id, mode=mode, raise_consent=raise_consent)
    return answer(len(items), await apply(tx, actor, database, batch, options))


def answer(count: int, outcome: Outcome) -> UpsertOut:
    """Return the results of the items in their order."""
    errors: dict[int, list[RowError]] = defaultdict(list)
    for error in [*outcome.rejected, *outcome.notes]:
        errors[error.row].append(error)
    later = dict(outcome.superseded)
    by_row = outcome.results
    counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    results = []
    for index in range(count):
        winner = later.get(index)
        status, profile = by_row.get(index if winner is None else winner, ("rejected", 0))
        notes = [ItemError(_pointer(e), e.message) for e in errors.get(index, ())]
        if winner is not None:
            status = "rejected" if status == "rejected" else "unchanged"
            notes.append(
                ItemError(f"/items/{index}", f"Item {winner} is about the same profile; its values were taken")
            )
        counts[status] += 1
        results.append(
            UpsertItem(index=index, status=status, profile_id=profile or None, errors=notes, superseded_by=winner)
        )
    return UpsertOut(items=results, **counts, duplicates=len(later))


def _pointer(error: RowError) -> str:
    where = "/".join(escape(part) for part in error.field.split("/")) if error.field else ""
    return f"/items/{error.row}/{where}" if where else f"/items/{error.row}"
