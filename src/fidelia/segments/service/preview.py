"""Counts and previews: of a condition that may not be saved yet, and of a segment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import conditions, profiles
from fidelia.conditions import Condition
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Calculation, SegmentRange
from ..store import members as members_store
from ..store import segments as store
from . import answer
from .question import Question, ask, ask_segment
from .refusals import in_words

MAX_ROWS = 1000
MAX_COLUMNS = 50
DEFAULT_COLUMNS = ("email", "first_name", "last_name")


class Wanted(msgspec.Struct, frozen=True):
    """What is to be told of the answer: ``rows`` people with some columns, figures of every node or not."""

    columns: tuple[str, ...] = DEFAULT_COLUMNS
    rows: int = 50
    nodes: bool = False


class Unsaved(msgspec.Struct, frozen=True):
    """A condition that is asked as it stands in an editor."""

    database_id: int
    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None


async def calculate(
    engines: Engines, what: Unsaved | int, wanted: Wanted, *, wait: bool = False, tag: str | None = None
) -> Calculation:
    """Count and show the people of a condition or a segment, as of now.

    ``wait`` takes as long as it takes. Raises 404, 422 with pointers, 409 (see ``question``), 503; without ``wait``
    :class:`~fidelia.platform.drain.DrainBehind` when too much waits to be moved.
    """
    started = time.perf_counter()
    async with engines.tx() as tx:
        now = tx.now
        question, stored = await _question(tx, what)
        await _check_columns(tx, question, what, wanted)
    counts, total, matched = None, None, BitMap()
    if stored is not None:
        found = matched = stored
    else:
        assert question is not None
        with in_words():
            await answer.catch_up(engines, question.database_id, wait=wait)
            if wanted.nodes:
                now = answer.rounded(now)
                matched, counts, total = await answer.answer_nodes(engines, question, now, tag=tag)
            else:
                matched = await answer.answer_all(engines, question, now, tag=tag)
            found = await answer.sample(engines.clickhouse, question, matched, tag)
    async with engines.tx() as tx:
        preview = await people(tx, await _database(tx, what), islice(found, wanted.rows), wanted.columns)
        if isinstance(what, int) and stored is None:
            await store.set_figures(tx, what, len(found), now)
    text = question.text if question is not None else conditions.Sentence("", ())
    return Calculation(
        count=len(found),
        matched=len(matched),
        total=total,
        preview=preview,
        nodes=None if counts is None else list(counts),
        sentence=text.text,
        spans=text.spans,
        as_of=now,
        took_ms=round((time.perf_counter() - started) * 1000),
    )


async def _question(tx: Tx, what: Unsaved | int) -> tuple[Question | None, BitMap | None]:
    """Return what is to be asked, or the list that is there already."""
    if isinstance(what, Unsaved):
        check_sample(what)
        return await ask(tx, what.database_id, what.condition, range=what.range, limit=what.limit), None
    segment = await store.get(tx, what)
    question = await ask_segment(tx, segment) if segment.condition is not None else None
    return question, None if segment.type == "dynamic" else await members_store.members(tx, what)


def check_sample(what: Unsaved) -> None:
    """Raise 422 for a range or limit that cannot be."""
    faults = rules.range_errors(what.range) + rules.limit_errors(what.limit, "/segment_limit")
    if faults:
        raise invalid(*faults)


async def _database(tx: Tx, what: Unsaved | int) -> int:
    return what.database_id if isinstance(what, Unsaved) else (await store.get(tx, what)).database_id


async def _check_columns(tx: Tx, question: Question | None, what: Unsaved | int, wanted: Wanted) -> None:
    """Refuse columns that do not exist before anything long is asked."""
    database = await profiles.get_database(tx, question.database_id if question else await _database(tx, what))
    check_columns(database, wanted.columns)


def check_columns(database: profiles.Database, columns: Sequence[str]) -> None:
    """Raise 422 for columns that the database does not have, or for too many."""
    faults = [
        FieldError(f"/columns/{n}", f"There is no field {name[:100]!r} in this database")
        for n, name in enumerate(columns)
        if database.field(name) is None
    ]
    if len(columns) > MAX_COLUMNS:
        faults.append(FieldError("/columns", f"Choose {MAX_COLUMNS} columns at most"))
    if faults:
        raise invalid(*faults)


async def people(tx: Tx, database_id: int, ids: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return profiles as rows: ``profile_id`` and the columns, ordered by id."""
    rows: list[Mapping[str, Any]] = list(await profiles.read_many(tx, database_id, list(ids), list(columns)))
    return [{"profile_id": row["id"], **{name: row[name] for name in columns}} for row in rows]
