"""Comparing with what is no literal: another field of a row in sight, or values that lie elsewhere.

The operators keep their meaning: the value of the other field takes the place of the literal. Operators that take
several values take a single one as a list of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .facts import MissingFact
from .operators import Operator, Span
from .pairs import LISTS, TEXTS, Common, as_common, common
from .sources import Lookup, Source, SourceKey, ValueSource
from .vocabulary import Field, Link

#: The operators that take the values of a source, and those that need a list.
LOOKED_UP = frozenset({"in", "not_in", "any_of", "none_of", "under"})
NEGATIVE = frozenset({"not_in", "none_of"})
_CHOSEN = frozenset({"in", "not_in"})
_SPANNED = frozenset({"integer", "float", "decimal", "date", "datetime", "time"})

FieldKey = str | tuple[str, ...]


class FieldValue(msgspec.Struct, frozen=True):
    """``{"field": …}``: where it is found (see :class:`~fidelia.conditions.names.Found`), what both are compared as."""

    field: Field
    key: FieldKey
    depth: int
    link: Link | None
    common: Common


class SourceValue(msgspec.Struct, frozen=True):
    """``{"list": …}`` or ``{"table": …, "column": …}``, and what its values are compared as."""

    source: ValueSource
    common: Common


def takes_field(operator: Operator) -> bool:
    """Tell whether an operator may have another field for a value."""
    return operator.shape in ("one", "when", "list")


def takes_source(operator: Operator) -> bool:
    """Tell whether an operator may have a source for a value."""
    return operator.key in LOOKED_UP


def values_of(operator: Operator) -> tuple[str, ...]:
    """Return what may stand in the place of an operator's value, for the web editor."""
    if operator.shape == "none":
        return ()
    also = (("field", takes_field(operator)), ("source", takes_source(operator)))
    return ("literal", *(name for name, fits in also if fits))


def pair(operator: Operator, left: Field, right: Field) -> Common | None:
    """Return what two fields are compared as by an operator; ``None`` when they do not fit."""
    if right.type in LISTS and not (operator.shape == "list" and (left.type in LISTS or operator.key in _CHOSEN)):
        return None
    if operator.key == "under" and right.type not in TEXTS:
        return None
    return common(left.type, left.places, right.type, right.places)


def against_field(
    operator: Operator, left: Field, value: Any, other: FieldValue, given: Any, case: bool, zone: str
) -> bool:
    """Compare the value of a field with the value of another; both were read and are there."""
    mine = as_common(left.type, left.places, value, other.common, case, zone)
    theirs = as_common(other.field.type, other.field.places, given, other.common, case, zone)
    if operator.shape == "list":
        operand: Any = frozenset(theirs) if isinstance(theirs, tuple) else frozenset((theirs,))
    else:
        operand = Span(theirs, theirs) if other.common.type in _SPANNED else theirs
    return bool(operator.python(mine, operand))


def against_source(
    operator: Operator,
    left: Field,
    value: Any,
    other: SourceValue,
    known: Mapping[SourceKey, Source],
    case: bool,
    zone: str,
) -> bool:
    """Look the value of a field, or each of its items, up in a source. Raises :class:`MissingFact`."""
    mine = as_common(left.type, left.places, value, other.common, case, zone)
    source = known.get(other.source.key)
    if source is None:
        raise MissingFact(f"The values of {other.source.title} were not asked for")
    by_day = zone if other.common.type == "date" else ""
    found = False
    for item in mine if isinstance(mine, tuple) else (mine,):  # all of them: whoever notes questions needs each
        holds = source.holds(Lookup(item, other.common, case, by_day))
        if holds is None:
            raise MissingFact(f"It is not known whether {other.source.title} has {item}")
        found = found or holds
    return found is not (operator.key in NEGATIVE)
