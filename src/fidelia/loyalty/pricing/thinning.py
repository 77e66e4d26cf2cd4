"""Promotions that another of the same choice always beats, whatever else is chosen: they need not be tried.

This is claimed only where it can be shown to the cent: all discounts that touch the lines work line by line and take
less of what costs less (so a lower price stays lower to the end), no points are earned of what is paid for them, and
the two stand at the same place among the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .compiled import DISCOUNTS
from .engine import Chosen, Engine


class Thinning:
    """Finds what is beaten. ``earning`` are the lines that earn points by what is paid for them."""

    def __init__(
        self, engine: Engine, choices: Sequence[Sequence[Chosen]], fixed: Sequence[Chosen], earning: Collection[int]
    ) -> None:
        self._engine = engine
        compiled = engine.compiled
        barred = set(earning)
        full: dict[int, set[int]] = {}  # in a group per line, a promotion may win several
        for i, lines in (chosen for options in (*choices, fixed) for chosen in options):
            full.setdefault(i, set()).update(lines)
        touching: list[list[tuple[int, int]]] = [[] for _ in engine.bases]
        for n, options in enumerate([*choices, *([each] for each in fixed)]):
            for i, lines in options:
                if compiled.phases[i] == DISCOUNTS:
                    for line in lines:
                        touching[line].append((i, n))
                    if (
                        not (compiled.by_line[i] or len(full[i]) == 1)
                        or engine.money_left(compiled.terms[i].id) is not None
                    ):
                        barred.update(lines)
        self._barred = barred
        self._turns = [_turns(found) for found in touching]

    def thin(self, options: Sequence[Chosen]) -> list[Chosen]:
        """Return the options of a choice without those that are beaten; they keep their order."""
        turns, barred = self._turns, self._barred
        strengths = self._engine.compiled.strengths(self._engine.currency)
        left: list[Chosen] = []
        rivals: dict[object, tuple[int, int]] = {}
        for i, lines in options:
            strength = strengths[i] if barred.isdisjoint(lines) else None
            if strength is None:
                left.append((i, lines))
                continue
            # options of one kind on the same lines, with nothing of other choices between them
            key = (strength[0], tuple(lines), tuple([turns[line][i] for line in lines]))
            known = rivals.get(key)
            if known is None:
                rivals[key] = (strength[1], len(left))
                left.append((i, lines))
            elif strength[1] > known[0]:
                rivals[key] = (strength[1], known[1])
                left[known[1]] = (i, lines)
        return left


def _turns(found: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Number the promotions that touch a line, in the order of trying: those of one choice in a row alike."""
    turns: dict[int, int] = {}
    turn, last = 0, -1
    for i, n in sorted(found):
        if n != last:
            turn, last = turn + 1, n
        turns[i] = turn
    return turns
