"""One set of promotions, applied in the order of trying: the meaning of every set, in both modes.

``Engine.run(chosen)`` works an order out for the promotions of a set (each with the lines it may touch). What others
come before, what has no effect, groups and exclusive promotions are dealt with here; who belongs to the set is decided
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .accrual import Earning
from .compiled import Compiled
from .discounts import Prices, cuts
from .model import Accrued, Ask, Draft, Left, Member, PointType, Reason, Redeemed, Terms, Trace
from .redemption import Payable, redeem
from .rewards import RATE, FreeDelivery, Gift, GrantLevel, IssueCode, PercentOff

_UNLIMITED = Left()
_ORDER = -1

#: A promotion (its place in the order of trying) and the lines (indexes) that it may touch.
Chosen = tuple[int, Sequence[int]]


class Outcome:
    """An order worked out for one set of promotions."""

    __slots__ = (
        "accrue",
        "amounts",
        "applied",
        "codes",
        "delivery",
        "gifts",
        "levels",
        "most",
        "redeem",
        "trace",
        "value",
    )

    def __init__(self, amounts: list[int], delivery: int) -> None:
        self.amounts = amounts
        self.delivery = delivery
        self.value = 0
        self.gifts: list[tuple[int, str, int]] = []
        self.codes: list[tuple[int, int]] = []
        self.levels: list[tuple[int, int, int]] = []
        self.accrue: list[Accrued] = []
        self.redeem: list[Redeemed] = []
        self.most: dict[int, int] = {}
        self.applied: list[int] = []
        self.trace: dict[int, Trace] = {}


class Engine:
    """An order to be worked out, for any set of promotions."""

    __slots__ = ("_active", "_asked", "_initial", "_types", "bases", "compiled", "currency", "delivery", "factors",
                 "floors", "left", "quantities", "worths")  # fmt: skip

    def __init__(
        self,
        compiled: Compiled,
        draft: Draft,
        member: Member | None,
        ask: Ask,
        left: Mapping[int, Left],
        factors: Sequence[int],
    ) -> None:
        self.compiled = compiled
        self.bases = [line.base for line in draft.lines]
        self.floors = [min(line.floor, line.base) for line in draft.lines]
        self.quantities = [line.quantity for line in draft.lines]
        self.delivery = draft.delivery
        self.currency = draft.currency
        self._initial = compiled.program.percent_of == "initial"
        self._types: Sequence[PointType] = compiled.point_types
        self._active = None if member is None else member.points
        self._asked = ask.redeem
        self.left = left
        self.factors = factors
        self.worths = compiled.traits(draft.currency).worths

    @property
    def pays_with_points(self) -> bool:
        """Tell whether points are asked to pay."""
        return bool(self._asked) and self._active is not None

    def money_left(self, promotion: int) -> int | None:
        """Return what is left of a promotion's limit in money."""
        known = self.left.get(promotion)
        return None if known is None else known.money

    def of_discounted(self, reward: PercentOff) -> bool:
        """Tell whether a percentage is taken of what is left of the price."""
        return not self._initial if reward.of is None else reward.of == "discounted"

    def prices(self) -> Prices:
        """Return the first prices, to be worked on."""
        return Prices(self.bases, self.floors, self.quantities, self.currency, self._initial)

    def run(self, chosen: Sequence[Chosen], *, traced: bool = True) -> Outcome:
        """Work the order out; ``chosen`` is in the order of trying."""
        return _Run(self, traced).all(chosen)


