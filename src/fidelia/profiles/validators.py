"""Patterns that values must match: every item of a list, and what lies at paths inside objects. Pure.

A path names keys from the outside in, joined by dots (``address.zip``); a key with a dot stands in double quotes
(``"a.b".c``). A list on the way means each of its items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from . import values

MAX_PATHS = 50
MAX_PATH = 200
_STEP = re.compile(r'"([^"]+)"|([^".\s][^".]*)')


class Misfit(ValueError):
    """A value that does not match; ``at`` is a JSON pointer from the field to the part that is at fault."""

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message)
        self.at = at


@lru_cache(maxsize=2000)
def steps(path: str) -> tuple[str, ...]:
    """Return the keys of a path; raise ``ValueError`` when it is none."""
    found: list[str] = []
    position = 0
    while position <= len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError('A path names keys joined by dots, like address.zip; a key with a dot stands in "quotes"')
        found.append(match[1] or match[2])
        position = match.end()
        if position == len(path):
            return tuple(found)
        if path[position] != ".":
            raise ValueError('A path names keys joined by dots, like address.zip; a key with a dot stands in "quotes"')
        position += 1
    raise ValueError("A path may not end with a dot")


def check_text(source: str, value: Any) -> None:
    """Match a text, or each item of a list of texts; raise :class:`Misfit`."""
    check = values.pattern(source)
    many = isinstance(value, list)
    for n, item in enumerate(value if many else (value,)):
        if check.fullmatch(item) is None:
            raise Misfit(f"{item[:50]!r} does not match the pattern {source}", f"/{n}" if many else "")


def check_paths(patterns: Mapping[str, str], value: Any) -> None:
    """Match what lies at the paths of an object, or of each of a list of objects; raise :class:`Misfit`.

    What is missing or null at a path is no fault; numbers and booleans are matched as JSON writes them.
    """
    for path, source in patterns.items():
        check = values.pattern(source)
        for at, found in _reach(value, steps(path), ""):
            text = found if isinstance(found, str) else _written(found)
            if text is None:
                raise Misfit(f"A text is needed at {path}, to match the pattern {source}", at)
            if check.fullmatch(text) is None:
                raise Misfit(f"{text[:50]!r} at {path} does not match the pattern {source}", at)


def _written(value: Any) -> str | None:
    return None if isinstance(value, dict) else msgspec.json.encode(value).decode()


def _reach(value: Any, left: tuple[str, ...], at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from _reach(item, left, f"{at}/{n}")
    elif not left:
        if value is not None:
            yield at, value
    elif isinstance(value, dict) and left[0] in value:
        key = left[0].replace("~", "~0").replace("/", "~1")
        yield from _reach(value[left[0]], left[1:], f"{at}/{key}")
