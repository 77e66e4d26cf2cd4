"""Where a value stands in JSON, and whether it is what a condition asks for. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from .model import ValueCondition

_STEP = re.compile(r'(?:^|\.)([^.\[\]"\s]+)|\[(\d{1,6})\]|\["((?:[^"\\]|\\.)*)"\]')


class PathRefused(ValueError):
    """A text that is no path; the message says where."""


class Missing:
    """The mark of a value that is not there; ``None`` is one that is."""

    def __repr__(self) -> str:
        """Return how it looks in a failed test."""
        return "MISSING"


MISSING = Missing()


def steps(path: str) -> list[str | int]:
    """Return the members and positions of a path, none for the whole. Raises :class:`PathRefused`."""
    text = path.strip()
    if text.startswith("$"):
        text = text[1:].removeprefix(".")
    found: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[1] is not None and at > 0 and text[at] != "."):
            raise PathRefused(f'This is no path at {text[at : at + 20]!r}: write a.b, a[0].b or ["a b"].c')
        name, number, quoted = match.groups()
        if number is not None:
            found.append(int(number))
        else:
            found.append(name if name is not None else re.sub(r"\\(.)", r"\1", quoted))
        at = match.end()
    return found


def value_at(tree: Any, path: str) -> Any:
    """Return what stands at a path, or :data:`MISSING`. ``null`` counts as missing."""
    for step in steps(path):
        if isinstance(step, int):
            tree = tree[step] if isinstance(tree, list) and step < len(tree) else MISSING
        else:
            tree = tree.get(step, MISSING) if isinstance(tree, dict) else MISSING
        if tree is MISSING or tree is None:
            return MISSING
    return MISSING if tree is None else tree


def text_at(tree: Any, path: str) -> str:
    """Return what stands at a path as a text, empty for nothing and for what is no single value."""
    return plain(value_at(tree, path)) if path else ""


def plain(value: Any) -> str:
    """Return a single value as text: numbers as they are written, booleans as ``true`` and ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return ""


def joined(tree: Any, paths: Sequence[str]) -> str | None:
    """Return the values at some paths as one name, or ``None`` when one of them is missing."""
    found = [text_at(tree, path) for path in paths]
    return "/".join(found)[:500] if found and all(found) else None


def holds(condition: ValueCondition, tree: Any) -> bool:
    """Tell whether what stands at a path is what a condition asks for; nothing missing meets any but is_missing."""
    value = value_at(tree, condition.path)
    if condition.op == "is_missing":
        return value is MISSING
    if condition.op == "is_present":
        return value is not MISSING
    if value is MISSING or condition.value is None:
        return False
    if isinstance(value, list):
        return condition.op == "contains" and any(_same(item, condition.value) for item in value)
    return not isinstance(value, dict) and _COMPARE[condition.op](value, condition.value)


def _text(value: Any) -> str:
    return plain(value).casefold()


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(value: Any, wanted: Any) -> bool:
        left, right = _number(value), _number(wanted)
        return left is not None and right is not None and compare(left, right)

    return compared


def _same(value: Any, wanted: Any) -> bool:
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None:
        return left == right
    return _text(value) == _text(wanted)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _same,
    "ne": lambda value, wanted: not _same(value, wanted),
    "contains": lambda value, wanted: _text(wanted) in _text(value),
    "starts_with": lambda value, wanted: _text(value).startswith(_text(wanted)),
    "gt": _ordered(operator.gt),
    "lt": _ordered(operator.lt),
}


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
