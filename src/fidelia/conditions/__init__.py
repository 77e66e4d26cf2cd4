"""The condition language: one tree, checked against a vocabulary, with two readings that always agree.

Stable interface (everything else is internal):

``decode(json) -> Condition`` · ``encode(condition) -> dict`` · ``fingerprint(condition) -> str``
    read and write the tree; problems are 400/422 with JSON pointers.
``check(condition, vocabulary, *, subject, live_only, segments, pointer) -> Checked``
    types it and lists ALL errors at once (``Problem`` 422); ``Checked.references`` says what it needs.
``evaluate(checked, facts, now, tz) -> bool`` and ``explain(…) -> tuple[Verdict, …]``
    the definition of meaning, for one subject in memory.
``compile(checked, now, tz, *, scope=None, segments=None) -> Query`` (``text``, ``params``)
    ClickHouse SQL of one column: ``groupBitmapState`` of the ids for which it holds; pass both to ``ch.bitmap``.
``compile_nodes(checked, now, tz, …) -> NodeQueries`` and ``node_counts(queries, bitmaps) -> tuple[NodeCount, …]``
    one query per leaf, to be cached, and the set algebra over their bitmaps.
``sentence(checked) -> Sentence`` (``text``, ``spans``) · ``describe(vocabulary) -> dict`` for people and the web editor.
``Vocabulary Subject Field Option Link EventType EventTable json_property merge``
    what capabilities declare.

``now`` is always an aware datetime given by the caller, ``tz`` the database's IANA time zone.
"""

from __future__ import annotations

from .nodes import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    Count,
    Measure,
    Member,
    MemberOf,
    Not,
    Occurred,
    Related,
    Within,
    decode,
    encode,
    fingerprint,
    walk,
)
from .vocabulary import EventTable, EventType, Field, Link, Option, Subject, Vocabulary, json_property, merge

__all__ = [
    "AllOf",
    "Always",
    "AnyOf",
    "Compare",
    "Condition",
    "Count",
    "EventTable",
    "EventType",
    "Field",
    "Link",
    "Measure",
    "Member",
    "MemberOf",
    "Not",
    "Occurred",
    "Option",
    "Related",
    "Subject",
    "Vocabulary",
    "Within",
    "decode",
    "encode",
    "fingerprint",
    "json_property",
    "merge",
    "walk",
]
