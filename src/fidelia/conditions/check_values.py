"""Checking what a field is compared with: a literal, another field, or values that lie elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import nodes
from .against import FieldValue, SourceValue, pair, takes_field, takes_source
from .check_figures import BAD
from .json_text import JSON_TYPES
from .names import Found, Frame, find, nearest, visible
from .operators import OPERATORS, Operator
from .pairs import LISTS, TEXTS, common
from .plan import NOW, Plan, Test
from .sources import SourceKey, ValueSource
from .types import TYPES
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from .check import Checker

#: As what a property that nobody declared is compared with values of a type.
_LIKE = {"decimal": "float", "enum": "string", "tree": "tags", "time": "string"}
_CHOSEN = frozenset({"in", "not_in"})
_MANY = frozenset({"any_of", "all_of", "none_of"})


class _Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"as_": "as"}):
    field: str
    as_: str | None = None


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    list: int


class _Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    table: str
    column: str


_Reference = _Field | _List | _Column


def sources_in(condition: nodes.Condition) -> list[SourceKey]:
    """Return the keys of the sources a condition refers to itself, in the order of reading, each once."""
    found: dict[SourceKey, None] = {}
    for _, node in nodes.walk(condition):
        if isinstance(node, nodes.Compare) and isinstance(node.value, dict):
            reference = _reference(node.value)
            if isinstance(reference, _List | _Column):
                found[_key(reference)] = None
    return list(found)


def compare(checker: Checker, node: nodes.Compare, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check a comparison; ``None`` when it has errors."""
    operator = OPERATORS.get(node.op)
    if isinstance(node.value, dict) and (operator is None or operator.shape != "none"):
        return _compare_other(checker, node, path, frames, node.value)
    found = _left(checker, node, path, frames, node.as_)
    if found is None:
        return None
    operator = checker.operator(node.op, f"{path}/op", found.field)
    if operator is None:
        return None
    value = checker.value(operator, found.field.type, node.value, f"{path}/value", found.field)
    return None if value is BAD else _test(node, path, found, operator, value)


def _test(node: nodes.Compare, path: str, found: Found, operator: Operator, value: Any) -> Test:
    return Test(path, found.field, found.key, found.depth, found.link, operator, value, node.case)


def _compare_other(
    checker: Checker, node: nodes.Compare, path: str, frames: Sequence[Frame], raw: dict[str, Any]
) -> Plan | None:
    """Check a comparison with another field or a source: each gives a type to the other when it has none."""
    reference = _reference(raw)
    if isinstance(reference, str):
        checker.bad(f"{path}/value{reference}", _SHAPES)
        return None
    if isinstance(reference, _Field):
        plain = find(checker.vocabulary, frames, node.field, node.op, None, node.as_)
        hint = reference.as_ or _like(node, None if plain is None or (plain.open and not node.as_) else plain)
        other = _found(checker, reference.field, f"{path}/value/field", frames, hint)
        _chosen_type(checker, other, reference.as_, f"{path}/value/as")
        theirs = None if other is None else other.field.type
        found = _left(checker, node, path, frames, node.as_ or _beside(node, theirs))
        return None if found is None or other is None else _field_value(checker, node, path, frames, found, other)
    source = _source(checker, reference, f"{path}/value")
    found = _left(checker, node, path, frames, node.as_ or _beside(node, None if source is None else source.type))
    return None if found is None or source is None else _source_value(checker, node, path, found, source)


def _left(checker: Checker, node: nodes.Compare, path: str, frames: Sequence[Frame], as_: str | None) -> Found | None:
    found = _found(checker, node.field, f"{path}/field", frames, as_, node)
    if found is None:
        if node.op not in OPERATORS:
            checker.operator(node.op, f"{path}/op", None)
        return None
    return found if _chosen_type(checker, found, node.as_, f"{path}/as") else None


def _found(
    checker: Checker,
    name: str,
    pointer: str,
    frames: Sequence[Frame],
    as_: str | None,
    node: nodes.Compare | None = None,
) -> Found | None:
    op, raw = (node.op, node.value) if node is not None else ("eq", None)
    known = as_ if as_ in JSON_TYPES else None  # another is complained of where it stands
    found = find(checker.vocabulary, frames, name, op, raw, known)
    if found is None:
        hint = nearest(name, visible(checker.vocabulary, frames))
        checker.bad(pointer, f"There is no field {name} here{hint}")
        return None
    checker.fields.add(found.field.name)
    if found.link is not None:
        checker.links.add(found.link.name)
    live = found.field.live and (found.link is None or found.link.live)
    if not found.field.name.startswith("event."):  # of an event it was said at the event
        checker.history(pointer, live, f"The field {found.field.name}")
    return found


def _chosen_type(checker: Checker, found: Found | None, as_: str | None, pointer: str) -> bool:
    """Check the type that was asked for; tell whether it is right."""
    if as_ is None or found is None:
        return True
    if as_ not in JSON_TYPES:
        checker.bad(pointer, f"A property can be compared as one of these: {', '.join(JSON_TYPES)}")
        return False
    if found.field.type not in (as_, "any"):
        checker.bad(pointer, f"{found.field.name} is a {TYPES[found.field.type].label} already; leave as out")
        return False
    return True


