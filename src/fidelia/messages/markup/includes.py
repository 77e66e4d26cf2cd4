"""Puts fragments where a template includes them, and tells afterwards where each line came from. Pure.

It happens before anything else is done to the source: what stands in a fragment is compiled, checked and tracked as if
it stood in the template.
"""

from __future__ import annotations

import bisect
import html
from dataclasses import dataclass, field

import msgspec

from .known import suggest
from .model import MAX_SOURCE, FragmentFormat, Outside, TemplateProblem, TemplateSource
from .refers import includes
from .scan import protect

PARTS = ("subject", "preheader", "body", "text")
MAX_DEPTH = 5
#: Fragments within one part, those of fragments included.
MAX_INCLUDES = 200
#: What may stand in what: markup takes less structured kinds, never the other way round.
TAKES: dict[str, tuple[FragmentFormat, ...]] = {
    "mjml": ("mjml", "html", "text"),
    "html": ("html", "text"),
    "text": ("text",),
}
_NAMES = {"mjml": "MJML", "html": "HTML", "text": "plain text"}


@dataclass
class Place:
    """A piece of the whole text: where it starts there, and what it was cut from."""

    start: int
    key: str | None
    line: int
    top: int


@dataclass
class Whole:
    """A part with its fragments in it."""

    text: str
    places: list[Place] = field(default_factory=list)

    def located(self, problem: TemplateProblem) -> TemplateProblem:
        """Return a problem of the whole text where a person finds it: at a line of the part, or of a fragment."""
        if problem.line is None or not self.places:
            return problem
        start = 0
        for _ in range(problem.line - 1):
            start = self.text.find("\n", start) + 1
        while start < len(self.text) and self.text[start] in " \t":
            start += 1
        place = self.places[bisect.bisect_right([p.start for p in self.places], start) - 1]
        line = place.line + self.text.count("\n", place.start, start)
        if place.key is None:
            return msgspec.structs.replace(problem, line=line)
        return in_fragment(problem, place.key, line, place.top)


def in_fragment(problem: TemplateProblem, key: str, line: int, top: int) -> TemplateProblem:
    """Return a problem as one of a fragment's line; ``top`` is the line where the template includes it."""
    message = f"{prefix(key, line)}{problem.message}"
    return msgspec.structs.replace(problem, message=message, line=top, fragment=key, fragment_line=line)


def prefix(key: str, line: int) -> str:
    """Return what stands before the message of a problem of a fragment."""
    return f"In the fragment {key}, line {line}: "


class _Writer:
    def __init__(self, part: str, outside: Outside, problems: list[TemplateProblem]) -> None:
        self._part, self._outside, self._problems = part, outside, problems
        self._pieces: list[str] = []
        self._size = 0
        self._count = 0
        self._full = False
        self.places: list[Place] = []
        self.used: dict[str, int] = {}

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def write(self, text: str, kind: str, chain: tuple[str, ...] = (), *, top: int = 0, escape: bool = False) -> None:
        """Add a text of some kind, and what it includes; ``chain`` are the fragments that it stands in."""
        last = 0
        for include in includes(text):
            self._put(text, last, include.start, chain, top, escape)
            last = include.end
            line = text.count("\n", 0, include.start) + 1
            fault = self._fault(include.key, kind, chain)
            if fault is not None:
                self._say(*fault, line, chain, top)
                continue
            assert include.key is not None
            found = self._outside.fragments[include.key]
            self._count += 1
            self.used[include.key] = found.version
            inner = escape or (found.format == "text" and kind != "text")
            body = found.body.removesuffix("\n")
            self.write(body, found.format, (*chain, include.key), top=top or line, escape=inner)
        self._put(text, last, len(text), chain, top, escape)

    def _put(self, text: str, start: int, end: int, chain: tuple[str, ...], top: int, escape: bool) -> None:
        if start == end:
            return
        piece = _escaped(text[start:end]) if escape else text[start:end]
        line = text.count("\n", 0, start) + 1
        self.places.append(Place(self._size, chain[-1] if chain else None, line, top or line))
        self._size += len(piece)
        self._pieces.append(piece)

    def _fault(self, key: str | None, kind: str, chain: tuple[str, ...]) -> tuple[str, str] | None:
        if key is None:
            return "include", 'A fragment is included by its key alone: {% include "footer" %}'
        if key in chain:
            return "fragment_cycle", f"The fragment {key} includes itself: {' → '.join((*chain, key))}"
        found = self._outside.fragments.get(key)
        if found is None:
            return "unknown_fragment", f"There is no fragment {key[:100]}{suggest(key, self._outside.known)}"
        if found.format not in TAKES[kind]:
            return (
                "fragment_format",
                f"The fragment {key} is {_NAMES[found.format]}, which cannot stand in {_NAMES[kind]}",
            )
        return self._too_much(found.body, chain)

    def _too_much(self, body: str, chain: tuple[str, ...]) -> tuple[str, str] | None:
        if len(chain) >= MAX_DEPTH:
            return "fragment_depth", f"Fragments include each other more than {MAX_DEPTH} deep"
        if self._count >= MAX_INCLUDES or self._size + len(body) > MAX_SOURCE:
            self._count = MAX_INCLUDES
            return "fragment_size", "With its fragments this part becomes too long"
        return None

    def _say(self, code: str, message: str, line: int, chain: tuple[str, ...], top: int) -> None:
        if self._full:
            return
        self._full = code == "fragment_size"
        problem = TemplateProblem("error", code, message, self._part, line)
        self._problems.append(in_fragment(problem, chain[-1], line, top) if chain else problem)


def _escaped(text: str) -> str:
    protected = protect(text)
    return protected.restore(html.escape(protected.text))


def with_fragments(
    source: TemplateSource,
) -> tuple[TemplateSource, dict[str, Whole], dict[str, int], list[TemplateProblem]]:
    """Return a source with everything it includes in its place, the parts that had any, the fragments, the problems.

    What cannot be included leaves nothing behind but its problem.
    """
    wholes: dict[str, Whole] = {}
    used: dict[str, int] = {}
    problems: list[TemplateProblem] = []
    for part in PARTS:
        text = getattr(source, part)
        if not includes(text):
            continue
        writer = _Writer(part, source.outside, problems)
        writer.write(text, source.format if part == "body" else "text")
        wholes[part] = Whole(writer.text, writer.places)
        used |= writer.used
    if not wholes:
        return source, {}, {}, []
    return msgspec.structs.replace(source, **{part: w.text for part, w in wholes.items()}), wholes, used, problems


def as_text(text: str, part: str, outside: Outside) -> tuple[Whole, dict[str, int], list[TemplateProblem]]:
    """Return a plain text with the fragments it includes, for what is no mail: the fields of other channels."""
    problems: list[TemplateProblem] = []
    writer = _Writer(part, outside, problems)
    writer.write(text, "text")
    return Whole(writer.text, writer.places), writer.used, problems
