"""What a list was worked out from. The same again means the same list, so there is nothing to be done.

The rules are compiled to the question as it would be asked now: a window that moves with time ("in the last 30 days")
has its present edges in it, a rule on days the present day. With it go the marks of every table that is read, the
versions of the lists it looks into, and range and limit. So a rule whose window moves by the clock is never skipped,
one that speaks of days is skipped until midnight, and one without time until somebody writes what it reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from fidelia import conditions
from fidelia.conditions import Checked, Given, Query, Stored
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..projection import TABLE
from ..store import clickhouse, members
from .cache import key_of, tables
from .question import Question

#: Worked out anew after this time whatever the marks say.
GOOD_FOR = timedelta(days=7)


async def fingerprints(
    engines: Engines,
    tx: Tx,
    questions: Mapping[int, Question],
    now: datetime,
    resolved: Mapping[int, Mapping[int, Checked | Stored | Given]],
) -> dict[int, str]:
    """Return the fingerprints of the questions of some segments, as they would be asked now."""
    queries: dict[int, Query] = {
        id_: conditions.compile(question.checked, now, question.timezone, segments=resolved[id_])
        for id_, question in questions.items()
    }
    # All lists lie in one table, which every swap changes: the versions of those that are read say more.
    marks = await clickhouse.marks(engines.clickhouse, tables(queries.values()) - {TABLE})
    lists = {i for q in questions.values() for i, segment in q.segments.items() if segment.type != "dynamic"}
    versions = await members.versions(tx, lists)
    others = {id_: _others(question) for id_, question in questions.items()}
    written = await clickhouse.written(engines.clickhouse, TABLE, frozenset().union(*others.values()))
    found: dict[int, str] = {}
    for id_, question in questions.items():
        content = (
            key_of(queries[id_], marks),
            sorted((i, versions.get(i, 0)) for i in question.segments if i in lists),
            sorted((number, written.get(number, 0)) for number in others[id_]),
            question.range,
            question.limit,
        )
        found[id_] = hashlib.blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()
    return found


def _others(question: Question) -> frozenset[int]:
    """Return the numbers of the lists that a question looks into and that are of no segment."""
    parts = [checked.references for checked in (question.checked, *question.rules.values())]
    return frozenset(number for part in parts for number in part.groups | part.ever if number >= conditions.RESERVED)
