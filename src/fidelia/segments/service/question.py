"""From a condition to a question: checked against the database's vocabulary, every segment it leads to looked up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from fidelia import conditions, profiles
from fidelia.conditions import Checked, Condition, SegmentRef, Vocabulary
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Segment, SegmentRange
from ..store import segments as store

#: Gives what conditions of a database may speak of; ``fresh`` does without what is kept in memory.
VOCABULARY = "vocabulary"
#: Makes the tables in ClickHouse that conditions of a database read, so that an empty one can be asked too.
TABLES = "segments.tables"
#: Answers who uses a segment, such as ``"mailing Spring sale"``; a list that capabilities above add to.
USED_BY = "segments.used_by"

UsedBy = Callable[[Tx, Segment], Awaitable[Iterable[str]]]
MakeTables = Callable[[Engines, int], Awaitable[None]]


class VocabularyPort(Protocol):
    """Gives the vocabulary of a database; raises 404."""

    async def __call__(self, tx: Tx, database_id: int, *, fresh: bool = False) -> Vocabulary:
        """Return it."""
        ...


class Question(msgspec.Struct, frozen=True):
    """A checked condition with everything needed to answer it.

    ``segments`` holds every segment it leads to, at any depth; ``rules`` their checked conditions, of dynamic ones.
    """

    database_id: int
    database: str
    timezone: str
    checked: Checked
    segments: Mapping[int, Segment]
    rules: Mapping[int, Checked]
    range: SegmentRange | None = None
    limit: int | None = None

    @property
    def text(self) -> conditions.Sentence:
        """The condition in words."""
        return conditions.sentence(self.checked, self.database)


async def vocabulary(tx: Tx, database_id: int, *, fresh: bool = False) -> Vocabulary:
    """Return what conditions of a database may speak of; raise 404."""
    port: VocabularyPort = tx.engines.port(VOCABULARY)
    return await port(tx, database_id, fresh=fresh)


async def ask(
    tx: Tx,
    database_id: int,
    condition: Condition,
    *,
    own: int | None = None,
    pointer: str = "/condition",
    range: SegmentRange | None = None,
    limit: int | None = None,
) -> Question:
    """Check a condition; ``own`` is the segment it belongs to, which it must not lead back to.

    Raises 404 for the database; 422 with a pointer (below ``pointer``) for each fault; 409 when a segment that it
    leads to has rules that no longer fit the vocabulary.
    """
    database = await profiles.get_database(tx, database_id)
    reached = await _reached(tx, database_id, condition)
    try:
        checked, rules = _check(await vocabulary(tx, database_id), condition, reached, own, pointer)
    except Problem:  # perhaps a field or an event type is so new that the kept vocabulary lacks it
        checked, rules = _check(await vocabulary(tx, database_id, fresh=True), condition, reached, own, pointer)
    return Question(database_id, database.name, database.timezone, checked, reached, rules, range, limit)


async def ask_segment(tx: Tx, segment: Segment) -> Question:
    """Return the question of a stored segment; raise 409 when its rules no longer fit the vocabulary."""
    if segment.condition is None:
        raise conflict(f"The segment {segment.name} is a list and has no rules")
    try:
        return await ask(
            tx, segment.database_id, segment.condition, own=segment.id, range=segment.range, limit=segment.limit
        )
    except Problem as exc:
        if exc.status != 422:
            raise
        raise _broken(segment, exc) from exc


def _check(
    words: Vocabulary, condition: Condition, reached: Mapping[int, Segment], own: int | None, pointer: str
) -> tuple[Checked, dict[int, Checked]]:
    def lookup(id_: int) -> SegmentRef | None:
        found = reached.get(id_)
        if found is None:
            return None
        return SegmentRef(found.id, found.name, found.condition, stored=found.type != "dynamic")

    checked = conditions.check(condition, words, segments=lookup, own=own, pointer=pointer)
    rules: dict[int, Checked] = {}
    wanted = list(checked.references.segments)
    while wanted:
        segment = reached[wanted.pop()]
        if segment.type == "dynamic" and segment.condition is not None and segment.id not in rules:
            try:
                rules[segment.id] = conditions.check(segment.condition, words, segments=lookup, own=segment.id)
            except Problem as exc:
                raise _broken(segment, exc) from exc
            wanted += rules[segment.id].references.segments
    return checked, rules


def _broken(segment: Segment, exc: Problem) -> Problem:
    return conflict(
        f"The rules of the segment {segment.name} cannot be worked out any more: {exc.detail}",
        *exc.errors,
        segment=segment.id,
    )


async def _reached(tx: Tx, database_id: int, condition: Condition) -> dict[int, Segment]:
    """Load every segment of the database that a condition leads to, at any depth."""
    known: dict[int, Segment] = {}
    asked: set[int] = set()
    wanted = set(conditions.segments_in(condition))
    while wanted:
        asked |= wanted
        found = [
            s for s in await store.some(tx, _ids(wanted)) if s.database_id == database_id and s.archived_at is None
        ]
        known.update({s.id: s for s in found})
        # Lists are not looked into: their members are stored. Rules of updatable ones are, for circles.
        wanted = {i for s in found if s.condition is not None for i in conditions.segments_in(s.condition)} - asked
    return known


def _ids(wanted: Iterable[int]) -> list[int]:
    return [id_ for id_ in wanted if 0 < id_ < 2**31]
