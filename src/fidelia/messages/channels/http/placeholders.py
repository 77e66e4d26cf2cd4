"""The language of definitions: texts with ``${…}`` in them, filled in so that a value stays where it stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .values import plain

_ANY = re.compile(r"\$(\$|#)?\{([^{}]*)\}?")
_NAME = r"[a-z]+(?:\.[a-z][a-z0-9_]*)?"
_INSIDE = re.compile(rf"\s*({_NAME}(?:\s+or\s+{_NAME})*)\s*(?:\|\s*([a-z]+)\s*)?")
#: What may be done with a value: an SMS provider may want a phone number without its plus sign.
FILTERS: Mapping[str, Callable[[str], str]] = {
    "digits": lambda text: re.sub(r"[^0-9]", "", text),
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
}


class PlaceholderRefused(ValueError):
    """A text whose placeholders cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: the names of values, of which the first that is there counts; what is done with it, and whether
    it keeps its type.
    """

    names: tuple[str, ...]
    filter: str | None = None
    typed: bool = False

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return the value, or ``None`` when there is none."""
        return next((found for name in self.names if (found := values.get(name)) is not None and found != ""), None)

    def text(self, values: Mapping[str, Any]) -> str | None:
        """Return the value as text, or ``None`` when there is none."""
        value = self.value(values)
        if value is None:
            return None
        made = plain(value)
        return FILTERS[self.filter](made) if self.filter else made


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a definition, read once."""

    parts: tuple[str | Placeholder, ...]

    @property
    def alone(self) -> Placeholder | None:
        """Return the placeholder that is the whole text, if one is."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Placeholder) else None

    @property
    def placeholders(self) -> Iterator[Placeholder]:
        """Yield what has to be filled in."""
        return (part for part in self.parts if isinstance(part, Placeholder))

    def fill(self, values: Mapping[str, Any], escape: Callable[[str], str] = str) -> str | None:
        """Return the text with each value escaped; ``None`` when all of it is a value that is missing.

        A value that is missing in the midst of a text leaves nothing there.
        """
        alone = self.alone
        if alone is not None:
            made = alone.text(values)
            return None if made is None else escape(made)
        return "".join(part if isinstance(part, str) else escape(part.text(values) or "") for part in self.parts)


def read(text: str) -> Text:
    """Read a text of a definition; ``$${`` stands for ``${`` itself. Raises :class:`PlaceholderRefused`."""
    parts: list[str | Placeholder] = []
    plain_text, at = "", 0
    for found in _ANY.finditer(text):
        plain_text += text[at : found.start()]
        at = found.end()
        mark, inside = found[1], found[2]
        if mark == "$":
            plain_text += found[0][1:]
            continue
        known = _INSIDE.fullmatch(inside)
        if known is None or not found[0].endswith("}"):
            raise PlaceholderRefused(f"{found[0][:40]} is no placeholder: write ${{contact}} or ${{content.text}}")
        names, wanted = re.split(r"\s+or\s+", known[1]), known[2]
        if wanted is not None and wanted not in FILTERS:
            raise PlaceholderRefused(f"{wanted} is unknown; there is {', '.join(FILTERS)}")
        if plain_text:
            parts.append(plain_text)
            plain_text = ""
        parts.append(Placeholder(tuple(names), wanted, mark == "#"))
    plain_text += text[at:]
    if plain_text or not parts:
        parts.append(plain_text)
    typed = any(part.typed for part in parts if isinstance(part, Placeholder))
    if typed and len(parts) > 1:
        raise PlaceholderRefused("A placeholder with $# keeps the type of its value and has to stand alone")
    return Text(tuple(parts))


class _Out:
    """The mark of a member that is left out."""


_OUT = _Out()


def read_tree(tree: Any) -> Any:
    """Return a JSON tree with its texts read. Raises :class:`PlaceholderRefused`."""
    if isinstance(tree, str):
        return read(tree)
    if isinstance(tree, list):
        return [read_tree(item) for item in tree]
    if isinstance(tree, dict):
        return {name: read_tree(item) for name, item in tree.items()}
    return tree


def fill_tree(tree: Any, values: Mapping[str, Any]) -> Any:
    """Fill in a tree of :func:`read_tree`.

    A member or item that is all a value which is missing is left out, and so is what has nothing left in it.
    """
    made = _filled(tree, values)
    return None if made is _OUT else made


def _filled(tree: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, Text):
        alone = tree.alone
        if alone is not None and alone.typed and alone.filter is None:
            value = alone.value(values)
            return _OUT if value is None else value
        text = tree.fill(values)
        return _OUT if text is None else text
    if isinstance(tree, list):
        items = [made for item in tree if (made := _filled(item, values)) is not _OUT]
        return items if items or not tree else _OUT
    if isinstance(tree, dict):
        filled = ((name, _filled(item, values)) for name, item in tree.items())
        members = {name: made for name, made in filled if made is not _OUT}
        return members if members or not tree else _OUT
    return tree