def _like(node: nodes.Compare, plain: Found | None) -> str:
    """Return the type of the other field when nobody declared it: as the field wants it."""
    if node.op in _MANY or (node.op in _CHOSEN and (plain is None or plain.field.type in TEXTS)):
        return "tags"
    if plain is None or plain.field.type in LISTS:
        return "string"
    return _LIKE.get(plain.field.type, plain.field.type)


def _beside(node: nodes.Compare, other: str | None) -> str | None:
    """Return the type of the field when nobody declared it: as the other one wants it."""
    if node.op in _MANY:
        return "tags"
    if other in LISTS:
        return "string"
    return None if other is None else _LIKE.get(other, other)


def _field_value(
    checker: Checker, node: nodes.Compare, path: str, frames: Sequence[Frame], found: Found, other: Found
) -> Plan | None:
    operator = checker.operator(node.op, f"{path}/op", found.field)
    if operator is None:
        return None
    if not takes_field(operator):
        checker.bad(f"{path}/value", f"{operator.key} needs a plain value, no field")
        return None
    to = pair(operator, found.field, other.field)
    if to is None:
        checker.bad(f"{path}/value/field", _unfit(operator, found, other))
        return None
    if not _in_one_line(frames, found.depth, other.depth):
        checker.bad(
            f"{path}/value/field", "Rows that are shared by several others cannot be compared with one of these"
        )
        return None
    return _test(node, path, found, operator, FieldValue(other.field, other.key, other.depth, other.link, to))


def _in_one_line(frames: Sequence[Frame], *depths: int) -> bool:
    """Tell whether each row further in belongs to one row further out."""
    near, far = min(depths), max(depths)
    if near == NOW:
        return True
    return all(frame.link is None or not frame.link.local for frame in frames[len(frames) - far : len(frames) - near])


def _unfit(operator: Operator, found: Found, other: Found) -> str:
    mine, theirs = TYPES[found.field.type].label, TYPES[other.field.type].label
    return f"{found.field.name} ({mine}) and {other.field.name} ({theirs}) cannot be compared by {operator.key}"


def _source_value(checker: Checker, node: nodes.Compare, path: str, found: Found, source: ValueSource) -> Plan | None:
    operator = checker.operator(node.op, f"{path}/op", found.field)
    if operator is None:
        return None
    if not takes_source(operator):
        fitting = ", ".join(o.key for o in OPERATORS.values() if takes_source(o) and found.field.type in o.types)
        hint = f"one of these does: {fitting}" if fitting else "no operator does"
        checker.bad(f"{path}/op", f"{operator.key} does not look a value up in {source.title}; {hint}")
        return None
    to = common(found.field.type, found.field.places, source.type, source.places)
    if to is None:
        mine, theirs = TYPES[found.field.type].label, TYPES[source.type].label
        checker.bad(
            f"{path}/value", f"{found.field.name} is a {mine}, {source.title} holds values of the kind {theirs}"
        )
        return None
    return _test(node, path, found, operator, SourceValue(source, to))


def _source(checker: Checker, reference: _List | _Column, pointer: str) -> ValueSource | None:
    vocabulary: Vocabulary = checker.vocabulary
    key = _key(reference)
    source = vocabulary.source.get(key)
    if source is not None:
        checker.sources.add(key)
        checker.history(pointer, source.live, f"The list {source.title}")
        return source
    if isinstance(reference, _List):
        checker.bad(f"{pointer}/list", f"There is no list {reference.list} here")
        return None
    columns = [s.column for s in vocabulary.sources if s.table == reference.table]
    if columns:
        hint = nearest(reference.column, columns)
        checker.bad(f"{pointer}/column", f"The table {reference.table} has no column {reference.column}{hint}")
        return None
    hint = nearest(reference.table, sorted({s.table for s in vocabulary.sources if s.table}))
    checker.bad(f"{pointer}/table", f"There is no table {reference.table} here{hint}")
    return None


def _key(reference: _List | _Column) -> SourceKey:
    if isinstance(reference, _List):
        return "list", reference.list
    return "table", reference.table, reference.column


_SHAPES = (
    'Compare with a plain value, with {"field": …}, with {"list": number} or with {"table": …, "column": …}: these and '
    "nothing else"
)


def _reference(raw: dict[str, Any]) -> _Reference | str:
    """Read what stands in the place of a literal; where it cannot be, return the pointer to the place."""
    kind: type[_Reference] = _Field if "field" in raw else _List if "list" in raw else _Column
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as exc:
        known = {field.encode_name for field in msgspec.structs.fields(kind)}
        strange = [name for name in raw if name not in known]
        _, _, where = str(exc).partition(" - at `$.")
        step = strange[0] if strange and len(raw) > 1 else where.rstrip("`")
        return f"/{step}" if step else ""
