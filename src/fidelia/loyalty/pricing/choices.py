"""What there is to choose: who wins each group, which single promotions are in, and what can be decided apart."""

from __future__ import annotations

from collections.abc import Sequence

from .bounds import Bounds, Option
from .compiled import BENEFITS, DISCOUNTS, MULTIPLIERS, PAYING, POINTS
from .engine import Chosen, Engine
from .rewards import FreeDelivery, PointsPercent, PointsPerMoney
from .thinning import Thinning

#: A place in the union of lines that stands for delivery.
_DELIVERY = -1


class Choices:
    """The choices of one order. ``fixed`` promotions are in every set, ``parts`` are choices that share nothing."""

    def __init__(self, engine: Engine, candidates: Sequence[Chosen]) -> None:
        self._compiled = engine.compiled
        self._engine = engine
        self._candidates = candidates
        self.bounds = Bounds(engine, candidates)
        worth = engine.worths.by_type
        rewards = [self._compiled.terms[i].reward for i, _ in candidates]
        self._exclusive = any(self._compiled.terms[i].exclusive for i, _ in candidates)
        self._delivery_earns = any(isinstance(r, PointsPercent | PointsPerMoney) and r.delivery for r in rewards)
        self._paid_earns = any(isinstance(r, PointsPercent | PointsPerMoney) and r.point_type in worth for r in rewards)
        self._discounts_add = not self._exclusive and all(self._adds(i) for i, _ in candidates)
        self.fixed: list[Chosen] = []
        self.forced: list[Option] = []
        self.idle: set[int] = set()  # promotions that are worth nothing by themselves
        self.parts = self._parts(self._made())

    def _adds(self, i: int) -> bool:
        """Tell whether a promotion lets others take no less than before: it works line by line and gives no points."""
        phase = self._compiled.phases[i]
        return phase < POINTS and (phase != DISCOUNTS or self._by_line(i))

    def _by_line(self, i: int) -> bool:
        """Tell whether a discount works line by line, however many there are."""
        return self._compiled.by_line[i] and self._engine.money_left(self._compiled.terms[i].id) is None

    def _adds_always(self, i: int) -> bool:
        """Tell whether a promotion never makes a set worth less, whatever else there is."""
        terms, phase = self._compiled.terms[i], self._compiled.phases[i]
        if terms.exclusive:
            return False
        if phase == BENEFITS:
            return not isinstance(terms.reward, FreeDelivery) or not self._delivery_earns
        if phase == POINTS and self._boosted(i) and terms.group is not None and self._compiled.groups[terms.group]:
            return False  # one more line takes points from lines that a multiplier works on
        return phase in (POINTS, MULTIPLIERS)

    def _made(self) -> list[list[Option]]:
        groups: dict[tuple[int, int], list[Chosen]] = {}
        singles: list[Chosen] = []
        for i, lines in self._candidates:
            group = self._compiled.terms[i].group
            if group is None:
                singles.append((i, lines))
            elif self._compiled.groups[group] and lines:
                for line in lines:
                    groups.setdefault((group, line), []).append((i, (line,)))
            else:
                groups.setdefault((group, -1), []).append((i, lines))
        wanted = list(groups.values())
        for i, lines in singles:
            phase, exclusive = self._compiled.phases[i], self._compiled.terms[i].exclusive
            plain = phase == PAYING or (phase == DISCOUNTS and self._discounts_add)
            if self._adds_always(i) or (plain and not exclusive):
                self.fixed.append((i, lines))
            else:
                wanted.append([(i, lines)])
        thinning = Thinning(self._engine, wanted, self.fixed, self._earning())
        option = self.bounds.option
        choices: list[list[Option]] = []
        for options in wanted:
            # what is worth nothing is added at the end, where it does no harm
            made = [option(i, lines) for i, lines in (thinning.thin(options) if len(options) > 1 else options)]
            self.idle.update(each.i for each in made)
            worth = [each for each in made if each.matters]
            if worth:
                choices.append(worth)
        self.idle.difference_update(each.i for worth in choices for each in worth)
        self.forced = [option(i, lines) for i, lines in self.fixed]
        self.bounds.settle([*choices, *([each] for each in self.forced)])
        for worth in choices:
            if not any(self._adds_always(each.i) for each in worth):
                worth.append(Option.nobody())
        return choices

    def _earning(self) -> set[int]:
        """Return the lines that earn points by what is paid for them."""
        if not self._paid_earns:
            return set()
        return {line for i, lines in self._candidates for line in self._shared(i, lines)}

    # what can be decided apart

    def _parts(self, choices: list[list[Option]]) -> list[list[list[Option]]]:
        """Return choices in parts whose worth adds up to the worth of the whole, exactly."""
        if len(choices) < 2 or self._exclusive or (self._paid_earns and self._engine.pays_with_points):
            return [choices] if choices else []
        sets = _Sets()
        for i, lines in self.fixed:
            sets.join(self._shared(i, lines))
        for n, options in enumerate(choices):
            together: set[object] = set()
            for each in options:
                if each.i >= 0:
                    together.update(self._reached(each))
                    if self._spans(each.i):
                        together.add(("promotion", each.i))
            sets.join([("choice", n), *together])
        parts: dict[object, list[list[Option]]] = {}
        for n, options in enumerate(choices):
            parts.setdefault(sets.top(("choice", n)), []).append(options)
        return list(parts.values())

    def _reached(self, option: Option) -> Sequence[int]:
        """Return the lines whose price an option changes or looks at."""
        phase = self._compiled.phases[option.i]
        if phase == DISCOUNTS:
            return option.lines
        return self._shared(option.i, option.lines)

    def _shared(self, i: int, lines: Sequence[int]) -> Sequence[int]:
        """Return the lines whose prices something that is no choice by line adds up."""
        phase, reward = self._compiled.phases[i], self._compiled.terms[i].reward
        if isinstance(reward, FreeDelivery):
            return (_DELIVERY,)
        if phase == POINTS and isinstance(reward, PointsPercent | PointsPerMoney):
            if reward.point_type not in self._engine.worths.by_type:
                return ()
            return (*lines, _DELIVERY) if reward.delivery else lines
        if phase in (POINTS, MULTIPLIERS):
            return lines if self._boosted(i) else ()
        return ()

    def _boosted(self, i: int) -> bool:
        return getattr(self._compiled.terms[i].reward, "point_type", 0) in self.bounds.boost

    def _spans(self, i: int) -> bool:
        """Tell whether the lines that a promotion wins in a group per line bear on each other."""
        group = self._compiled.terms[i].group
        return (
            group is not None
            and self._compiled.groups[group]
            and not (self._compiled.phases[i] == DISCOUNTS and self._by_line(i))
        )


class _Sets:
    """Things that belong together (union and find)."""

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def top(self, thing: object) -> object:
        """Return what stands for all that belong together with a thing."""
        above = self._above.setdefault(thing, thing)
        while above != thing:
            thing, above = above, self._above[above]
        return thing

    def join(self, things: Sequence[object]) -> None:
        """Note that some things belong together."""
        for other in things[1:]:
            a, b = self.top(things[0]), self.top(other)
            if a != b:
                self._above[b] = a
