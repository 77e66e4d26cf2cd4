"""Counts per rule: one query per leaf, to be cached by the caller, and set algebra over the bitmaps they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import reduce

import msgspec
from pyroaring import BitMap

from .moments import moment
from .plan import NOW, Belonging, Checked, Group, Membership, Negation, Plan, Rows, Test, Truth
from .rows_sql import present
from .sql import Compiler, Query, Segments

MOST_WITHOUT = 200


class NodeQueries(msgspec.Struct, frozen=True):
    """The queries for the counts of a condition. ``queries`` are keyed by what they answer.

    ``""`` is everybody, ``"leaf:<path>"`` a rule, ``"missing:<path>"`` those without a value in its field. Each
    query gives one bitmap; ``Query.key`` is a key for a cache. The bitmap of a rule over rows may hold ids of nobody,
    and for those in ``complements`` it holds the others: only :func:`node_counts` and :func:`node_answer` make
    sense of it.
    """

    root: Plan
    queries: dict[str, Query]
    complements: frozenset[str] = frozenset()


class NodeCount(msgspec.Struct, frozen=True):
    """The figures of one node; ``path`` is its JSON pointer.

    ``alone``: those for whom it holds. ``left``: what remains after it going down an ``all``, what has gathered in an
    ``any``; below a ``not`` what it takes away from what was left before. ``without``: how many there would be
    without this rule (``None`` in very large trees). ``missing``: those who have no value in the field (``None`` for
    other rules).
    """

    path: str
    alone: int
    left: int
    without: int | None = None
    missing: int | None = None


def compile_nodes(
    checked: Checked, now: datetime, tz: str, *, scope: str | None = None, segments: Segments | None = None
) -> NodeQueries:
    """Return one query for everybody, one per rule, and one per rule on a field that may be missing."""
    at = moment(now, tz)

    def compiler() -> Compiler:
        return Compiler(checked, at, segments or {})

    queries = {"": compiler().query(Truth(""), scope)}
    complements: set[str] = set()
    for leaf in _leaves(checked.root):
        owners = compiler().owners(leaf) if isinstance(leaf, Rows) else None
        if owners is not None:
            queries[f"leaf:{leaf.path}"], others = owners
            complements.update([leaf.path] if others else [])
            continue
        queries[f"leaf:{leaf.path}"] = compiler().query(leaf, scope)
        if isinstance(leaf, Test) and _may_be_missing(leaf):
            queries[f"missing:{leaf.path}"] = compiler().query(leaf, scope, missing=leaf)
    return NodeQueries(checked.root, queries, frozenset(complements))


def _may_be_missing(test: Test) -> bool:
    asked = test.depth != NOW and test.operator.shape != "none"
    return asked and (test.link is not None or present(test.field) != "1")


def node_counts(queries: NodeQueries, bitmaps: Mapping[str, BitMap]) -> tuple[NodeCount, ...]:
    """Return the figures of every node, parents first; the first one's ``alone`` is the answer.

    ``bitmaps`` holds the answer of each of ``queries.queries`` under its key.
    """
    return _Counter(queries, bitmaps).result()


def node_answer(queries: NodeQueries, bitmaps: Mapping[str, BitMap]) -> BitMap:
    """Return those for whom the whole condition holds, from the same bitmaps."""
    return BitMap(_Counter(queries, bitmaps).value(queries.root))


def _leaves(plan: Plan) -> Iterator[Test | Rows | Membership | Belonging]:
    match plan:
        case Group(of=of):
            for part in of:
                yield from _leaves(part)
        case Negation(of=inner):
            yield from _leaves(inner)
        case Test() | Rows() | Membership() | Belonging():
            yield plan
        case Truth():
            return


class _Counter:
    def __init__(self, queries: NodeQueries, bitmaps: Mapping[str, BitMap]) -> None:
        self.root = queries.root
        self.complements = queries.complements
        self.bitmaps = bitmaps
        self.everybody = bitmaps[""]
        self.of: dict[str, BitMap] = {}
        self.left: dict[str, int] = {}
        self.without: dict[str, int] = {}
        self.order: list[str] = []

    def result(self) -> tuple[NodeCount, ...]:
        total = self.value(self.root)
        self.down(self.root, self.everybody, taking=False)
        self.left[self.root.path] = len(total)
        if len(self.order) <= MOST_WITHOUT:
            self.without[self.root.path] = len(self.everybody)
            self.drop(self.root, None)
        missing = {
            key.removeprefix("missing:"): len(b) for key, b in self.bitmaps.items() if key.startswith("missing:")
        }
        return tuple(
            NodeCount(path, len(self.of[path]), self.left[path], self.without.get(path), missing.get(path))
            for path in self.order
        )

    def value(self, plan: Plan) -> BitMap:
        self.order.append(plan.path)
        match plan:
            case Group(every=every, of=of):
                found = _all([self.value(part) for part in of]) if every else _any([self.value(part) for part in of])
            case Negation(of=inner):
                found = self.everybody - self.value(inner)
            case Truth():
                found = self.everybody
            case Rows(path=path) if path in self.complements:
                found = self.everybody - self.bitmaps[f"leaf:{path}"]
            case Rows(path=path):
                found = self.everybody & self.bitmaps[f"leaf:{path}"]
            case _:
                found = self.bitmaps[f"leaf:{plan.path}"]
        self.of[plan.path] = found
        return found

    def down(self, plan: Plan, before: BitMap, *, taking: bool) -> None:
        """Note what is left after each node below; ``before`` is what was left above the plan."""
        match plan:
            case Group(every=every, of=of):
                start = before if taking else self.everybody
                gathered = start if every else BitMap()
                for part in of:
                    self.down(part, gathered if every else start, taking=taking)
                    found = self.of[part.path]
                    gathered = gathered & found if every else gathered | (start & found)
                    self.left[part.path] = len(gathered)
            case Negation(of=inner):
                self.down(inner, before, taking=True)
                self.left[inner.path] = len(before & self.of[inner.path])
            case _:
                return

    def drop(self, plan: Plan, replace: _Replace | None) -> None:
        """Note the answer without each node below; ``replace`` gives the answer when the plan's bitmap is another."""
        match plan:
            case Group(every=every, of=of):
                for index, part in enumerate(of):
                    others = [self.of[p.path] for i, p in enumerate(of) if i != index]
                    rest = (_all(others) if every else _any(others)) if others else None
                    if rest is None:  # the only rule: its group goes with it
                        self.without[part.path] = self.without[plan.path]
                    else:
                        self.without[part.path] = len(rest if replace is None else replace.answer(rest))
                    self.drop(part, _Replace(rest, every, False, replace, self.everybody))
            case Negation(of=inner):
                self.without[inner.path] = self.without[plan.path]
                self.drop(inner, _Replace(None, True, True, replace, self.everybody))
            case _:
                return


class _Replace:
    """The way from a node up to the answer: how its bitmap is joined with its siblings', and so on."""

    def __init__(
        self, others: BitMap | None, every: bool, negated: bool, above: _Replace | None, everybody: BitMap
    ) -> None:
        self.others = others
        self.every = every
        self.negated = negated
        self.above = above
        self.everybody = everybody

    def answer(self, bitmap: BitMap) -> BitMap:
        if self.others is not None:
            bitmap = bitmap & self.others if self.every else bitmap | self.others
        if self.negated:
            bitmap = self.everybody - bitmap
        return bitmap if self.above is None else self.above.answer(bitmap)


def _all(bitmaps: list[BitMap]) -> BitMap:
    return reduce(BitMap.__and__, bitmaps)


def _any(bitmaps: list[BitMap]) -> BitMap:
    return reduce(BitMap.__or__, bitmaps)
