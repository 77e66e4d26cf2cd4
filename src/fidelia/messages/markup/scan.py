"""Reads markup that is mixed with template expressions, without being led astray by either.

Expressions (``{{ … }}``, ``{% … %}``, ``{# … #}``) are first replaced by tokens made of letters and digits, which pass
through MJML, CSS and HTML tools unharmed, and are put back at the end.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

_EXPRESSION = re.compile(
    r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL
)
_MARKUP = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<[!?](?P<other>[^>]*)>"
    r"|</(?P<close>[A-Za-z][\w:.-]*)\s*>"
    r"|<(?P<open>[A-Za-z][\w:.-]*)(?P<attrs>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s\"'<>/=]+)(?:\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?")
#: Elements whose content is text, not markup.
RAW = frozenset({"style", "script", "title", "mj-style", "mj-title", "mj-preview"})
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass(frozen=True)
class Attribute:
    """An attribute of a tag; ``start`` and ``end`` are where its value stands, quotes included."""

    name: str
    value: str
    start: int
    end: int
    quoted: bool


@dataclass(frozen=True)
class Token:
    """A piece of markup. For ``open`` and ``close`` the name is in lower case."""

    kind: Literal["open", "close", "text", "comment", "other"]
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    self_closing: bool = False

    def get(self, name: str) -> Attribute | None:
        """Return an attribute by its lower-case name."""
        return next((a for a in self.attributes if a.name == name), None)


@dataclass
class Protected:
    """Markup with its expressions replaced by tokens."""

    text: str
    prefix: str
    expressions: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return what matches a token; group 1 is its number."""
        return re.compile(self.prefix + r"(\d+)z")

    def token(self, expression: str) -> str:
        """Add an expression and return its token."""
        self.expressions.append(expression)
        return f"{self.prefix}{len(self.expressions) - 1}z"

    def restore(self, text: str, wrap: Callable[[str], str] = str) -> str:
        """Put the expressions back; ``wrap`` may change each."""
        return self.pattern.sub(lambda m: wrap(self.expressions[int(m[1])]), text)

    def line(self, position: int) -> int:
        """Return the line of the original source at a position of the protected text."""
        at = bisect.bisect_right(self._starts, position) - 1
        return self._lines[at] + self.text.count("\n", self._starts[at], position)


def expressions(source: str) -> Iterator[re.Match[str]]:
    """Yield what is a template expression; what stands inside of ``raw`` and comments is part of one."""
    return _EXPRESSION.finditer(source)


def protect(source: str) -> Protected:
    """Replace each expression by a token."""
    prefix = "zqx"
    while prefix in source:
        prefix += "q"
    protected = Protected("", prefix, [], [0], [1])
    parts: list[str] = []
    size, last, line = 0, 0, 1
    for found in expressions(source):
        parts.append(source[last : found.start()])
        parts.append(protected.token(found[0]))
        size += found.start() - last + len(parts[-1])
        line += source.count("\n", last, found.end())
        last = found.end()
        protected._starts.append(size)
        protected._lines.append(line)
    parts.append(source[last:])
    protected.text = "".join(parts)
    return protected


def _attributes(text: str, offset: int) -> tuple[Attribute, ...]:
    found = []
    for match in _ATTRIBUTE.finditer(text):
        value = match["value"] or ""
        quoted = value[:1] in ("'", '"')
        start, end = match.span("value") if match["value"] is not None else (match.end(), match.end())
        plain = value[1:-1] if quoted else value
        bare = match["value"] is None
        found.append(Attribute(match["name"].lower(), plain, offset + start, offset + end, quoted or bare))
    return tuple(found)


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of markup in order; everything that is no tag or comment is text."""
    position = 0
    while position < len(text):
        match = _MARKUP.search(text, position)
        if match is None:
            yield Token("text", position, len(text))
            return
        if match.start() > position:
            yield Token("text", position, match.start())
        position = match.end()
        if match["close"] is not None:
            yield Token("close", match.start(), match.end(), match["close"].lower())
        elif match["open"] is not None:
            name, attrs = match["open"].lower(), match["attrs"]
            closed = attrs.rstrip().endswith("/")
            yield Token("open", match.start(), match.end(), name, _attributes(attrs, match.start("attrs")), closed)
            if name in RAW and not closed:
                end = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, position)
                stop = end.start() if end else len(text)
                if stop > position:
                    yield Token("text", position, stop)
                position = stop
        else:
            yield Token("comment" if match["comment"] is not None else "other", match.start(), match.end())
