"""What a condition will ask sources of values about one subject, and the queries that answer it.

    while questions := wanted(checked, facts, now, tz, segments): ask, put the answers into ``facts.sources``, repeat

More than one round is needed only where the answer decides which rows are looked at further on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from .against_sql import source_sql, zone_sql
from .bind import Binder, Typed
from .evaluate import note_every_node
from .facts import Facts
from .plan import Checked
from .sources import Lookup, Source, SourceKey, ValueSource
from .sql import Query


class _Noting:
    """Answers from what is known, and notes what is not."""

    def __init__(self, key: SourceKey, known: Source | None, noted: dict[SourceKey, set[Lookup]]) -> None:
        self._key = key
        self._known = known
        self._noted = noted

    def holds(self, question: Lookup) -> bool:
        """Answer; ``False`` for now where the answer is not known."""
        answer = self._known.holds(question) if self._known is not None else None
        if answer is None:
            self._noted.setdefault(self._key, set()).add(question)
        return bool(answer)


def wanted(
    checked: Checked, facts: Facts, now: datetime, tz: str, segments: Mapping[int, Checked] | None = None
) -> dict[SourceKey, frozenset[Lookup]]:
    """Return the questions to sources that ``facts`` do not answer yet; empty when ``evaluate`` can do its work.

    Raises :class:`~fidelia.conditions.facts.MissingFact` for anything else that was not loaded.
    """
    noted: dict[SourceKey, set[Lookup]] = {}
    asked = {key for one in (checked, *(segments or {}).values()) for key in one.references.sources}
    noting = {key: _Noting(key, facts.sources.get(key), noted) for key in asked}
    note_every_node(checked, msgspec.structs.replace(facts, sources=noting), now, tz, segments)
    return {key: frozenset(questions) for key, questions in noted.items()}


def lookup_query(source: ValueSource, questions: Iterable[Lookup]) -> tuple[Query, tuple[Lookup, ...]]:
    """Return one query for many questions: a row of arrays of 0 and 1, and the questions in the order of the answers.

    Flatten the arrays of the row: the n-th answer belongs to the n-th question.
    """
    groups: dict[tuple[object, ...], list[Lookup]] = {}
    for question in questions:
        groups.setdefault((question.common, question.case, question.zone), []).append(question)
    binder = Binder()
    columns = []
    for group in groups.values():
        one = group[0]
        zone = zone_sql(one.zone) if one.zone else ""
        bind = Typed(binder, one.common.type, one.common.places)
        values = source_sql(source, one.common, one.case, zone)
        columns.append(f"arrayMap(v -> v IN ({values}), {bind([q.value for q in group], 'Array')})")
    order = tuple(question for group in groups.values() for question in group)
    return Query(f"SELECT {', '.join(columns)}", binder.params), order
