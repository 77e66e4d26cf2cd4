"""Operands and comparisons: what a rule of the reference compares with, as a node of ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from . import words
from .model import Rule

Node = dict[str, Any]
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")
_NUMBERS = frozenset({"integer", "float", "decimal"})
_TIMES = frozenset({"date", "datetime"})
_RELATIVE = frozenset({"in_last", "in_next", "anniversary_in", "days_ago", "days_from_now"})


class CannotCarry(Exception):
    """A rule has no meaning here; the text says why."""


def compared(field: str, type_: str, op: str, values: Sequence[Any]) -> Node:
    """Return the comparison of a field of a type; raise :class:`CannotCarry` for operands that do not fit."""
    if op in ("is_present", "is_missing"):
        return {"kind": "compare", "field": field, "op": op}
    if op in ("true", "false"):
        return test(field, "eq", op == "true")
    if not values:
        raise CannotCarry("It compares with nothing")
    if op in _RELATIVE:
        return _relative(field, op, number(values[0]))
    if op == "domain":
        return either([test(field, "ends_with", f"@{text(v).lstrip('@')}") for v in values])
    return _compared(field, type_, op, [typed(value, type_) for value in values])


def _compared(field: str, type_: str, op: str, values: list[Any]) -> Node:
    """Compare with literals: several are alternatives."""
    if op == "between" and len(values) != 2:
        raise CannotCarry("“Between” needs two values")
    if type_ == "tags" and op not in ("eq", "all_of"):
        raise CannotCarry("Items of a list are compared as a whole here: there is no such operator for lists")
    if type_ != "tags" and op == "all_of":
        raise CannotCarry("Only lists can hold all of several values")
    if op in ("between", "all_of") or (op == "eq" and (type_ == "tags" or len(values) > 1)):
        return test(field, {"eq": "any_of" if type_ == "tags" else "in"}.get(op, op), values)
    return either([test(field, op, value) for value in values])


def _relative(field: str, op: str, days: int) -> Node:
    """Compare with a day that moves along; “n days ago” is that one day."""
    if op not in ("days_ago", "days_from_now"):
        return test(field, op, f"P{days}D")
    toward = "in_last" if op == "days_ago" else "in_next"
    within = test(field, toward, f"P{days}D")
    return within if days == 0 else both([within, inverse_if(test(field, toward, f"P{days - 1}D"), True)])


def operands(rule: Rule, *names: str) -> list[Any]:
    """Return the values of operands with one of these names (of all, without names), lists and lines taken apart."""
    found: list[Any] = []
    for given in rule.value:
        if names and given.name not in names:
            continue
        if not names and given.name in ("path", "submatch"):
            continue
        for value in given.value if isinstance(given.value, list) else [given.value]:
            if isinstance(value, str) and "\n" in value:
                found += [line.strip() for line in value.splitlines() if line.strip()]
            elif value is not None and value != "":
                found.append(value)
    return found


def operand(rule: Rule, *names: str) -> Any:
    """Return the one value of an operand, or ``None``."""
    found = operands(rule, *names)
    return found[0] if found else None


def segments_in(rule: Rule) -> list[int]:
    """Return the ids of the segments that a rule over segments names; raise :class:`CannotCarry`."""
    return [number(v) for v in operands(rule, "segment", "segments", "id") or operands(rule, "value", "")]


def said(rule: Rule) -> str:
    """Return a rule as short as a person would write it down."""
    values = ", ".join(str(v) for v in operands(rule)[:5])
    return " ".join(word for word in (rule.name or rule.type, rule.compo, rule.operator, values) if word)


def text(value: Any) -> str:
    """Return an operand as text; nothing is the empty text."""
    return "" if value is None else str(value)


def number(value: Any) -> int:
    """Return an operand as a whole number; raise :class:`CannotCarry`."""
    try:
        return int(str(value))
    except ValueError:
        raise CannotCarry(f"{value!r} is not a whole number") from None


def after(end: str) -> str:
    """Return the edge of a period: its last day belongs to it there, and the edge does not here."""
    if not _DAY.fullmatch(end):
        return end
    try:
        return (date.fromisoformat(end) + timedelta(days=1)).isoformat()
    except ValueError:
        raise CannotCarry(f"{end!r} is not a date") from None


def typed(value: Any, type_: str) -> Any:
    """Read an operand, which may be text, as a literal of our type."""
    if type_ in _NUMBERS and isinstance(value, str):
        try:
            return msgspec.convert(value, int, strict=False)
        except msgspec.ValidationError:
            pass
        try:
            return msgspec.convert(value, float, strict=False)
        except msgspec.ValidationError:
            raise CannotCarry(f"{value!r} is not a number") from None
    if type_ in _TIMES:
        if not _DAY.match(text(value)):
            raise CannotCarry(f"{value!r} is not a date like 2026-01-31")
        return text(value)[:10] if type_ == "date" else text(value)
    if type_ in ("string", "enum", "tags", "ip"):
        return text(value)
    return value


def known(table: Mapping[str, str], value: Any, what: str) -> str:
    """Return our word for one of theirs; raise :class:`CannotCarry`."""
    found = table.get(words.plain(text(value)))
    if found is None:
        raise CannotCarry(f"{value!r} is no {what} that is known here")
    return found


def test(field: str, op: str, value: Any) -> Node:
    """Return a comparison."""
    return {"kind": "compare", "field": field, "op": op, "value": value}


def inverse_if(node: Node, turned: bool) -> Node:
    """Return a node or, when it is turned round, its complement."""
    return {"kind": "not", "of": node} if turned else node


def either(nodes: list[Node]) -> Node:
    """Join alternatives; raise :class:`CannotCarry` when there is none."""
    if not nodes:
        raise CannotCarry("It names nothing")
    return nodes[0] if len(nodes) == 1 else {"kind": "any", "of": nodes}


def both(nodes: list[Node]) -> Node:
    """Join what must all hold; there is at least one."""
    return nodes[0] if len(nodes) == 1 else {"kind": "all", "of": nodes}
