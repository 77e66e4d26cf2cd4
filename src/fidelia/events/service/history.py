"""Reading history: of one profile, and the latest events of a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fidelia import profiles
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..catalogue import BUILTIN, GROUPS, Group, group_of, types_of
from ..model import HistoryGroup, HistoryItem, HistoryPage, HistoryType
from ..projection import ensure_events
from ..sentences import REFERENCES, Names, sentence
from ..store import history as store
from ..store import types as type_store

#: Port: for each kind of reference (``mailing``, ``segment`` …) who knows the names of its numbers.
NAMES = "events.names"
NameReader = Callable[[Tx, Collection[int]], Awaitable[Mapping[int, str]]]


async def caught_up(engines: Engines) -> bool:
    """Make what is acknowledged visible; return ``False`` when too much waits to be waited for."""
    try:
        await engines.catch_up()
    except DrainBehind:
        return False
    return True


async def history(
    tx: Tx,
    page: PageRequest,
    database_id: int,
    profile_id: int,
    *,
    types: Sequence[str] | None = None,
    group: Group | None = None,
) -> HistoryPage:
    """Return a page of what happened to a profile, newest first, with counts by group; raise 404 or 422."""
    await profiles.get_database(tx, database_id)
    there = 0 < profile_id <= MAX_PROFILE_ID and await profiles.exists(tx, database_id, [profile_id])
    if not there:
        profile_id = (await profiles.resolve(tx, database_id, [profile_id])).get(profile_id, 0)
    if not profile_id:
        raise not_found("Profile", profile_id)
    complete = await caught_up(tx.engines)
    await ensure_events(tx.engines, database_id)
    counts = await store.counts(tx.engines.clickhouse, database_id, profile_id)
    labels = {row.name: row.label for row in await type_store.every(tx, database_id)}
    if group is not None:
        in_group = {name for name in counts if group_of(name) == group}
        types = sorted(in_group if types is None else in_group & set(types))
    items, cursor = await _page(tx, page, database_id, labels, profile=profile_id, types=types)
    wanted = counts if types is None else {name: counts[name] for name in types if name in counts}
    return HistoryPage(
        items=items,
        next_cursor=cursor,
        total=sum(count for count, _ in wanted.values()),
        groups=_groups(counts, labels),
        complete=complete,
    )


async def latest(
    tx: Tx, page: PageRequest, database_id: int, *, types: Sequence[str] | None = None, profile: int | None = None
) -> Page[HistoryItem]:
    """Return a page of the latest events of a database; raise 404 or 422."""
    if profile is not None and not 0 < profile <= MAX_PROFILE_ID:
        raise invalid_field("/profile", "profile is the number of a profile")
    await profiles.get_database(tx, database_id)
    await caught_up(tx.engines)
    await ensure_events(tx.engines, database_id)
    labels = {row.name: row.label for row in await type_store.every(tx, database_id)}
    items, cursor = await _page(tx, page, database_id, labels, profile=profile, types=types)
    return Page(items, cursor, None)


def split(text: str | None) -> list[str] | None:
    """Read a filter of several names with commas."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if len(names) > 200 or any(len(name) > 200 for name in names):
        raise invalid_field("/type", "type names up to 200 types")
    return names or None


def check_group(name: str | None) -> Group | None:
    """Read the name of a group; raise 422."""
    for known in GROUPS:
        if known == name:
            return known
    if name is not None:
        raise invalid_field("/group", f"group must be one of: {', '.join(GROUPS)}")
    return None


async def _page(
    tx: Tx,
    page: PageRequest,
    database_id: int,
    labels: Mapping[str, str],
    *,
    profile: int | None,
    types: Sequence[str] | None,
) -> tuple[list[HistoryItem], str | None]:
    rows = await store.page(
        tx.engines.clickhouse,
        database_id,
        page.limit + 1,
        profile=profile,
        types=types,
        before=_position(page.cursor),
        now=tx.now,
    )
    more, rows = len(rows) > page.limit, rows[: page.limit]
    names = await _names(tx, rows)
    items = [
        HistoryItem(
            id=row.id,
            type=row.type,
            at=row.at,
            profile=row.profile,
            group=group_of(row.type),
            text=sentence(row.type, row.properties, names, labels.get(row.type, "")),
            properties=row.properties,
        )
        for row in rows
    ]
    if not more:
        return items, None
    last = rows[-1]
    return items, encode_cursor([last.at.isoformat(), last.type, last.profile, last.id])


def _position(cursor: list[Any] | None) -> store.Position | None:
    if cursor is None:
        return None
    try:
        at, type_, profile, id_ = cursor
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as exc:
        raise _bad_cursor() from exc
    fits = isinstance(type_, str) and isinstance(id_, str) and isinstance(profile, int) and 0 <= profile < 2**32
    if not fits or not 1900 <= moment.year < 2299:
        raise _bad_cursor()
    return moment, type_, profile, id_


def _bad_cursor() -> Exception:
    return invalid_field("/cursor", "This cursor is not one that this list has returned")


async def _names(tx: Tx, rows: Sequence[store.HistoryRow]) -> Names:
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for kind in REFERENCES if row.type in BUILTIN else ():
            number = row.properties.get(kind)
            if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31:
                wanted[kind].add(number)
    readers: Mapping[str, NameReader] = tx.engines.ports.get(NAMES, {})
    found: dict[tuple[str, int], str] = {}
    for kind, numbers in wanted.items():
        if kind in readers:
            found.update({(kind, n): name for n, name in (await readers[kind](tx, numbers)).items()})
    return found


def _groups(counts: Mapping[str, tuple[int, datetime]], labels: Mapping[str, str]) -> list[HistoryGroup]:
    groups = []
    for group, label in GROUPS.items():
        order = {name: n for n, name in enumerate(types_of(group))}
        mine = sorted((name for name in counts if group_of(name) == group), key=lambda n: (order.get(n, 1000), n))
        types = [
            HistoryType(name, labels.get(name) or (BUILTIN[name].label if name in BUILTIN else name), counts[name][0])
            for name in mine
        ]
        if types:
            groups.append(HistoryGroup(group, label, sum(t.count for t in types), types))
    return groups
