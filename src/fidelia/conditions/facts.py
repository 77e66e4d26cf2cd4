"""Facts: what is known of one subject when a condition is evaluated in memory."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from .sources import Source, SourceKey


class MissingFact(LookupError):
    """The facts do not hold what the condition asks for (rows of a link, the history, a segment).

    This is not a missing *value*: it means that the caller did not load it. An answer would be a guess.
    """


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: ``fields`` by their names without the subject (``city``), ``links`` to other rows by the link's name.

    ``id`` is the value of ``Subject.order``: it orders rows of the same time.
    """

    fields: Mapping[str, Any] = {}
    links: Mapping[str, Sequence[Row]] = {}
    id: Any = 0


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event: its type, the moment (aware), its properties as JSON values."""

    type: str
    at: datetime
    properties: Mapping[str, Any] = {}
    id: str = ""


class Facts(Row, frozen=True, kw_only=True):
    """A subject with its history and memberships. ``events`` is ``None`` when the history was not loaded.

    ``segments`` tells for each segment (or other number of a bitmap) asked about whether the subject belongs to it,
    ``ever`` whether it ever did; ``members`` holds whole lists of rows (products …) by their numbers. ``sources`` knows
    which of the subject's values lists and tables hold (see ``lookups.py``).
    """

    events: Sequence[Event] | None = None
    segments: Mapping[int, bool] = {}
    ever: Mapping[int, bool] = {}
    members: Mapping[int, Container[int]] = {}
    sources: Mapping[SourceKey, Source] = {}
