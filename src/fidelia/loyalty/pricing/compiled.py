"""A program compiled: promotions in the order of trying as bits of whole numbers, found by tables and closures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fidelia.conditions import Checked, Need, Prepared, fingerprint, needs, only_needs, prepare

from .model import PointType, Program, Reason, Terms, Trace
from .rewards import (
    RATE,
    AllowRedeem,
    AmountOff,
    FreeDelivery,
    Gift,
    GrantLevel,
    IssueCode,
    NthFree,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    SetPrice,
)
from .traits import Traits, by_line

DISCOUNTS, BENEFITS, PAYING, POINTS, MULTIPLIERS = range(5)
_PHASES: dict[type, int] = {
    PercentOff: DISCOUNTS,
    AmountOff: DISCOUNTS,
    SetPrice: DISCOUNTS,
    NthFree: DISCOUNTS,
    FreeDelivery: BENEFITS,
    Gift: BENEFITS,
    IssueCode: BENEFITS,
    GrantLevel: BENEFITS,
    AllowRedeem: PAYING,
    PointsFixed: POINTS,
    PointsPercent: POINTS,
    PointsPerMoney: POINTS,
    PointsPerItem: POINTS,
    PointsMultiplier: MULTIPLIERS,
}
#: What product conditions said of an item is remembered for so many items.
_MOST_ITEMS = 100_000

Place = tuple[str, Any, str, bool]


class Table:
    """Conditions (by bit) that come into question, by the value of one field; ``others`` do not look at it."""

    __slots__ = ("others", "place", "values")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.values: dict[Any, int] = {}
        self.others = 0


class Conditions:
    """Distinct conditions, each a bit. ``asks`` are those that a table alone does not decide."""

    __slots__ = ("all", "asks", "prepared", "tables")

    def __init__(self, checked: Sequence[Checked], segments: Mapping[int, Checked]) -> None:
        self.all = (1 << len(checked)) - 1
        self.prepared: list[Prepared] = [prepare(each, segments) for each in checked]
        self.asks = 0
        tables: dict[Place, Table] = {}
        seen: dict[Place, int] = {}
        for n, each in enumerate(checked):
            bit = 1 << n
            tabled: dict[Place, Need] = {}
            asked = needs(each)
            for need in asked:
                tabled.setdefault(need.place, need)
            if not only_needs(each) or len(tabled) < len(asked):
                self.asks |= bit
            for place, need in tabled.items():
                table = tables.setdefault(place, Table(place))
                seen[place] = seen.get(place, 0) | bit
                for value in need.values:
                    table.values[value] = table.values.get(value, 0) | bit
        for place, table in tables.items():
            table.others = self.all & ~seen[place]
        self.tables = tuple(tables.values())


class Compiled:
    """What ``compile_program`` makes; read only, save for the memory of items."""

    __slots__ = (
        "_traits",
        "active",
        "adding",
        "by_line",
        "by_products",
        "coded",
        "conditions",
        "discounts",
        "earning",
        "every",
        "exclusive",
        "group_of",
        "groups",
        "items",
        "members",
        "multiplying",
        "not_best",
        "of_condition",
        "of_products",
        "partners",
        "phases",
        "places",
        "point_types",
        "products",
        "program",
        "rejected",
        "remembered",
        "spreading",
        "terms",
        "timed",
        "types",
        "unconditional",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.types = {type_.id: type_ for type_ in program.points}
        self.groups = {group.id: group.per == "line" for group in program.groups}
        self.terms: tuple[Terms, ...] = tuple(
            sorted(program.promotions, key=lambda terms: (_PHASES[type(terms.reward)], terms.place, terms.id))
        )
        if len({terms.id for terms in self.terms}) < len(self.terms):
            raise ValueError("Two promotions have the same id")
        for terms in self.terms:
            check_terms(terms, self)
        self.places = {terms.id: i for i, terms in enumerate(self.terms)}
        self.phases = tuple(_PHASES[type(terms.reward)] for terms in self.terms)
        self.by_line = tuple(
            phase == DISCOUNTS and by_line(terms.reward) for phase, terms in zip(self.phases, self.terms, strict=True)
        )
        self._traits: dict[str, Traits] = {}
        self.point_types: tuple[PointType, ...] = tuple(sorted(program.points, key=lambda type_: type_.id))
        self.group_of = tuple(terms.group for terms in self.terms)
        self.exclusive = _bits(i for i, terms in enumerate(self.terms) if terms.exclusive)
        self.multiplying = _bits(i for i, phase in enumerate(self.phases) if phase == MULTIPLIERS)
        self.adding = _bits(
            i for i, phase in enumerate(self.phases) if phase < POINTS and (phase != DISCOUNTS or self.by_line[i])
        )
        self.discounts = sum(1 for phase in self.phases if phase == DISCOUNTS)  # they come first
        self.spreading = _bits(i for i in range(self.discounts) if not self.by_line[i])
        self.earning = _bits(
            i for i, terms in enumerate(self.terms) if isinstance(terms.reward, PointsPercent | PointsPerMoney)
        )
        self.every = (1 << len(self.terms)) - 1
        self.active = _bits(i for i, terms in enumerate(self.terms) if terms.active)
        self.members = _bits(i for i, terms in enumerate(self.terms) if terms.members_only or self.phases[i] >= PAYING)
        self.timed = tuple(
            (1 << i, terms.starts_at, terms.ends_at)
            for i, terms in enumerate(self.terms)
            if terms.starts_at is not None or terms.ends_at is not None
        )
        self.coded: dict[int, int] = {}
        for i, terms in enumerate(self.terms):
            if terms.pool is not None:
                self.coded[terms.pool] = self.coded.get(terms.pool, 0) | 1 << i

        self.conditions, of_condition = _distinct([terms.condition for terms in self.terms], program.segments)
        self.of_condition = [0] * len(self.conditions.prepared)
        self.unconditional = self.every
        for i, n in enumerate(of_condition):
            if n is not None:
                self.of_condition[n] |= 1 << i
                self.unconditional &= ~(1 << i)

        partners = sorted(program.partners, key=lambda partner: partner.id)
        products = [*(terms.products for terms in self.terms), *(partner.products for partner in partners)]
        self.products, of_products = _distinct(products, program.segments)
        self.of_products = tuple(-1 if n is None else n for n in of_products[: len(self.terms)])
        self.by_products = tuple(
            _bits(i for i, own in enumerate(self.of_products) if own == n) for n in range(len(self.products.prepared))
        )
        self.partners = tuple(
            (partner, n) for partner, n in zip(partners, of_products[len(self.terms) :], strict=True) if n is not None
        )
        #: Conditions on products that only look at the catalogue: their answer is remembered by the item.
        self.remembered = _bits(
            n for n, each in enumerate(self.products.prepared) if each.still and each.links <= {"product"}
        )
        self.items: dict[tuple[str, int], tuple[int, ...]] = {}
        reasons: tuple[Reason, ...] = (
            "inactive", "not_started", "ended", "no_member", "currency", "code", "limit_uses", "limit_money",
            "limit_points", "condition", "products",
        )  # fmt: skip
        self.rejected = {reason: [Trace(terms.id, "rejected", reason) for terms in self.terms] for reason in reasons}
        self.not_best = [Trace(terms.id, "skipped", "not_best") for terms in self.terms]

    def remember(self, item: tuple[str, int], found: tuple[int, ...]) -> None:
        """Remember which product conditions an item meets."""
        if len(self.items) >= _MOST_ITEMS:
            self.items.clear()
        self.items[item] = found

    def traits(self, currency: str) -> Traits:
        """Return what the promotions are like in a currency."""
        found = self._traits.get(currency)
        if found is None:
            found = Traits(self.terms, self.types, currency, self.program.percent_of)
            self._traits[currency] = found
        return found

    def out_of_time(self, now: datetime) -> tuple[int, int]:
        """Return the promotions that have not started and those that have ended."""
        early = late = 0
        for bit, starts_at, ends_at in self.timed:
            if starts_at is not None and now < starts_at:
                early |= bit
            elif ends_at is not None and now >= ends_at:
                late |= bit
        return early, late


def _bits(places: Iterable[int]) -> int:
    found = 0
    for i in places:
        found |= 1 << i
    return found


def _distinct(
    conditions: Sequence[Checked | None], segments: Mapping[int, Checked]
) -> tuple[Conditions, list[int | None]]:
    """Return equal conditions once, and which one each place has."""
    numbers: dict[tuple[str, str], int] = {}
    checked: list[Checked] = []
    places: list[int | None] = []
    for each in conditions:
        if each is None:
            places.append(None)
            continue
        key = (each.subject, fingerprint(each.condition))
        if key not in numbers:
            numbers[key] = len(checked)
            checked.append(each)
        places.append(numbers[key])
    return Conditions(checked, segments), places


def check_terms(terms: Terms, compiled: Compiled) -> None:
    """Refuse numbers that make no sense: raises ``ValueError`` naming the promotion."""
    reward = terms.reward
    wrong = ""
    match reward:
        case PercentOff(rate=rate) | AllowRedeem(rate=rate):
            wrong = "" if 0 < rate <= RATE else "its percentage is not between 0 and 100"
        case NthFree(rate=rate, every=every, free=free):
            wrong = "" if 0 < rate <= RATE and 1 <= free <= every else "its numbers of units make no sense"
        case PointsMultiplier(factor=factor):
            wrong = "" if factor > RATE else "its factor is not above one"
        case PointsPerMoney(per=per):
            wrong = "" if all(amount > 0 for amount in per.values()) else "it gives points per nothing"
    point_type = getattr(reward, "point_type", None)
    if point_type is not None and point_type not in compiled.types:
        wrong = f"there is no point type {point_type}"
    if terms.group is not None and terms.group not in compiled.groups:
        wrong = f"there is no exclusion group {terms.group}"
    for name in ("amount", "price", "cap", "points", "rate", "quantity", "worth"):
        known = getattr(reward, name, 0)
        if known is not None and min(known.values() if isinstance(known, Mapping) else [known], default=0) < 0:
            wrong = f"its {name} is below nought"
    if wrong:
        raise ValueError(f"Promotion {terms.id}: {wrong}")
