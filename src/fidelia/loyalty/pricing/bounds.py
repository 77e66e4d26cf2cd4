"""What a promotion could add at most, whatever the others do: the numbers that the search for the best prunes by.

See "The bound" in ADR 0021. Money and points are counted in parts of a minor unit, so that no bound is rounded down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fidelia.kernel.money import exponent

from .compiled import BENEFITS, DISCOUNTS, POINTS
from .engine import Chosen, Engine
from .model import UNIT
from .rewards import (
    RATE,
    AmountOff,
    FreeDelivery,
    Gift,
    NthFree,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    SetPrice,
)
from .spread import divided, share_of

#: Parts of a minor unit in which bounds are counted, and parts of one in which shares of points are.
FINE = 1 << 16
SHARE = 1 << 20
_ROUNDING = FINE // 2 + 2


class Option:
    """A promotion on some lines: what it takes of each, and what it gives besides.

    ``keeps``: (line, millionths that are left of the price, slack). ``takes``: (line, most that it takes). ``total`` is
    the most it takes of all lines together, where that is known only of all. ``gives`` is worth without regard to
    prices; ``shares`` are (line, most) of the paid price that come back as points. What it ``multiplies`` is
    counted with the points of others. What ``spans`` lines bears on more than those of the option.
    """

    __slots__ = ("gives", "i", "keeps", "lines", "multiplies", "shares", "spans", "takes", "total")

    def __init__(self, i: int, lines: Sequence[int]) -> None:
        self.i = i
        self.lines = lines
        self.keeps: list[tuple[int, int, int]] = []
        self.takes: list[tuple[int, int]] = []
        self.total = 0
        self.gives = 0
        self.shares: list[tuple[int, int]] = []
        self.multiplies = False
        self.spans = False

    @classmethod
    def nobody(cls) -> Option:
        """Return the option that nobody wins."""
        return cls(-1, ())

    @property
    def matters(self) -> bool:
        """Tell whether it is worth anything."""
        worth = self.keeps or self.takes or self.total or self.gives or self.shares
        return bool(worth) or self.multiplies or self.spans


class Bounds:
    """Makes options for one order."""

    def __init__(self, engine: Engine, candidates: Sequence[Chosen], boosting: int) -> None:
        self.engine = engine
        self.bases = engine.bases
        self.floors = engine.floors
        self.full = dict(candidates)
        self.worth = engine.worths.by_type
        self.scale = engine.worths.scale
        self.boost: Mapping[int, int] = self._boosts([i for i, _ in candidates]) if boosting else {}

    def _boosts(self, candidates: Sequence[int]) -> Mapping[int, int]:
        """Return what multipliers could make of points at most, by type, in millionths."""
        compiled = self.engine.compiled
        boost: dict[int, int] = {}
        for i in candidates:
            if compiled.phases[i] > POINTS:
                reward = compiled.terms[i].reward
                boost[reward.point_type] = boost.get(reward.point_type, RATE) + reward.factor - RATE  # type: ignore[union-attr]
        return boost

    def option(self, i: int, lines: Sequence[int]) -> Option:
        """Return what a promotion could do on some lines."""
        made = Option(i, lines)
        phase = self.engine.compiled.phases[i]
        reward = self.engine.compiled.terms[i].reward
        if phase == DISCOUNTS:
            if not self._percentage(made):
                self._discount(made)
        elif phase == BENEFITS:
            match reward:
                case FreeDelivery(cap=cap):
                    most = self.engine.delivery if cap is None else min(cap[self.engine.currency], self.engine.delivery)
                    made.gives = most * self.scale * FINE
                case Gift(worth=worth):
                    made.gives = worth.get(self.engine.currency, 0) * self.scale * FINE
        elif phase == POINTS:
            self._points(made)
        elif isinstance(reward, PointsMultiplier):
            made.multiplies = reward.point_type in self.worth
        return made

    def settle(self, groups: Sequence[Sequence[Option]]) -> None:
        """Sharpen what options of the same order could do, when all of them are known."""
        self._settle(groups)
        self._spare_shares(groups)

    def _settle(self, groups: Sequence[Sequence[Option]]) -> None:
        """Count exactly what a percentage takes of a line that no other choice touches."""
        touched = [0] * len(self.bases)
        discounts = [[o for o in options if o.keeps or o.takes or o.total] for options in groups]
        for options in discounts:
            for line in {line for option in options for line in self.full.get(option.i, option.lines)}:
                touched[line] += 1
        for option in (option for options in discounts for option in options if option.keeps):
            reward = self.engine.compiled.terms[option.i].reward
            if not isinstance(reward, PercentOff) or (reward.scope == "order" and len(self.full[option.i]) > 1):
                continue
            alone = [keep for keep in option.keeps if touched[keep[0]] == 1]
            option.keeps = [keep for keep in option.keeps if touched[keep[0]] > 1]
            for line, _, _ in alone:
                cut = min(share_of(self.bases[line], reward.rate), self.bases[line] - self.floors[line])
                option.takes.append((line, cut * FINE))

    def _spare_shares(self, groups: Sequence[Sequence[Option]]) -> None:
        """Count points by the first prices where more could come back of a line than is paid for it."""
        most = [0] * len(self.bases)
        for options in groups:
            of_lines: dict[int, int] = {}
            for option in options:
                for line, share in option.shares:
                    of_lines[line] = max(of_lines.get(line, 0), share)
            for line, share in of_lines.items():
                most[line] += share
        if max(most, default=0) <= SHARE:
            return
        for option in (option for options in groups for option in options):
            option.gives += sum(self.bases[line] * share for line, share in option.shares) * self.unit
            option.shares = []

    def _percentage(self, option: Option) -> bool:
        """Note a percentage of what is left of each line, which most discounts are; tell whether it is one."""
        engine = self.engine
        reward = engine.compiled.terms[option.i].reward
        if not isinstance(reward, PercentOff) or reward.cap is not None or engine.left:
            return False
        if not engine.of_discounted(reward) or (reward.scope == "order" and len(self.full[option.i]) > 1):
            return False
        keep = RATE - reward.rate
        option.keeps = [(line, keep, _ROUNDING) for line in option.lines]
        return True

    def _discount(self, option: Option) -> None:
        engine, bases, floors = self.engine, self.bases, self.floors
        lines = option.lines
        terms = engine.compiled.terms[option.i]
        reward = terms.reward
        rooms = {line: bases[line] - floors[line] for line in lines}
        room = sum(rooms.values())
        limit = engine.money_left(terms.id)
        cap = getattr(reward, "cap", None)
        caps = [most for most in (limit, None if cap is None else cap[engine.currency]) if most is not None]
        takes: dict[int, int] = {}
        total: int | None = None
        match reward:
            case PercentOff(scope="order", rate=rate) if len(self.full[option.i]) > 1:
                # in a group per line, what one line cannot take falls to others that were won beside it
                beside = self.full[option.i]
                if engine.of_discounted(reward) and not caps and not any(floors[line] for line in beside):
                    option.keeps = [(line, RATE - rate, FINE + 2) for line in lines]
                    return
                room = sum(bases[line] - floors[line] for line in beside)
                total = -(-sum(bases[line] for line in lines) * rate // RATE)  # several lines are rounded together
                option.spans = len(beside) > len(lines)
            case PercentOff(rate=rate):
                if engine.of_discounted(reward) and not caps:
                    option.keeps = [(line, RATE - rate, _ROUNDING) for line in lines]
                    return
                takes = {line: share_of(bases[line], rate) for line in lines}
            case AmountOff(scope="order", amount=amount) if len(self.full[option.i]) > 1:
                total = amount[engine.currency]
            case AmountOff(scope="lines" | "order", amount=amount):
                takes = dict.fromkeys(lines, amount[engine.currency])
            case AmountOff(amount=amount):
                takes = {line: divided(amount[engine.currency] * engine.quantities[line], UNIT) for line in lines}
            case SetPrice(price=price):
                target = price[engine.currency]
                takes = {line: bases[line] - divided(target * engine.quantities[line], UNIT) for line in lines}
            case NthFree():
                takes = self._free(option.i, reward, lines)
        if total is None:
            takes = {line: min(most, rooms[line]) for line, most in takes.items() if most > 0}
            if not caps or sum(takes.values()) <= min(caps):
                option.takes = [(line, most * FINE) for line, most in takes.items()]
                return
            total = sum(takes.values())
        option.total = min(total, room, *caps) * FINE

    def _free(self, i: int, reward: NthFree, lines: Sequence[int]) -> dict[int, int]:
        """Return the most that free units take: of the promotion's lines together there are no more of them."""
        quantities = self.engine.quantities
        free = sum(quantities[line] // UNIT for line in self.full[i]) // reward.every * reward.free
        units = {line: min(quantities[line] // UNIT, free) for line in lines}
        return {line: -(-self.bases[line] * n * UNIT // quantities[line]) for line, n in units.items()}

    def _points(self, option: Option) -> None:
        engine, bases = self.engine, self.bases
        reward = engine.compiled.terms[option.i].reward
        worth = self.worth.get(getattr(reward, "point_type", 0), 0)
        if not worth:
            return
        type_ = engine.compiled.types[reward.point_type]  # type: ignore[union-attr]
        boost = self.boost.get(type_.id, RATE)
        minor = 10 ** exponent(engine.currency)
        spare = 0 if type_.rounding == "down" else 2 + len(self.boost)  # parts that rounding may add
        match reward:
            case PointsFixed(points=points):
                most = points
            case PointsPerItem(points=points):
                units = sum(engine.quantities[line] // UNIT * engine.factors[line] for line in option.lines)
                most = units * points // RATE + 1
            case PointsPercent(rate=rate):
                self._share(option, rate * 10**type_.places, RATE * minor, worth, boost)
                most = engine.delivery * rate * 10**type_.places // (RATE * minor) + 1 if reward.delivery else 0
            case PointsPerMoney(points=points, per=per):
                self._share(option, points, per[engine.currency], worth, boost)
                most = engine.delivery * points // per[engine.currency] + 1 if reward.delivery else 0
            case _:
                return
        option.gives = -(-(most + spare) * worth * FINE * boost // RATE)
        cap = None if isinstance(reward, PointsFixed) else reward.cap
        if cap is not None:
            capped = -(-(cap + spare) * worth * FINE * boost // RATE)
            if capped < option.gives + sum(bases[line] * share for line, share in option.shares) * self.unit:
                option.gives, option.shares = capped, []

    @property
    def unit(self) -> int:
        """A minor unit's share, in the parts that bounds are counted in."""
        return -(-self.scale * FINE // SHARE)

    def _share(self, option: Option, over: int, under: int, worth: int, boost: int) -> None:
        """Note that ``over / under`` parts of points come back for each minor unit paid."""
        for line in option.lines:
            top = over * worth * self.engine.factors[line] * SHARE
            low = under * self.scale * RATE
            option.shares.append((line, -(-top * boost // (low * RATE)) + 1))
