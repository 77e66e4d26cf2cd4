"""Promotions that another of the same choice always beats, whatever else is chosen: they need not be tried.

This is claimed only where it can be shown to the cent. *Discounts*: all that touch the lines work line by line and take
less of what costs less (so a lower price stays lower to the end), the two stand at the same place among the others, and
what is paid for the lines earns no points, or so few that a minor unit less never costs points worth more. *Points*: no
multiplier works on them, and the two give points of one type in the same way on the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .bits import Masks, each_bit
from .engine import Chosen, Engine
from .rewards import RATE


class Thinning:
    """Sorts candidates into choices, without those that are beaten.

    ``choices`` are (promotion, lines) by choice: who wins a group, or one line of it. ``singles`` are in no group.
    """

    __slots__ = ("_boosted", "_engine", "_masks", "_points_matter", "choices", "singles")

    def __init__(
        self,
        engine: Engine,
        full: Mapping[int, Sequence[int]],
        bits: int,
        masks: Masks,
        boosted: Mapping[int, int],
        points_matter: bool,
    ) -> None:
        self._engine = engine
        self._masks = masks
        self._boosted = boosted
        self._points_matter = points_matter  # whatever is paid may earn more than it is
        self.singles: list[Chosen] = []
        self.choices: list[list[Chosen]] = []
        self._sort(full, self._barred(full, bits))

    def _barred(self, full: Mapping[int, Sequence[int]], bits: int) -> int:
        """Return the lines on which nothing is shown: by points, by what works on several together, by limits."""
        engine, masks = self._engine, self._masks
        compiled = engine.compiled
        barred = 0
        for i in each_bit(bits & compiled.spreading):
            if len(full[i]) > 1:
                barred |= masks.of(full[i])
        for promotion in engine.left:
            limited = compiled.places.get(promotion)
            if limited is not None and limited in full and engine.money_left(promotion) is not None:
                barred |= masks.of(full[limited])
        return barred | self._too_steep(full, bits & compiled.earning)

    def _too_steep(self, full: Mapping[int, Sequence[int]], earning: int) -> int:
        """Return the lines of which a minor unit less may cost points worth more."""
        engine, masks = self._engine, self._masks
        compiled = engine.compiled
        terms, groups, slopes = compiled.terms, compiled.group_of, compiled.traits(engine.currency).slopes
        barred = 0
        steepest: dict[tuple[int, int], int] = {}  # by choice and lines
        for i in each_bit(earning):
            slope = slopes[i]
            if slope:
                mask, group = masks.of(full[i]), groups[i]
                if self._points_matter or terms[i].reward.point_type in self._boosted:  # type: ignore[union-attr]
                    barred |= mask
                else:
                    key = (~i if group is None else group, mask)
                    steepest[key] = max(steepest.get(key, 0), slope)
        factor = -(-max(engine.factors, default=RATE) // RATE)
        for line in range(len(engine.bases)) if steepest else ():
            by_choice: dict[int, int] = {}
            for (choice, mask), slope in steepest.items():
                if mask >> line & 1:
                    by_choice[choice] = max(by_choice.get(choice, 0), slope)
            if by_choice and sum(by_choice.values()) * factor > engine.worths.scale:
                barred |= 1 << line
        return barred

    def _sort(self, full: Mapping[int, Sequence[int]], barred: int) -> None:
        compiled, mask_of = self._engine.compiled, self._masks.of
        discounts, groups, per_line = compiled.discounts, compiled.group_of, compiled.groups
        traits = compiled.traits(self._engine.currency)
        strengths, kinds = traits.strengths, traits.kinds
        last = [-1] * len(self._engine.bases)  # the group that touched a line last
        turns = [0] * len(last)  # how often that changed
        masks = {id_: mask_of(lines) for id_, lines in {id(lines): lines for lines in full.values()}.items()}
        choices: dict[int | tuple[int, int], list[Chosen]] = {}
        rivals: dict[tuple[int, int, int], tuple[int, int]] = {}
        careful = bool(self._boosted or self._engine.left)
        for i, lines in full.items():
            group = groups[i]
            turn = 0
            if i < discounts:
                # in a group per line each line is a choice of its own, so that the group stands for it there
                own = ~i if group is None else group
                for line in lines:
                    if last[line] != own:
                        last[line] = own
                        turns[line] += 1
                    turn += turns[line]  # turns only grow: the sum is the same when each is
            if group is None:
                self.singles.append((i, lines))
                continue
            mask, kind = masks[id(lines)], kinds[i]
            if kind and ((mask & barred) if i < discounts else careful and self._unsure(i)):
                kind = 0
            if not per_line[group] or not lines:
                options = choices.get(group)
                if options is None:
                    options = choices[group] = []
                _add(options, rivals, (kind, mask, turn), strengths[i], (i, lines))
                continue
            if i >= discounts:
                kind = 0
            for line in lines:
                options = choices.setdefault((group, line), [])
                _add(options, rivals, (kind, ~line, turns[line]), strengths[i], (i, (line,)))
        self.choices = list(choices.values())

    def _unsure(self, i: int) -> bool:
        """Tell whether nothing is shown of some points: they are limited, or multiplied."""
        terms = self._engine.compiled.terms[i]
        return terms.id in self._engine.left or terms.reward.point_type in self._boosted  # type: ignore[union-attr]


def _add(
    options: list[Chosen],
    rivals: dict[tuple[int, int, int], tuple[int, int]],
    key: tuple[int, int, int],
    strength: int,
    chosen: Chosen,
) -> None:
    """Note what a choice has besides, or in the place of a weaker one of the same kind (nought is none)."""
    known = rivals.get(key) if key[0] else None
    if known is None:
        if key[0]:
            rivals[key] = (strength, len(options))
        options.append(chosen)
    elif strength > known[0]:
        rivals[key] = (strength, known[1])
        options[known[1]] = chosen
