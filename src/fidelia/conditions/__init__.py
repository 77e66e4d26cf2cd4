"""The condition language: one tree, checked against a vocabulary, with two readings that always agree.

Stable interface (everything else is internal):

``decode(json) -> Condition``, ``encode(condition) -> dict``, ``fingerprint(condition) -> str``
    read and write the tree; problems are 400/422 with JSON pointers.
``check(condition, vocabulary, *, subject, live_only, segments, own, pointer) -> Checked``
    types it and lists ALL errors at once (``Problem`` 422). ``Checked.references`` says what it needs, ``live``
    whether it does without history. ``segments(id) -> SegmentRef | None`` looks up segments that are referred to.
``compile(checked, now, tz, *, scope=None, segments=None) -> Query`` (``text``, ``params``)
    ClickHouse SQL of one column and row, ``groupBitmapState`` of the ids for which it holds: pass both to
    ``ch.bitmap``. ``segments`` maps each segment referred to, to ``Stored(id)`` (bitmap table), ``Given(bitmap)``
    (base64 of a state) or its ``Checked`` (worked out on the spot); ``scope`` is such a bitmap that narrows the answer.
``compile_nodes(checked, now, tz, *, scope, segments) -> NodeQueries``, ``node_counts(queries, bitmaps)``
    one query per rule (``queries: {key: Query}``; ``Query.key`` is a key for a cache of its bitmap), and the figures
    ``path alone left without missing`` of every node from the bitmaps by set algebra; ``node_answer(…)`` the answer
    itself. Queries with a ``scan`` may be asked ``together(queries)``: one row of their states. Round ``now`` to profit
    from a cache: every relative window has *now* in its parameters.
``evaluate(checked, facts, now, tz, segments=None) -> bool``, ``explain(…) -> tuple[Verdict, …]``
    the definition of meaning, for one subject in memory. ``Facts(fields=, links=, events=, segments=)``; fields are
    keyed without the subject (``city``); what was not loaded raises ``MissingFact``. ``references.groups`` and ``ever``
    are numbers of bitmaps that ``segments`` and ``ever`` of facts must answer (``memberships.py``).
``prepare(checked, segments) -> Prepared``, ``Asking(now, tz)``, ``needs(checked)``, ``values_at(facts, place)``
    for conditions that are asked many times: closures with the same meaning, and the values one cannot hold without.
``wanted(checked, facts, …)``, ``lookup_query(source, questions)``, ``sources_in(condition)``
    what facts must know of lists and data tables, how to ask for it, and which ones a condition names (``sources.py``).
``sentence(checked, database="") -> Sentence`` (``text``, ``spans``), ``describe(vocabulary) -> VocabularyInfo``
    for people, and for the web editor as JSON.
``Vocabulary Subject Field Option Link EventType EventTable ValueSource MembershipKind json_property merge``
    what capabilities declare (see ``vocabulary.py``); ``merge`` joins it once per profile database.

``now`` is always an aware datetime given by the caller, ``tz`` the database's IANA time zone.
"""

from __future__ import annotations

from .casing import lower
from .check import check
from .check_values import sources_in
from .counts import NodeCount, NodeQueries, compile_nodes, node_answer, node_counts
from .cycles import SegmentLookup, SegmentRef, row_segments_in, segments_in
from .describe import (
    EventInfo,
    FieldInfo,
    LinkInfo,
    MeasureInfo,
    MembershipInfo,
    OperatorInfo,
    RowsInfo,
    SourceInfo,
    TypeInfo,
    VocabularyInfo,
    describe,
)
from .evaluate import Verdict, evaluate, explain
from .facts import Event, Facts, MissingFact, Row
from .json_text import text_property
from .lookups import lookup_query, wanted
from .memberships import BASES, RESERVED, MembershipKind, control_number
from .moments import Duration, parse_duration
from .names import own_field
from .nodes import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    Count,
    Figure,
    Measure,
    Member,
    MemberOf,
    Not,
    Occurred,
    Related,
    Since,
    Take,
    Within,
    decode,
    encode,
    fingerprint,
    walk,
)
from .operators import OPERATORS, Operator
from .pairs import Common
from .plan import Checked, References
from .prepared import Asking, Need, Prepared, needs, only_needs, prepare, values_at
from .sources import Answered, Listed, Lookup, Source, SourceKey, ValueSource
from .sql import Given, Query, Segments, Stored, UnresolvedSegment, compile, together
from .text import Sentence, TextSpan, sentence
from .vocabulary import EventTable, EventType, Field, Link, Option, Subject, Vocabulary, json_property, merge

__all__ = [
    "BASES",
    "OPERATORS",
    "RESERVED",
    "AllOf",
    "Always",
    "Answered",
    "AnyOf",
    "Asking",
    "Checked",
    "Common",
    "Compare",
    "Condition",
    "Count",
    "Duration",
    "Event",
    "EventInfo",
    "EventTable",
    "EventType",
    "Facts",
    "Field",
    "FieldInfo",
    "Figure",
    "Given",
    "Link",
    "LinkInfo",
    "Listed",
    "Lookup",
    "Measure",
    "MeasureInfo",
    "Member",
    "MemberOf",
    "MembershipInfo",
    "MembershipKind",
    "MissingFact",
    "Need",
    "NodeCount",
    "NodeQueries",
    "Not",
    "Occurred",
    "Operator",
    "OperatorInfo",
    "Option",
    "Prepared",
    "Query",
    "References",
    "Related",
    "Row",
    "RowsInfo",
    "SegmentLookup",
    "SegmentRef",
    "Segments",
    "Sentence",
    "Since",
    "Source",
    "SourceInfo",
    "SourceKey",
    "Stored",
    "Subject",
    "Take",
    "TextSpan",
    "TypeInfo",
    "UnresolvedSegment",
    "ValueSource",
    "Verdict",
    "Vocabulary",
    "VocabularyInfo",
    "Within",
    "check",
    "compile",
    "compile_nodes",
    "control_number",
    "decode",
    "describe",
    "encode",
    "evaluate",
    "explain",
    "fingerprint",
    "json_property",
    "lookup_query",
    "lower",
    "merge",
    "needs",
    "node_answer",
    "node_counts",
    "only_needs",
    "own_field",
    "parse_duration",
    "prepare",
    "row_segments_in",
    "segments_in",
    "sentence",
    "sources_in",
    "text_property",
    "together",
    "values_at",
    "walk",
    "wanted",
]
