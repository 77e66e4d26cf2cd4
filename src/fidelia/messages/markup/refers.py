"""What a text names that is not in it: fragments it includes, segments it asks for, feeds it shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from .scan import expressions

IN_SEGMENT = "in_segment"
FEEDS = "feeds"
_INCLUDE = re.compile(r"\{%[-+]?\s*include\b(?P<what>.*?)[-+]?%\}", re.DOTALL)
_QUOTED = re.compile(r"""\s*(?P<quote>["'])(?P<key>[^"']*)(?P=quote)\s*""")
_CALL = re.compile(rf"(?<![\w.]){IN_SEGMENT}\s*(?:\(\s*(?P<id>\d{{1,9}})\s*\))?")
_FEED = re.compile(rf"(?<![\w.]){FEEDS}\s*\.\s*(?P<key>[A-Za-z_]\w*)", re.ASCII)
_RAW = re.compile(r"\{%[-+]?\s*raw\b")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)


class Refers(msgspec.Struct, frozen=True):
    """Keys of fragments, ids of segments, keys of feeds."""

    fragments: list[str] = []
    segments: list[int] = []
    feeds: list[str] = []


class Include(msgspec.Struct, frozen=True):
    """An ``include`` in a text: where it stands, and the fragment's key; ``None`` when it names none plainly."""

    start: int
    end: int
    key: str | None


def includes(text: str) -> list[Include]:
    """Return what a text includes, in order."""
    if "include" not in text:
        return []
    found = []
    for expression in expressions(text):
        match = _INCLUDE.fullmatch(expression[0])
        if match is not None:
            plain = _QUOTED.fullmatch(match["what"])
            found.append(Include(*expression.span(), plain["key"].strip() if plain else None))
    return found


def segments_in(text: str) -> tuple[set[int], bool]:
    """Return the segments that a text asks for, and whether it also asks without a plain number."""
    if IN_SEGMENT not in text:
        return set(), False
    calls = [call["id"] for code in _code(text) for call in _CALL.finditer(code)]
    return {int(call) for call in calls if call}, None in calls


def feeds_in(text: str) -> set[str]:
    """Return the feeds that a text shows."""
    if FEEDS not in text:
        return set()
    return {found["key"] for code in _code(text) for found in _FEED.finditer(code)}


def refers_of(texts: Iterable[str]) -> Refers:
    """Return everything that some texts name."""
    fragments, segments, feeds = set[str](), set[int](), set[str]()
    for text in texts:
        fragments |= {include.key for include in includes(text) if include.key}
        segments |= segments_in(text)[0]
        feeds |= feeds_in(text)
    return Refers(sorted(fragments), sorted(segments), sorted(feeds))


def segments_used(uses: Iterable[str]) -> list[int]:
    """Return the segments among what a compiled template uses."""
    return [int(use.removeprefix(f"{IN_SEGMENT}.")) for use in uses if use.startswith(f"{IN_SEGMENT}.")]


def feeds_used(uses: Iterable[str]) -> list[str]:
    """Return the feeds among what a compiled template uses."""
    return sorted({use.split(".")[1] for use in uses if use.startswith(f"{FEEDS}.")})


def _code(text: str) -> Iterable[str]:
    """Yield what is worked out in each expression, its quoted texts left out."""
    for expression in expressions(text):
        code = expression[0]
        if not code.startswith("{#") and not _RAW.match(code):
            yield _TEXT.sub('""', code)
