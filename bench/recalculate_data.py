"""A hundred segments as a shop has them, each with its twin in SQL written by hand: the workload of bench_recalculate.

They overlap as real ones do: the same rules on engagement, purchases and places come back in many of them, some read
other segments. Which rules go together is drawn with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from segment_data import Node, compare, group, negate, occurred

SEED = 11
#: Makes the SQL of a rule for a database, as of a moment (an expression of ClickHouse).
Twin = Callable[[int, str], str]


class Rule(NamedTuple):
    """A rule and its twin."""

    node: Node
    sql: Twin


class Made(NamedTuple):
    """A segment: its rules with ``{"segment": <index>}`` for members of an earlier one, and its whole SQL condition."""

    name: str
    node: Node
    sql: Twin
    reads: int | None


def _ago(at: str, days: int) -> str:
    return f"{at} - toIntervalDay({days})"


def _times(type_: str, days: int, count: int) -> Rule:
    def sql(db: int, at: str) -> str:
        rows = f"e_{db}{' final' if count > 1 else ''} where type = '{type_}' and at >= {_ago(at, days)} and at <= {at}"
        having = f" group by profile having count() >= {count}" if count > 1 else ""
        return f"id in (select profile from {rows}{having})"

    return Rule(occurred(type_, f"P{days}D", "gte", count), sql)


def _spent(days: int, amount: int) -> Rule:
    measure = {"fn": "sum", "of": "order.total", "op": "gte", "value": amount}
    return Rule(
        {"kind": "related", "link": "orders", "within": {"last": f"P{days}D"}, "measure": measure},
        lambda db, at: (
            f"id in (select profile from o_{db} final where at >= {_ago(at, days)} and at <= {at}"
            f" group by profile having sum(total) >= {amount})"
        ),
    )


def _cities(first: int, many: int) -> Rule:
    names = [f"City {n}" for n in range(first, first + many)]
    texts = ", ".join(f"'{name.lower()}'" for name in names)
    return Rule(compare("profile.city", "in", names), lambda db, at: f"lowerUTF8(city) in ({texts})")


def _older(age: int) -> Rule:
    return Rule(compare("profile.age", "gte", age), lambda db, at: f"f1 >= {age}")


def _level(*levels: str) -> Rule:
    texts = ", ".join(f"'{level}'" for level in levels)
    return Rule(compare("profile.level", "in", list(levels)), lambda db, at: f"f3 in ({texts})")


def _orders(count: int) -> Rule:
    return Rule(
        {"kind": "related", "link": "orders", "count": {"op": "gte", "value": count}},
        lambda db, at: f"id in (select profile from o_{db} final group by profile having count() >= {count})",
    )


def _category(number: int, days: int, amount: int) -> Rule:
    node = {
        "kind": "related",
        "link": "orders.lines",
        "within": {"last": f"P{days}D"},
        "where": compare("product.category", "under", f"Food {number}"),
        "measure": {"fn": "sum", "of": "line.total", "op": "gte", "value": amount},
    }
    return Rule(
        node,
        lambda db, at: (
            f"id in (select profile from l_{db} final where at >= {_ago(at, days)} and at <= {at} and product in"
            f" (select id from products final where has(arrayMap(x -> lowerUTF8(x), categories), 'food {number}'))"
            f" group by profile having sum(total) >= {amount})"
        ),
    )


FIELDS = [
    *(_cities(first, many) for first, many in ((1, 4), (10, 20), (50, 60), (200, 99))),
    *(_older(age) for age in (25, 40, 60)),
    _level("gold"),
    _level("gold", "silver"),
    Rule(compare("profile.vip", "eq", True), lambda db, at: "f2"),
    Rule(compare("profile.country", "eq", "NO"), lambda db, at: "lowerUTF8(country) = 'no'"),
]
HISTORY = [
    *(_times("message.opened", days, count) for days, count in ((14, 1), (30, 1), (90, 2), (180, 3))),
    *(_times("message.clicked", days, 1) for days in (30, 90, 180)),
    _times("message.sent", 180, 3),
    *(_times("page.viewed", days, count) for days, count in ((7, 1), (60, 2))),
    *(_times("custom.purchase", days, count) for days, count in ((30, 1), (60, 1), (90, 1), (365, 3))),
    _spent(90, 100),
    _spent(365, 250),
    _orders(2),
    _orders(4),
    *(_category(number, days, amount) for number, days, amount in ((3, 180, 40), (7, 180, 40), (3, 365, 100))),
]


def _joined(kind: str, rules: list[Rule]) -> Rule:
    word = " and " if kind == "all" else " or "
    return Rule(
        group(kind, *(rule.node for rule in rules)),
        lambda db, at: f"({word.join(f'({rule.sql(db, at)})' for rule in rules)})",
    )


def _without(rule: Rule) -> Rule:
    return Rule(negate(rule.node), lambda db, at: f"not ({rule.sql(db, at)})")


def hundred() -> list[Made]:
    """Return the segments; every tenth reads an earlier one."""
    dice = random.Random(SEED)
    made: list[Made] = []
    for n in range(100):
        rules = dice.sample(FIELDS, dice.randint(1, 2)) + dice.sample(HISTORY, dice.randint(1, 3))
        if dice.random() < 0.5:
            rules.append(_joined("any", dice.sample(FIELDS + HISTORY, 2)))
        if dice.random() < 0.5:
            rules.append(_without(dice.choice(HISTORY)))
        reads = dice.randrange(n) if n % 10 == 9 else None
        whole = _joined("all", rules)
        if reads is not None:
            inner = made[reads]
            node = group("all", *whole.node["of"], {"kind": "member", "of": {"segment": reads}})
            sql = _both(whole.sql, inner.sql)
            made.append(Made(f"Segment {n}", node, sql, reads))
        else:
            made.append(Made(f"Segment {n}", whole.node, whole.sql, None))
    return made


def _both(one: Twin, other: Twin) -> Twin:
    return lambda db, at: f"({one(db, at)}) and ({other(db, at)})"
