"""Segments that refer to segments: finding a way back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from . import nodes
from .nodes import Condition


class SegmentRef(msgspec.Struct, frozen=True):
    """A segment as others see it.

    ``condition`` is ``None`` when its members are a list; ``stored`` tells whether a list of them is kept.
    """

    id: int
    name: str
    condition: Condition | None = None
    subject: str = "profile"
    stored: bool = True


SegmentLookup = Callable[[int], SegmentRef | None]


def segments_in(condition: Condition) -> list[int]:
    """Return the ids of the segments of people a condition refers to itself, in the order of reading, each once."""
    members = (node for _, node in nodes.walk(condition) if isinstance(node, nodes.Member))
    ids = (node.of.segment for node in members if node.subject == "profile")
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def row_segments_in(condition: Condition) -> list[int]:
    """Return the ids of the segments of rows (products, SKUs) a condition refers to, as :func:`segments_in` does."""
    members = (node for _, node in nodes.walk(condition) if isinstance(node, nodes.Member))
    ids = (node.of.segment for node in members if node.subject != "profile")
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def way_back(start: int, own: int | None, lookup: SegmentLookup) -> list[str] | None:
    """Follow the references of a segment; return the names on the way to ``own``, or round any circle, or ``None``."""
    clean: set[int] = set()
    trail: list[int] = []

    def visit(id_: int) -> bool:
        if id_ in trail or id_ == own:
            trail.append(id_)
            return True
        if id_ in clean:
            return False
        trail.append(id_)
        ref = lookup(id_)
        if ref is not None and ref.condition is not None and any(visit(i) for i in segments_in(ref.condition)):
            return True
        clean.add(trail.pop())
        return False

    if not visit(start):
        return None
    refs = (lookup(id_) for id_ in trail)
    return [ref.name if ref is not None else "this segment" for ref in refs]
