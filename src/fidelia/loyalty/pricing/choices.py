"""What there is to choose: who wins each group, which single promotions are in, and what can be decided apart."""

from __future__ import annotations

from collections.abc import Sequence

from .bits import Masks, each_bit
from .bounds import Bounds, Option
from .compiled import BENEFITS, DISCOUNTS, MULTIPLIERS, PAYING, POINTS
from .engine import Chosen, Engine
from .rewards import FreeDelivery, PointsPercent, PointsPerMoney
from .settling import Settling
from .thinning import Thinning


class Part:
    """Choices that are decided apart from others, ``fixed`` promotions that bear on them, and these as options."""

    __slots__ = ("choices", "fixed", "forced")

    def __init__(self, choices: list[list[Option]], fixed: list[Chosen]) -> None:
        self.choices = choices
        self.fixed = fixed
        self.forced: list[Option] = []


class Choices:
    """The choices of one order. ``fixed`` promotions are in every set, ``parts`` are choices that share nothing."""

    def __init__(self, engine: Engine, candidates: Sequence[Chosen], bits: int) -> None:
        compiled = self._compiled = engine.compiled
        self._engine = engine
        self._candidates = candidates
        self._masks = Masks()
        worth = engine.worths.by_type
        terms = compiled.terms
        self._exclusive = bool(bits & compiled.exclusive)
        boosting = bits & compiled.multiplying
        self.bounds = Bounds(engine, candidates, boosting)
        earning = [terms[i].reward for i in each_bit(bits & compiled.earning)]
        self._delivery_earns = any(reward.delivery for reward in earning)  # type: ignore[union-attr]
        self._paid_earns = any(reward.point_type in worth for reward in earning)  # type: ignore[union-attr]
        self._discounts_add = not self._exclusive and self._all_add(bits)
        self.fixed: list[Chosen] = []
        self.idle: set[int] = set()  # promotions that are worth nothing by themselves
        self.beaten: Sequence[Chosen] = ()  # those that others beat before the search
        self.parts = self._parts(self._made(bits))
        known: dict[tuple[int, int], Option] = {}
        for part in self.parts:
            for i, lines in part.fixed:
                key = (i, id(lines))
                if key not in known:
                    known[key] = self.bounds.option(i, lines)
                part.forced.append(known[key])
        if self.parts:
            forced = [[each] for each in known.values()]
            self.bounds.settle([*(options for part in self.parts for options in part.choices), *forced])
        for part in self.parts:
            for options in part.choices:
                if not any(self._adds_always(each.i) for each in options):
                    options.append(Option.nobody())

    def _all_add(self, bits: int) -> bool:
        """Tell whether every promotion lets others take no less than before: by lines, and without points."""
        if bits & ~self._compiled.adding:
            return False
        return not self._engine.left or all(self._adds(i) for i, _ in self._candidates)

    def _adds(self, i: int) -> bool:
        phase = self._compiled.phases[i]
        return phase < POINTS and (phase != DISCOUNTS or self._by_line(i))

    def _by_line(self, i: int) -> bool:
        """Tell whether a discount works line by line, however many there are."""
        if not self._compiled.by_line[i]:
            return False
        return not self._engine.left or self._engine.money_left(self._compiled.terms[i].id) is None

    def _adds_always(self, i: int) -> bool:
        """Tell whether a promotion never makes a set worth less, whatever else there is."""
        terms, phase = self._compiled.terms[i], self._compiled.phases[i]
        if phase == DISCOUNTS or terms.exclusive:
            return False
        if phase == BENEFITS:
            return not isinstance(terms.reward, FreeDelivery) or not self._delivery_earns
        if phase == POINTS and self._boosted(i) and terms.group is not None and self._compiled.groups[terms.group]:
            return False  # one more line takes points from lines that a multiplier works on
        return phase in (POINTS, MULTIPLIERS)

    def _made(self, bits: int) -> list[list[Option]]:
        compiled = self._compiled
        shown = self._exclusive or (self._paid_earns and self._engine.pays_with_points)
        settled = Settling(self._engine, self.bounds.full, bits, self._masks, self.bounds.boost, shown)
        self.fixed += settled.taken
        self.beaten = settled.beaten
        thinning = Thinning(self._engine, settled.open, settled.bits, self._masks, self.bounds.boost, shown)
        wanted = thinning.choices
        for i, lines in thinning.singles:
            phase = compiled.phases[i]
            plain = phase == PAYING or (phase == DISCOUNTS and self._discounts_add)
            if (plain and not compiled.exclusive >> i & 1) or self._adds_always(i):
                self.fixed.append((i, lines))
            else:
                wanted.append([(i, lines)])
        option, idle = self.bounds.option, self.idle
        choices: list[list[Option]] = []
        worthy: set[int] = set()
        for options in wanted:
            if len(options) == 1 and self._certain(options[0][0]):
                self.fixed.append(options[0])
                continue
            # what is worth nothing is added at the end, where it does no harm
            made = [option(i, lines) for i, lines in options]
            worth = [each for each in made if each.matters]
            if len(worth) < len(made):
                idle.update([each.i for each in made if not each.matters])
            if worth:
                choices.append(worth)
                worthy.update([each.i for each in worth])
        idle.difference_update(worthy)
        self.fixed.sort()
        return choices

    def _certain(self, i: int) -> bool:
        """Tell whether the only one that wants a group for the order wins it in every set: points that take nothing."""
        group = self._compiled.group_of[i]
        by_order = group is not None and not self._compiled.groups[group]
        return by_order and self._compiled.phases[i] == POINTS and self._adds_always(i)

    # what can be decided apart

    def _parts(self, choices: list[list[Option]]) -> list[Part]:
        """Return choices in parts whose worth adds up to the worth of the whole, exactly."""
        if not choices:
            return []
        whole = Part(choices, self.fixed)
        if self._exclusive or (self._paid_earns and self._engine.pays_with_points):
            return [whole]
        joined = {self._shared(i, lines) for i, lines in self.fixed}
        parts = self._apart(choices, self.fixed, joined)
        # a part that is alone begins with what all are worth by place, unless most of that does not bear on it
        return [whole] if len(parts) == 1 and len(parts[0].fixed) * 2 > len(self.fixed) else parts

    def _apart(self, choices: Sequence[list[Option]], fixed: Sequence[Chosen], joined: set[int]) -> list[Part]:
        """Return choices in parts that share no bit, where the bits of each of ``joined`` belong together."""
        groups: list[tuple[int, list[int]]] = []  # the bits of what belongs together, and the choices
        for n, bits in enumerate([*(self._reach(options) for options in choices), *joined]):
            own = [n] if n < len(choices) else []
            apart = []
            for known in groups:
                if known[0] & bits:
                    bits |= known[0]  # noqa: PLW2901 it has grown
                    own += known[1]
                else:
                    apart.append(known)
            groups = [*apart, (bits, own)]
        found = [(min(own), bits, sorted(own)) for bits, own in groups if own]
        parts = []
        bearing = [(chosen, self._bearing(*chosen)) for chosen in fixed]
        for _, bits, own in sorted(found):
            parts.append(Part([choices[n] for n in own], [chosen for chosen, bears in bearing if bears & bits]))
        return parts

    def _reach(self, options: Sequence[Option]) -> int:
        """Return the lines (and delivery, and promotions that span) whose prices a choice changes or looks at."""
        compiled = self._compiled
        bits = 0
        for each in options:
            if compiled.phases[each.i] == DISCOUNTS:
                bits |= self._masks.of(each.lines) << 1
            else:
                bits |= self._shared(each.i, each.lines)
            if self._spans(each.i):
                bits |= 1 << len(self._engine.bases) + 1 + each.i
        return bits

    def _bearing(self, i: int, lines: Sequence[int]) -> int:
        """Return the lines that a fixed promotion changes or looks at."""
        if self._compiled.phases[i] == DISCOUNTS:
            return self._masks.of(lines) << 1
        return self._shared(i, lines)

    def _shared(self, i: int, lines: Sequence[int]) -> int:
        """Return the lines (from bit 1 on; bit 0 is delivery) whose prices something adds up that is no discount."""
        phase = self._compiled.phases[i]
        if phase == POINTS:
            reward = self._compiled.terms[i].reward
            if isinstance(reward, _OF_PAID):
                if reward.point_type not in self._engine.worths.by_type:
                    return 0
                return self._masks.of(lines) << 1 | reward.delivery
            return self._masks.of(lines) << 1 if self._boosted(i) else 0
        if phase == MULTIPLIERS:
            return self._masks.of(lines) << 1 if self._boosted(i) else 0
        return 1 if phase == BENEFITS and isinstance(self._compiled.terms[i].reward, FreeDelivery) else 0

    def _boosted(self, i: int) -> bool:
        boost = self.bounds.boost
        return bool(boost) and getattr(self._compiled.terms[i].reward, "point_type", 0) in boost

    def _spans(self, i: int) -> bool:
        """Tell whether the lines that a promotion wins in a group per line bear on each other."""
        group = self._compiled.group_of[i]
        if group is None or not self._compiled.groups[group]:
            return False
        return not (self._compiled.phases[i] == DISCOUNTS and self._by_line(i))


_OF_PAID = (PointsPercent, PointsPerMoney)
