"""Discounts that are decided before the search: where the lowest prices are shown to be worth most.

Where each discount on a line works on that line alone, it keeps the order of prices: what cost less before it costs no
more after it. So the lowest price of a line is found choice by choice, in the order of trying, by taking what leaves
least; and no choice of other lines changes that. The lowest price is the best one where a minor unit less never costs
points worth more. That is shown by how steep the points of a line are, whatever it costs; or, where several promotions
give points for it, to the cent for the price that was found. All other discounts are left to the search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fidelia.kernel.money import exponent

from .bits import Masks, each_bit
from .compiled import BENEFITS
from .discounts import Prices, cuts
from .engine import Chosen, Engine
from .growing import Growing, outweighed
from .model import UNIT
from .rewards import RATE, AmountOff, FreeDelivery, PercentOff
from .spread import divided

_HALF = RATE // 2


class Settling:
    """What is decided of one order. ``taken`` are in every set; ``open`` is what the search decides, ``bits`` the same.

    ``beaten`` are in no set: those that another kind beats (which of a kind is the strongest needs no trying).
    """

    __slots__ = ("_boosted", "_compared", "_decided", "_earning", "_engine", "_found", "_full", "_masks", "_prices",
                 "_runs", "barred", "beaten", "bits", "open", "taken")  # fmt: skip

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
        self._full = full
        self._masks = masks
        self._boosted = boosted
        self.taken: list[Chosen] = []
        self.beaten: list[Chosen] = []
        self.open = full
        self.bits = bits
        self.barred = 0  # lines of which nothing is shown
        compiled = engine.compiled
        if bits & compiled.exclusive or not bits & (1 << compiled.discounts) - 1:
            return
        #: By line, in the order of trying: a choice (a group, or ``~i``) and its promotions that touch the line.
        self._runs: list[list[list[int]]] = [[] for _ in engine.bases]
        self._decided: dict[tuple[int, int], int] = {}  # by choice and line: who wins it
        self._compared: set[int] = set()  # the strongest of each kind
        self._found: dict[int, int] = {}  # the lowest price of a line
        self._prices: Prices | None = None
        self._earning = self._earnings(bits, points_matter)
        self._bar()
        together = self._walk()
        if self.barred:
            self.barred = _wider(self.barred, together)
        if any(self._runs):
            self._weigh(together)
            self._tell()

    # what bears on what

    def _earnings(self, bits: int, points_matter: bool) -> list[tuple[int, int, int]]:
        """Return points that depend on prices: promotion, lines, and the most that a minor unit less costs."""
        engine, full, mask_of = self._engine, self._full, self._masks.of
        compiled, boosted = engine.compiled, self._boosted
        terms, slopes = compiled.terms, compiled.traits(engine.currency).slopes
        if boosted:  # multipliers see how points are split by line, which is by price
            for i, lines in full.items():
                if getattr(terms[i].reward, "point_type", 0) in boosted:
                    self.barred |= mask_of(lines)
        found = []
        for i in each_bit(bits & compiled.earning):
            slope = slopes[i]
            if slope:
                mask = mask_of(full[i])
                if points_matter:
                    self.barred |= mask
                else:
                    found.append((i, mask, slope))
        return found

    def _walk(self) -> list[int]:
        """Sort discounts by line and choice; return the lines of each that must be decided together."""
        mask_of, runs, compiled = self._masks.of, self._runs, self._engine.compiled
        groups, discounts = compiled.group_of, compiled.discounts
        together: set[int] = set()
        members: dict[int, list[int]] = {}
        seen: set[tuple[int, int]] = set()
        for i, lines in self._full.items():
            if i >= discounts:
                break
            group = groups[i]
            key = ~i if group is None else group
            if group is not None:
                members.setdefault(group, []).append(i)
            mask = mask_of(lines)
            if len(lines) != 1:
                together.add(mask)
            if mask & self.barred:
                continue
            for line in lines:
                of_line = runs[line]
                if of_line and of_line[-1][0] == key:
                    of_line[-1].append(i)
                    continue
                of_line.append([key, i])
                if (key, line) in seen:  # others come between the group's own
                    self.barred |= 1 << line
                seen.add((key, line))
        self._by_group(members)
        return list(together)

    def _bar(self) -> None:
        """Bar the lines of what works on several together, or is limited in money."""
        engine, full, mask_of, bits = self._engine, self._full, self._masks.of, self.bits
        compiled = engine.compiled
        for i in each_bit(bits & compiled.spreading):
            if len(full[i]) > 1:
                self.barred |= mask_of(full[i])
        for promotion in engine.left:
            limited = compiled.places.get(promotion)
            if limited is not None and limited in full and engine.money_left(promotion) is not None:
                self.barred |= mask_of(full[limited])

    def _by_group(self, members: Mapping[int, Sequence[int]]) -> None:
        """Bar the lines of groups that have more than discounts, or whose winner cannot be told line by line."""
        full, mask_of, compiled = self._full, self._masks.of, self._engine.compiled
        others = {compiled.group_of[i] for i in full if i >= compiled.discounts}
        for group, several in members.items():
            if group in others:
                for i in several:
                    self.barred |= mask_of(full[i])
            elif len(several) > 1 and not compiled.groups[group]:
                self._by_order(group, several)

    def _by_order(self, group: int, members: Sequence[int]) -> None:
        """See whether one of a group for the order can be told for each line: they touch one line, or are of a kind."""
        masks = {self._masks.of(self._full[i]) for i in members}
        lines = self._full[members[0]]
        if len(masks) == 1:
            if len(lines) == 1:
                return
            traits = self._engine.compiled.traits(self._engine.currency)
            kinds = {traits.kinds[i] for i in members}
            if len(kinds) == 1 and 0 not in kinds:
                best = max(members, key=lambda i: traits.strengths[i])  # of equals the first
                for line in lines:
                    self._decided[group, line] = best
                return
        for mask in masks:
            self.barred |= mask

    # whether the lowest prices are best

    def _weigh(self, together: Sequence[int]) -> None:
        """Bar the lines where points may be worth more than a lower price."""
        steep = self._steep() & sum(1 << line for line, of_line in enumerate(self._runs) if of_line)
        if not steep & ~self.barred:
            return
        parts = [*together, *(mask for _, mask, _ in self._earning if mask & steep)]
        while steep:
            part = _wider(steep & -steep, parts)
            if part & self.barred or not self._outweighs(part & steep):
                self.barred = _wider(self.barred | part & steep, together)
            steep &= ~part

    def _steep(self) -> int:
        """Return the lines of which a minor unit less may cost points worth more, at some price."""
        if not self._earning:
            return 0
        engine, groups = self._engine, self._engine.compiled.group_of
        factor = -(-max(engine.factors) // RATE)
        found = 0
        by_line: dict[int, dict[int, int]] = {}
        for i, mask, slope in self._earning:
            group = groups[i]
            choice = ~i if group is None else group
            for line in each_bit(mask):
                slopes = by_line.setdefault(line, {})
                if slopes.get(choice, 0) < slope:
                    slopes[choice] = slope
        for line, slopes in by_line.items():
            if sum(slopes.values()) * factor > engine.worths.scale:
                found |= 1 << line
        return found

    def _outweighs(self, steep: int) -> bool:
        """Tell whether no higher prices of these lines bring points worth more than what they cost.

        All lines that points for them count are decided together with them, or are at their lowest price anyway.
        """
        engine = self._engine
        compiled, minor = engine.compiled, 10 ** exponent(engine.currency)
        scale, worths = engine.worths.scale, engine.worths.by_type
        choices: dict[int, list[Growing]] = {}
        for i, mask, _ in self._earning:
            if not mask & steep:
                continue
            terms, group = compiled.terms[i], compiled.group_of[i]
            reward = terms.reward
            if (group is not None and compiled.groups[group]) or (reward.delivery and self._delivery_moves()):  # type: ignore[union-attr]
                return False  # what it counts is not known yet
            paid = sum(self._lowest(line) * engine.factors[line] for line in self._full[i])
            if reward.delivery:  # type: ignore[union-attr]
                paid += engine.delivery * RATE
            factor = max(engine.factors[line] for line in self._full[i])
            own = Growing(engine, i, paid, factor, worths[reward.point_type], minor)  # type: ignore[union-attr]
            choices.setdefault(~i if group is None else group, []).append(own)
        return outweighed(list(choices.values()), scale)

    def _delivery_moves(self) -> bool:
        """Tell whether a promotion changes what delivery costs."""
        terms, phases = self._engine.compiled.terms, self._engine.compiled.phases
        return any(phases[i] == BENEFITS and isinstance(terms[i].reward, FreeDelivery) for i in self._full)

    def _lowest(self, line: int) -> int:
        """Return the lowest price of a line, and decide its choices so."""
        price = self._found.get(line)
        if price is not None:
            return price
        price = self._engine.bases[line]
        for key, *members in self._runs[line]:
            if len(members) > 1:
                known = self._decided.get((key, line))
                members = self._of_kinds(members) if known is None else [known]  # noqa: PLW2901 fewer do
            best, *others = members
            cut = self._cut(best, line, price)
            for i in others:
                own = self._cut(i, line, price)
                # of equals what would take more of the first price, as the search has it
                if own > cut or (own == cut and self._first(i, line) > self._first(best, line)):
                    best, cut = i, own
            self._decided[key, line] = best
            price -= cut
        self._found[line] = price
        return price

    def _of_kinds(self, members: Iterable[int]) -> list[int]:
        """Return the strongest of each kind, of equals the first."""
        traits = self._engine.compiled.traits(self._engine.currency)
        strengths, kinds = traits.strengths, traits.kinds
        best: dict[int, int] = {}
        for i in members:
            kind = kinds[i] or ~i
            known = best.get(kind)
            if known is None or strengths[i] > strengths[known]:
                best[kind] = i
        self._compared.update(best.values())
        return list(best.values())

    def _first(self, i: int, line: int) -> int:
        return self._cut(i, line, self._engine.bases[line])

    def _cut(self, i: int, line: int, price: int) -> int:
        """Return what a discount takes off a line that costs ``price``, alone."""
        engine = self._engine
        reward = engine.compiled.terms[i].reward
        if type(reward) is PercentOff and reward.cap is None:
            of = price if engine.of_discounted(reward) else engine.bases[line]
            cut = (of * reward.rate + _HALF) // RATE
        elif type(reward) is AmountOff and reward.cap is None:
            cut = reward.amount[engine.currency]
            if reward.scope == "items":
                cut = divided(cut * engine.quantities[line], UNIT)
        else:
            if self._prices is None:
                self._prices = engine.prices()
            self._prices.amounts[line] = price
            found, _ = cuts(self._prices, reward, (line,), None)  # type: ignore[arg-type]
            return found[0][1] if found else 0
        room = price - engine.floors[line]
        return cut if cut < room else room

    def _tell(self) -> None:
        """Sort the candidates into what is taken, beaten and open."""
        compiled, mask_of, barred, full = self._engine.compiled, self._masks.of, self.barred, self._full
        groups, discounts = compiled.group_of, compiled.discounts
        open_: dict[int, Sequence[int]] = {}
        several = {
            run[0]
            for line, of_line in enumerate(self._runs)
            if not barred >> line & 1
            for run in of_line
            if len(run) > 2
        }
        taken, bits = self.taken, self.bits
        for i, lines in full.items():
            if i >= discounts or (barred and mask_of(lines) & barred):
                open_[i] = lines
                continue
            bits ^= 1 << i
            group = groups[i]
            if group not in several:
                taken.append((i, lines))
                continue
            won = [line for line in lines if self._winner(group, line) == i]
            if len(won) == len(lines):
                taken.append((i, lines))
            elif won:
                taken.append((i, won))
            elif i in self._compared:
                self.beaten.append((i, lines))
        self.open, self.bits = open_, bits

    def _winner(self, group: int, line: int) -> int:
        """Return who wins a choice of a line."""
        found = self._decided.get((group, line))
        if found is None:
            self._lowest(line)
            found = self._decided[group, line]
        return found


def _wider(bits: int, together: Sequence[int]) -> int:
    """Return bits with all that belong together with some of them."""
    grown = True
    while grown:
        grown = False
        for mask in together:
            if mask & bits and mask & ~bits:
                bits |= mask
                grown = True
    return bits