class _Run:
    """One run: what changes while promotions are applied."""

    __slots__ = ("earning", "engine", "excluded", "out", "payable", "prices", "total", "traced", "won")

    def __init__(self, engine: Engine, traced: bool) -> None:
        self.engine = engine
        self.traced = traced
        self.prices = engine.prices()
        self.out = Outcome(self.prices.amounts, engine.delivery)
        self.total = sum(engine.bases) + engine.delivery
        self.won: dict[int, dict[int, int]] = {}  # by group: the winner of each line, or of the order
        self.excluded: int | None = None
        self.payable: Payable | None = None
        self.earning: Earning | None = None

    def all(self, chosen: Sequence[Chosen]) -> Outcome:
        compiled = self.engine.compiled
        terms, phases, left = compiled.terms, compiled.phases, self.engine.left
        groups, per_line, won = compiled.group_of, compiled.groups, self.won
        apply = (self.discount, self.benefit, self.allow, self.points, self.points)
        for i, lines in chosen:
            promotion = terms[i]
            if self.excluded is not None:
                self.skip(i, "exclusive", self.excluded)
                continue
            group = groups[i]
            if group is not None and group in won:
                winners = won[group]
                free = [line for line in lines if line not in winners] if per_line[group] else ()
                if not free:
                    if self.traced:
                        self.skip(i, "group", winners[lines[0] if per_line[group] else _ORDER])
                    continue
                lines = free  # noqa: PLW2901 those that no other has won
            touched = apply[phases[i]](i, promotion, lines, left.get(promotion.id, _UNLIMITED) if left else _UNLIMITED)
            if touched is None:
                continue
            self.out.applied.append(i)
            if group is not None:
                self.win(promotion, touched)
            if promotion.exclusive:
                self.excluded = promotion.id
        self.pay()
        out = self.out
        scale, worths = self.engine.worths.scale, self.engine.worths.by_type
        taken = sum(self.engine.bases) + self.engine.delivery - self.total
        out.value += taken * scale + sum([row.points * worths.get(row.point_type, 0) for row in out.accrue])
        return out

    def skip(self, i: int, reason: Reason, blocker: int | None = None, limited: bool = False) -> None:
        if self.traced:
            promotion = self.engine.compiled.terms[i].id
            self.out.trace[i] = Trace(promotion, "skipped", reason, blocker=blocker, limited=limited)

    def win(self, terms: Terms, lines: Sequence[int]) -> None:
        """Note what a promotion has won of its group."""
        assert terms.group is not None
        won = self.won.setdefault(terms.group, {})
        for line in lines if self.engine.compiled.groups[terms.group] else (_ORDER,):
            won[line] = terms.id

    def discount(self, i: int, terms: Terms, lines: Sequence[int], left: Left) -> Sequence[int] | None:
        found, limited = cuts(self.prices, terms.reward, lines, left.money)  # type: ignore[arg-type]
        if not found:
            self.skip(i, "no_effect", limited=limited)
            return None
        amounts = self.prices.amounts
        before = after = self.total
        for line, cut in found:
            amounts[line] -= cut
            after -= cut
        self.total = after
        if self.traced:
            self.out.trace[i] = Trace(terms.id, "applied", "", "total", before, after, tuple(found), None, limited)
        return [line for line, _ in found]

    def benefit(self, i: int, terms: Terms, lines: Sequence[int], left: Left) -> Sequence[int] | None:
        reward, out = terms.reward, self.out
        before = self.total
        limited = False
        match reward:
            case FreeDelivery():
                cut = out.delivery if left.money is None else min(out.delivery, left.money)
                if reward.cap is not None:
                    cut = min(cut, reward.cap[self.engine.currency])
                limited = cut < out.delivery
                if cut <= 0:
                    self.skip(i, "no_effect")
                    return None
                out.delivery -= cut
                self.total -= cut
            case Gift():
                out.gifts.append((terms.id, reward.key, reward.quantity))
                out.value += reward.worth.get(self.engine.currency, 0) * self.engine.worths.scale
            case IssueCode():
                out.codes.append((terms.id, reward.pool))
            case GrantLevel():
                out.levels.append((terms.id, reward.group, reward.level))
        if self.traced:
            if isinstance(reward, FreeDelivery):
                out.trace[i] = Trace(terms.id, "applied", "", "total", before, self.total, (), None, limited)
            else:
                out.trace[i] = Trace(terms.id, "applied")
        return lines

    def allow(self, i: int, terms: Terms, lines: Sequence[int], left: Left) -> Sequence[int] | None:
        payable = self.payments()
        money = payable.allow(terms.reward, lines)  # type: ignore[arg-type]
        if money is None:
            self.skip(i, "no_effect")
            return None
        if self.traced:
            self.out.trace[i] = Trace(terms.id, "applied", "", "redeemable", *money)
        return lines

    def payments(self) -> Payable:
        """Return what points may pay; made after all discounts."""
        if self.payable is None:
            self.payable = Payable(self.prices, self.engine._types)
        return self.payable

    def pay(self) -> None:
        """Pay with points, once: before the first points are earned, or at the end."""
        engine = self.engine
        if self.earning is not None:
            return
        if engine._active is not None and (self.traced or engine._asked):
            self.out.most, self.out.redeem = redeem(self.payments(), engine._types, engine._active, engine._asked)
        self.earning = Earning(
            self.prices.amounts,
            engine.bases,
            engine.quantities,
            engine.factors,
            self.out.delivery,
            engine.currency,
            engine.compiled.types,
        )

    def points(self, i: int, terms: Terms, lines: Sequence[int], left: Left) -> Sequence[int] | None:
        self.pay()
        earning = self.earning
        assert earning is not None
        row, limited = earning.earn(
            terms.id,
            terms.reward,  # type: ignore[arg-type]
            lines,
            terms.products is None,
            left.points,
        )
        if row is None:
            self.skip(i, "no_effect", limited=limited)
            return None
        if self.traced:
            before = sum(known.points for known in self.out.accrue if known.point_type == row.point_type)
            self.out.trace[i] = Trace(
                terms.id, "applied", "", "points", before, before + row.points, row.lines, None, limited
            )
        self.out.accrue.append(row)
        return lines


def factors_of(compiled: Compiled, lines_of: Sequence[Sequence[int]], count: int, now: Any) -> list[int]:
    """Return the factor of each line's partner; of several the first by id."""
    factors = [RATE] * count
    for partner, n in reversed(compiled.partners):
        if (partner.starts_at is None or now >= partner.starts_at) and (
            partner.ends_at is None or now < partner.ends_at
        ):
            for line in lines_of[n]:
                factors[line] = partner.factor
    return factors
