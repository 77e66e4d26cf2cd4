"""The best set of promotions: exact branch and bound, with a time-box that counts nodes.

A *choice* is who wins a group (for the order, or one line of it), or whether a single promotion is in. Choices that
reach most lines come first, then those that add most; of each choice the option that adds most is tried first.
"""

from __future__ import annotations

from collections.abc import Sequence

from .bounds import FINE, Option
from .choices import Choices, Part
from .engine import Chosen, Engine, Outcome
from .model import Search
from .tree import Open, Tree

#: A node that weighs more options counts as several.
_OPTIONS = 8


def best(engine: Engine, candidates: list[Chosen], bits: int, most_nodes: int) -> tuple[Outcome, Search]:
    """Return what the set gives that is worth most to the member, and how it was found.

    ``candidates`` are in the order of trying, ``bits`` are the same.
    """
    return _Search(engine, candidates, bits, most_nodes).run()


class _Frame:
    """A node: the choices from ``k`` on are open; ``options`` are those of choice ``k``, what adds most first."""

    __slots__ = ("at", "k", "open", "options")

    def __init__(self, k: int, open_: Open) -> None:
        self.k = k
        self.open = open_
        self.options: list[tuple[int, Option]] = []
        self.at = 0


class _Search:
    def __init__(self, engine: Engine, candidates: list[Chosen], bits: int, most_nodes: int) -> None:
        self.engine = engine
        self.candidates = candidates
        self.most_nodes = most_nodes
        self.nodes = 1
        self.choices = Choices(engine, candidates, bits)

    def run(self) -> tuple[Outcome, Search]:
        engine, parts = self.engine, self.choices.parts
        fixed = self.choices.fixed
        found, cut = self.candidates, False
        if not parts and fixed == found:  # all are in every set
            outcome = engine.run(found)
            return outcome, Search(outcome.value, outcome.value, engine.worths.scale, self.nodes, cut)
        by_place = value = bound = engine.run(found, traced=False).value
        whole = len(parts) == 1 and parts[0].fixed is fixed
        if parts:
            if whole:  # by place is the best so far; of parts it is looked at in the end
                pieces = [_Piece(self, parts[0], found, value)]
            else:
                pieces = [_Piece(self, part, part.fixed, self.worth(part.fixed)) for part in parts]
            starts = [piece.value for piece in pieces]
            for piece in pieces:
                piece.branch()
            taken = _merged([*fixed, *(each for piece in pieces for each in piece.taken)])
            cut = any(piece.cut for piece in pieces)
        else:  # what is beaten, or worth nothing, may exclude what is worth more
            taken = fixed
        value = self.worth(taken)
        # by place may be worth as much as the best: then it stays as it is
        found = taken if value > by_place else found
        value = bound = max(value, by_place)
        if cut and not whole:
            gains = sum(piece.bound - start for piece, start in zip(pieces, starts, strict=True))
            bound = max(value, self.worth(fixed) + gains)
        elif cut:
            bound = max(value, pieces[0].bound)
        if len(found) < len(self.candidates):
            found = self._completed(found, value)
        return engine.run(found), Search(value, bound, engine.worths.scale, self.nodes, cut)

    def worth(self, chosen: Sequence[Chosen]) -> int:
        """Return what a set is worth."""
        return self.engine.run(chosen, traced=False).value if chosen else 0

    def _completed(self, found: list[Chosen], value: int) -> list[Chosen]:
        """Add what is worth nothing by itself (codes, levels …), unless it makes less of the rest."""
        known = {i for i, _ in found}
        option = self.choices.bounds.option
        idle = self.choices.idle.union(i for i, lines in self.choices.beaten if not option(i, lines).matters)
        for i, lines in self.candidates:
            if i in idle and i not in known:
                wider = sorted([*found, (i, lines)], key=lambda chosen: chosen[0])
                if self.engine.run(wider, traced=False).value >= value:
                    found = wider
        return found


class _Piece:
    """The search of one part. ``first`` is the set it begins with, worth ``value``: the best so far."""

    def __init__(self, search: _Search, part: Part, first: list[Chosen], value: int) -> None:
        self.search = search
        self.fixed = part.fixed
        engine = search.engine
        self.tree = Tree(engine.bases, engine.worths.scale, part.choices, part.forced)
        self.taken = first
        self.value = value
        self.cut = False
        self.unseen = 0  # the greatest bound of what was not looked at

    @property
    def bound(self) -> int:
        """What no set of this part is worth more than."""
        return max(self.value, -(-self.unseen // FINE))

    def branch(self) -> None:
        """Look for the best set, until nothing can be better or there were too many nodes."""
        if len(self.tree.choices) == 1:
            self._alone()
            return
        chosen: list[Option] = []
        first = _Frame(0, self.tree.root)
        stack = [first] if self._enter(first, chosen) else []
        while stack:
            frame = stack[-1]
            if frame.at >= len(frame.options):
                stack.pop()
                if chosen:
                    chosen.pop()
                continue
            adds, option = frame.options[frame.at]
            frame.at += 1
            open_ = frame.open
            if open_.value + adds + open_.rest - open_.bests[frame.k] <= self.value * FINE:
                frame.at = len(frame.options)  # the others add less
                continue
            below = _Frame(frame.k + 1, self.tree.after(open_, frame.k, option, adds))
            chosen.append(option)
            if self._enter(below, chosen):
                stack.append(below)
            else:
                chosen.pop()

    def _alone(self) -> None:
        """Try the options of the only choice, as long as one may be worth more."""
        search, root = self.search, self.tree.root
        for adds, option in self.tree.ranked(root, 0):
            bound = root.value + adds
            if bound <= self.value * FINE:
                break
            if search.nodes >= search.most_nodes:
                self.cut, self.unseen = True, bound
                break
            search.nodes += 1
            self._try((option,))

    def _enter(self, frame: _Frame, chosen: Sequence[Option]) -> bool:
        """Look at a node; tell whether there is anything below it."""
        bound = frame.open.value + frame.open.rest
        if bound <= self.value * FINE:
            return False
        if self.search.nodes >= self.search.most_nodes:
            self.cut = True
            self.unseen = max(self.unseen, bound)
            return False
        self.search.nodes += 1 + self.tree.weighed // _OPTIONS
        self.tree.weighed = 0
        if frame.k == len(self.tree.choices):
            self._try(chosen)
            return False
        frame.options = self.tree.ranked(frame.open, frame.k)
        return True

    def _try(self, options: Sequence[Option]) -> None:
        """Work a set out, and keep it when it is worth more than the best so far."""
        taken = _merged([*self.fixed, *((option.i, option.lines) for option in options if option.i >= 0)])
        value = self.search.engine.run(taken, traced=False).value
        if value > self.value:
            self.value, self.taken = value, taken


def _merged(parts: Sequence[Chosen]) -> list[Chosen]:
    """Return promotions in the order of trying, each once with all its lines."""
    lines: dict[int, Sequence[int]] = {}
    for i, own in parts:
        known = lines.get(i)
        lines[i] = own if known is None else sorted({*known, *own})
    return [(i, lines[i]) for i in sorted(lines)]
