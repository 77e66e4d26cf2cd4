"""The tree that the search for the best walks: what is decided, what is open, and what it could add at most."""

from __future__ import annotations

from collections.abc import Sequence

from .bounds import FINE, SHARE, Option
from .rewards import RATE


class Open:
    """A node: ``value`` bounds what is decided, ``bests`` what each open choice adds, ``rest`` their sum.

    ``prices`` are those that percentages are taken of, ``least`` what a line costs at least, ``weights`` what a part of
    money that is taken off a line is worth when the points that it would bring are gone.
    """

    __slots__ = ("bests", "least", "prices", "rest", "value", "weights")

    def __init__(self, prices: list[int], least: list[int], weights: list[int], value: int) -> None:
        self.prices = prices
        self.least = least
        self.weights = weights
        self.value = value
        self.bests: list[int] = []
        self.rest = 0


class Tree:
    """Choices in the order in which they are decided, over what is there anyway (``forced``)."""

    def __init__(
        self, bases: Sequence[int], scale: int, choices: Sequence[list[Option]], forced: Sequence[Option]
    ) -> None:
        self.scale = scale
        self.weighed = 0  # how many options were weighed: what a search costs
        root = Open([base * FINE for base in bases], [base * FINE for base in bases], [SHARE] * len(bases), 0)
        for option in forced:
            root.value += self.adds(root, option)
            self._apply(root, option)
        if len(choices) == 1:  # decided by its options' ranks alone
            self.choices = list(choices)
            self.root = root
            return
        reach = [
            len({each[0] for option in options for each in (*option.keeps, *option.shares)}) for options in choices
        ]
        sizes = [max([self.adds(root, option) for option in options]) for options in choices]
        order = sorted(range(len(choices)), key=lambda n: (-reach[n], -sizes[n], n))
        self.choices = [choices[n] for n in order]
        self._lines = [{line for option in options for line in option.lines} for options in self.choices]
        root.bests = [sizes[n] for n in order]
        root.rest = sum(sizes)
        self.root = root

    def adds(self, open_: Open, option: Option) -> int:
        """Return what an option adds at most to a node."""
        found = 0
        if option.keeps:
            prices, weights = open_.prices, open_.weights
            for line, keep, slack in option.keeps:
                found += (prices[line] * (RATE - keep) // RATE + slack) * weights[line]
        if option.takes:
            weights = open_.weights
            for line, most in option.takes:
                found += most * weights[line]
        if option.total:
            found += option.total * max(open_.weights, default=0)
        if option.shares:
            least = open_.least
            for line, share in option.shares:
                found += least[line] * share
        return -(-found * self.scale // SHARE) + option.gives

    def _apply(self, open_: Open, option: Option) -> None:
        prices, least, weights = open_.prices, open_.least, open_.weights
        for line, keep, slack in option.keeps:
            drop = prices[line] * (RATE - keep) // RATE + slack
            least[line] = max(0, least[line] - drop)
            prices[line] = prices[line] * keep // RATE + 1
        for line, most in option.takes:
            least[line] = max(0, least[line] - most)
        for line, share in option.shares:
            weights[line] -= share

    def ranked(self, open_: Open, k: int) -> list[tuple[int, Option]]:
        """Return the options of a choice, what adds most first, then in the order of trying."""
        self.weighed += len(self.choices[k])
        return sorted([(self.adds(open_, option), option) for option in self.choices[k]], key=lambda pair: -pair[0])

    def after(self, open_: Open, k: int, option: Option, adds: int) -> Open:
        """Return the node where choice ``k`` is decided, and those after it are open."""
        below = Open(open_.prices, open_.least, open_.weights, open_.value + adds)
        below.bests = open_.bests
        below.rest = open_.rest - open_.bests[k]
        if not (option.keeps or option.takes or option.shares):
            return below
        below.prices, below.least = open_.prices.copy(), open_.least.copy()
        below.weights = open_.weights.copy()
        self._apply(below, option)
        touched = set(option.lines)
        below.bests = open_.bests.copy()
        for n in range(k + 1, len(self.choices)):
            if not touched.isdisjoint(self._lines[n]):
                self.weighed += len(self.choices[n])
                new = max([self.adds(below, other) for other in self.choices[n]])
                below.rest += new - below.bests[n]
                below.bests[n] = new
        return below
