"""Who is in a segment: as a bitmap, as pages, as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import conflict, invalid_field, unavailable
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines

from ..model import Segment
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store
from . import answer
from .preview import Unsaved, check_columns, check_sample, people
from .question import ask, ask_segment
from .refusals import in_words
from .sheets import cell

EXPORT_CHUNK = 5000
#: How long erasures are noted: longer than any list takes to be worked out.
KEEP_ERASURES = timedelta(days=7)
_SEARCHED = 1000


async def segment_people(
    engines: Engines, segment_id: int, *, now: datetime | None = None, tag: str | None = None, wait: bool = True
) -> BitMap:
    """Return who is in a segment: the stored list, or worked out now for a dynamic one. The bitmap is one's own.

    Everything acknowledged before is seen; ``wait`` takes as long as that takes. Raises 404; 409 for an archived
    segment or rules that no longer work; 503; without ``wait`` :class:`~fidelia.platform.drain.DrainBehind`.
    """
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        if segment.archived_at is not None:
            raise conflict(f"The segment {segment.name} is archived: restore it first")
        if segment.type != "dynamic":
            return await members_store.members(tx, segment_id)
        question = await ask_segment(tx, segment)
        at = now or tx.now
    with in_words():
        await answer.catch_up(engines, segment.database_id, wait=wait)
        return await answer.answer(engines, question, at, tag=tag)


async def people_among(
    engines: Engines, segment_id: int, among: BitMap, *, now: datetime | None = None, tag: str | None = None
) -> BitMap:
    """Return which of these people are in a segment now; only they are looked at. See :func:`segment_people`.

    A segment that keeps the first so many has to be worked out as a whole.
    """
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        if segment.archived_at is not None:
            raise conflict(f"The segment {segment.name} is archived: restore it first")
        if segment.type != "dynamic":
            return among & await members_store.members(tx, segment_id)
        question = await ask_segment(tx, segment)
        at = now or tx.now
    if segment.limit is not None:
        return among & await segment_people(engines, segment_id, now=now, tag=tag)
    with in_words():
        await answer.catch_up(engines, segment.database_id, wait=True)
        return await answer.answer_among(engines, question, among, at, tag=tag)


async def condition_people(
    engines: Engines,
    what: Unsaved,
    *,
    own: int | None = None,
    now: datetime | None = None,
    tag: str | None = None,
    wait: bool = True,
) -> BitMap:
    """Return the people of a condition that is not saved; see :func:`segment_people`.

    ``own`` is the segment it is meant for, which it must not lead back to. Raises 422 too.
    """
    check_sample(what)
    async with engines.tx() as tx:
        question = await ask(tx, what.database_id, what.condition, own=own, range=what.range, limit=what.limit)
        at = now or tx.now
    with in_words():
        await answer.catch_up(engines, what.database_id, wait=wait)
        return await answer.answer(engines, question, at, tag=tag)


async def member_page(
    engines: Engines,
    segment_id: int,
    page: PageRequest,
    columns: Sequence[str],
    *,
    log_id: int | None = None,
    run: tuple[int, Literal["entered", "left"]] | None = None,
) -> Page[dict[str, Any]]:
    """Return a page of people with some columns, ordered by id.

    ``q`` searches as in the list of profiles. ``log_id``: those who entered or left by one change instead; ``run``:
    those who entered, or left, by one run.
    Raises 404, 409, 422, 503.
    """
    if page.sort not in (None, "id", "profile_id"):
        raise invalid_field("/sort", "The people of a segment are sorted by id")
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        check_columns(await profiles.get_database(tx, segment.database_id), columns)
        chosen = None if log_id is None else await members_store.log_people(tx, segment_id, log_id)
        if run is not None:
            entered, left = await runs_store.people(tx, segment_id, run[0])
            erased = await members_store.erased_since(tx, segment.database_id, tx.now - KEEP_ERASURES)
            chosen = (entered if run[1] == "entered" else left) - erased
    try:
        found = await segment_people(engines, segment_id, wait=False) if chosen is None else chosen
    except DrainBehind as exc:
        raise unavailable("So much was written just now that nobody can say yet who is in; ask again") from exc
    if page.q:
        return await _searched(engines, segment, found, page, columns)
    after = 0
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int) or not 0 <= page.cursor[0] <= MAX_PROFILE_ID:
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        after = page.cursor[0]
    start = found.rank(after)
    part = found[start : start + page.limit]
    async with engines.tx() as tx:
        rows = await people(tx, segment.database_id, part, columns)
    more = start + page.limit < len(found)
    return Page(rows, encode_cursor([part.max()]) if more else None, len(found))


async def _searched(
    engines: Engines, segment: Segment, found: BitMap, page: PageRequest, columns: Sequence[str]
) -> Page[dict[str, Any]]:
    """Search the database and keep who is in; the cursor is the search's own, so a page may be short."""
    request = msgspec.structs.replace(page, limit=_SEARCHED, sort=None)
    rows: list[dict[str, Any]] = []
    async with engines.tx() as tx:
        while True:
            hits = await profiles.search_profiles(tx, segment.database_id, request, list(columns))
            for row in hits.items:
                if row["id"] in found:
                    if len(rows) == page.limit:
                        return Page(rows, encode_cursor([rows[-1]["profile_id"]]), None)
                    rows.append({"profile_id": row["id"], **{name: row[name] for name in columns}})
            if hits.next_cursor is None:
                return Page(rows, None, len(rows) if page.cursor is None else None)
            request = msgspec.structs.replace(request, cursor=[hits.items[-1]["id"]])


# -- files ----------------------------------------------------------------------------------------------------------


async def export(engines: Engines, segment_id: int, columns: Sequence[str] | None) -> tuple[str, AsyncIterator[bytes]]:
    """Return the name of a CSV file and its parts: everybody of a segment, all fields or some.

    Cells that a spreadsheet would take for a formula get an apostrophe in front. Raises 404, 409, 422, 503.
    """
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        database = await profiles.get_database(tx, segment.database_id)
        chosen = list(columns) if columns is not None else [field.name for field in database.fields]
        check_columns(database, chosen)
    try:
        found = await segment_people(engines, segment_id, wait=False)
    except DrainBehind as exc:
        raise unavailable("So much was written just now that nobody can say yet who is in; ask again") from exc
    return plain_name(segment.name, segment.id, "csv"), _file(engines, database.id, found, chosen)


def plain_name(text: str, number: int, suffix: str) -> str:
    """Return a plain name for a file about something."""
    word = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower())
    return f"{word.strip('-')[:80] or 'people'}-{number}.{suffix}"


async def _file(engines: Engines, database_id: int, found: BitMap, columns: list[str]) -> AsyncIterator[bytes]:
    yield _line(["profile_id", *columns])
    for start in range(0, len(found), EXPORT_CHUNK):
        async with engines.tx() as tx:
            rows = await people(tx, database_id, found[start : start + EXPORT_CHUNK], columns)
        yield b"".join(_line([cell(row[name]) for name in ("profile_id", *columns)]) for row in rows)


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
