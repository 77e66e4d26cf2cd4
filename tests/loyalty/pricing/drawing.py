"""Small programs and orders, drawn: every reward, groups of both kinds, exclusive promotions, limits, partners."""

from __future__ import annotations

from random import Random
from typing import Any

from fidelia.loyalty.pricing import (
    RATE,
    AllowRedeem,
    AmountOff,
    Draft,
    FreeDelivery,
    Gift,
    GrantLevel,
    Group,
    IssueCode,
    Left,
    NthFree,
    Partner,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    PointType,
    Program,
    SetPrice,
    Terms,
)

from .making import PERCENT, line, order, sku

SKUS = ("a", "b", "c", "d")


def _rate(random: Random) -> int:
    return min(RATE, random.choice([1, 5, 10, 10, 15, 20, 30, 50, 90, 100]) * PERCENT + random.choice([0, 0, 0, 3333]))


def _money(random: Random) -> dict[str, int]:
    return {"EUR": random.choice([1, 7, 50, 99, 100, 333, 1000, 2500])}


def _cap(random: Random) -> dict[str, int] | None:
    return _money(random) if random.random() < 0.15 else None


def discount(random: Random) -> Any:
    match random.randrange(10):
        case 0 | 1 | 2:
            return PercentOff(rate=_rate(random), cap=_cap(random))
        case 3 | 4:
            return PercentOff(rate=_rate(random), scope="order", cap=_cap(random))
        case 5:
            return PercentOff(rate=_rate(random), of=random.choice(["initial", "discounted"]))
        case 6:
            return SetPrice(price=_money(random), cap=_cap(random))
        case 7:
            return NthFree(
                every=random.randint(2, 4),
                rate=random.choice([RATE, _rate(random)]),
                each_line=random.random() < 0.3,
                cap=_cap(random),
            )
    return AmountOff(amount=_money(random), scope=random.choice(["order", "lines", "items"]), cap=_cap(random))


def points(random: Random) -> Any:
    type_ = random.choice([1, 1, 2, 2, 3])
    few = random.choice([1, 5, 50, 120])
    cap = random.choice([3, 20, 200]) if random.random() < 0.15 else None
    match random.randrange(6):
        case 0:
            return PointsFixed(point_type=type_, points=few)
        case 1:
            return PointsPerItem(point_type=type_, points=few, cap=cap)
        case 2:
            per = {"EUR": random.choice([10, 100, 700])}
            return PointsPerMoney(point_type=type_, points=few, per=per, delivery=random.random() < 0.3, cap=cap)
        case 3:
            return PointsMultiplier(
                point_type=type_, factor=random.choice([RATE * 3 // 2, 2 * RATE, 3 * RATE]), cap=cap
            )
    delivery = random.random() < 0.3
    return PointsPercent(point_type=type_, rate=random.choice([1, 5, 30, 150]) * PERCENT, delivery=delivery, cap=cap)


def other(random: Random) -> Any:
    return random.choice(
        [
            FreeDelivery(cap=_cap(random)),
            Gift(key="mug", worth=random.choice([{}, {"EUR": 50}, {"EUR": 400}])),
            IssueCode(pool=1),
            GrantLevel(group=1, level=1),
            AllowRedeem(point_type=random.choice([1, 2]), rate=_rate(random), cap=_cap(random)),
        ]
    )


def types(random: Random) -> tuple[PointType, ...]:
    rounding = random.choice(["down", "down", "half_up", "up"])
    share = random.choice([RATE, 30 * PERCENT, 0])
    return (
        PointType(id=1, worth={"EUR": random.choice([(1, 1), (1, 3), (7, 2)])}, rounding=rounding, redeem_rate=share),
        PointType(id=2, places=2, worth=random.choice([{}, {"EUR": (1, 1)}]), rounding=rounding),
        PointType(id=3, spendable=False),
    )


def promotions(
    random: Random, most: int, kinds: tuple[Any, ...] = (discount, discount, discount, points, other)
) -> Any:
    for n in range(random.randint(2, most)):
        group = random.choice([None, None, 1, 1, 1, 2, 2, 3])
        yield Terms(
            id=n + 1,
            place=random.randint(0, 3),
            reward=random.choice(kinds)(random),
            group=group,
            exclusive=random.random() < 0.1,
            products=sku(*random.sample(SKUS, random.randint(1, 3))) if random.random() < 0.6 else None,
        )


def basket(random: Random, most: int) -> Draft:
    lines = []
    for key in random.sample(SKUS, random.randint(1, most)):
        base = random.choice([1, 30, 99, 450, 1000, 1999, random.randint(1, 5000)])
        floor = random.choice([0, 0, 0, base // 2, base])
        lines.append(line(key, base, quantity=random.randint(1, 5), floor=floor))
    return order(*lines, delivery=random.choice([0, 0, 490]))


def case(seed: int, most: int = 9, lines: int = 3, mode: Any = "best") -> tuple[Program, Draft, dict[str, Any]]:
    """Draw a program, an order, and what is asked besides."""
    random = Random(seed)
    given = Program(
        promotions=tuple(promotions(random, most)),
        groups=(Group(id=1), Group(id=2, per="line"), Group(id=3, per=random.choice(["order", "line"]))),
        points=types(random),
        partners=(Partner(id=1, products=sku("a"), factor=2 * RATE),) if random.random() < 0.2 else (),
        mode=mode,
        percent_of=random.choice(["discounted", "initial"]),
        most_nodes=1_000_000,
    )
    asked: dict[str, Any] = {}
    if random.random() < 0.3:
        asked = {"points": {1: random.choice([10, 5000]), 2: 5000}, "redeem": {random.choice([1, 2]): "max"}}
    if random.random() < 0.2:
        chosen = random.choice(given.promotions).id
        asked["left"] = {chosen: Left(money=random.choice([None, 40]), points=random.choice([None, 3]))}
    return given, basket(random, lines), asked
