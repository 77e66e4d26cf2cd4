"""Conditions by chance, of the same small grammar each time for a seed."""

from __future__ import annotations

from random import Random
from typing import Any

from .build import Both
from .everyday import Node, compare, count, either, every, measure, member, no, occurred, person, related

DURATIONS = ("P7D", "P30D", "P45D", "P3M", "P180D", "P1Y", "P1Y2M", "PT60H", "P6W")
DEPARTMENTS = ("GROCERY", "DRUG GM", "PRODUCE", "MEAT", "DELI", "GROCERY/CHEESE")


class Maker:
    """Makes conditions with one source of chance."""

    def __init__(self, seed: int, both: Both) -> None:
        self.chance = Random(seed)
        self.both = both

    def condition(self, depth: int = 3) -> Node:
        """Return a condition nested at most so deep."""
        roll = self.chance.random()
        if depth == 0 or roll < 0.35:
            return self.leaf()
        if roll < 0.5:
            return no(self.condition(depth - 1))
        join = every if roll < 0.78 else either
        return join(*(self.condition(depth - 1) for _ in range(self.chance.randint(2, 4))))

    def leaf(self) -> Node:
        return self.chance.choice((self.field, self.field, self.order, self.line, self.event, self.other))()

    def field(self) -> Node:
        c = self.chance
        return c.choice(
            (
                lambda: person(
                    "city", c.choice(("eq", "ne", "contains", "starts_with")), c.choice(("oslo", "å", "berg", "O"))
                ),
                lambda: person("points", c.choice(("gt", "gte", "lt", "lte", "eq", "ne")), c.randint(0, 3000)),
                lambda: person("points", c.choice(("gt", "lte")), {"field": "profile.goal"}),
                lambda: person("ratio", c.choice(("gt", "gte", "lt", "lte", "eq")), c.randint(0, 40) / 8),
                lambda: person("age", "in", c.sample(["19-24", "25-34", "35-44", "45-54", "55-64", "65+"], 3)),
                lambda: person("seen", c.choice(("in_last", "in_next")), c.choice(DURATIONS)),
                lambda: person("joined", c.choice(("before", "after")), f"-P{c.randint(1, 500)}D"),
                lambda: person("birth_date", "anniversary_in", f"P{c.randint(0, 200)}D"),
                lambda: person(
                    "likes",
                    c.choice(("any_of", "all_of", "none_of")),
                    c.sample(["grocery", "produce", "meat", "pastry"], 2),
                ),
                lambda: person(
                    c.choice(("city", "age", "goal", "likes", "cars", "home")), c.choice(("is_missing", "is_present"))
                ),
                lambda: compare('profile.home["rooms"]', c.choice(("gt", "lt", "eq")), c.randint(0, 6)),
            )
        )()

    def within(self) -> dict[str, Any]:
        c = self.chance
        start, end = sorted((c.randint(1, 330), c.randint(1, 330)))
        days = [f"2026-{1 + n // 28:02}-{1 + n % 28:02}" for n in (start, end)]
        return c.choice(
            (
                {},
                {"within": {"last": c.choice(DURATIONS)}},
                {"within": {"from": days[0], "to": days[1]}},
                {"within": {"from": days[0]}},
                {
                    "within": {
                        "calendar": c.choice(("day", "week", "month", "quarter", "year")),
                        "offset": -c.randint(0, 3),
                    }
                },
                {
                    "within": {
                        "since": {
                            "event": c.choice(("custom.cart", "custom.coupon", "custom.campaign")),
                            "which": c.choice(("first", "last")),
                        }
                    }
                },
            )
        )

    def counted(self, most: int) -> dict[str, Any]:
        c = self.chance
        return c.choice(({}, {"count": count(c.choice(("gte", "gt", "lte", "lt", "eq")), c.randint(0, most))}))

    def order(self) -> Node:
        c = self.chance
        where = c.choice(
            (
                {},
                {
                    "where": compare(
                        "order.status", c.choice(("eq", "ne")), c.choice(("paid", "delivered", "cancelled"))
                    )
                },
                {"where": compare("order.total", c.choice(("gt", "lt")), c.randint(5, 90))},
            )
        )
        choice = c.choice(({}, {}, {"take": {c.choice(("latest", "first", "nth")): c.randint(1, 6)}}))
        figure = c.choice(
            (
                {},
                {
                    "measure": measure(
                        c.choice(("sum", "avg", "min", "max", "first", "last")),
                        "total",
                        c.choice(("gt", "lt")),
                        c.randint(5, 300),
                    )
                },
                {"measure": measure("gap_avg", "created_at", c.choice(("lt", "gte")), c.randint(2, 20))},
                {"measure": measure("count_distinct", "status", "gte", c.randint(1, 5))},
            )
        )
        return related("orders", **self.within(), **choice, **where, **self.counted(40), **figure)

    def line(self) -> Node:
        c = self.chance
        where = c.choice(
            (
                {"where": compare("product.category", "under", c.choice(DEPARTMENTS))},
                {"where": compare("product.brand", "eq", c.choice(("National", "private")))},
                {
                    "where": every(
                        compare("line.quantity", "gte", c.randint(1, 4)), compare("line.total", "lt", c.randint(1, 9))
                    )
                },
            )
        )
        figure = c.choice(
            (
                {},
                {
                    "measure": measure(
                        c.choice(("sum", "avg", "max")), "total", c.choice(("gte", "lt")), c.randint(1, 200)
                    )
                },
            )
        )
        return related("orders.lines", **self.within(), **where, **self.counted(60), **figure)

    def event(self) -> Node:
        c = self.chance
        return c.choice(
            (
                lambda: occurred("custom.campaign", **self.within(), **self.counted(8)),
                lambda: occurred("custom.campaign", **self.within(), where=compare("event.kind", "ne", "Type B")),
                lambda: occurred("custom.coupon", **self.within(), **self.counted(3)),
                lambda: occurred(
                    "custom.cart",
                    **self.within(),
                    measure=measure(c.choice(("sum", "min", "max", "last")), "value", "gte", c.randint(0, 60)),
                ),
                lambda: occurred(
                    "page.viewed", **self.within(), where=compare("event.url", "contains", "sale"), **self.counted(5)
                ),
            )
        )()

    def other(self) -> Node:
        c = self.chance
        return c.choice(
            (
                lambda: member(self.both.club, state=c.choice(("now", "ever", "left"))),
                lambda: member(self.both.good),
                lambda: related(
                    "subscriptions", **self.counted(2), where=compare("subscription.status", "eq", "subscribed")
                ),
                lambda: related(
                    "messages",
                    take={"latest": c.randint(1, 6)},
                    where=compare("message.opened_at", "is_missing"),
                    **self.counted(4),
                ),
                lambda: related(
                    "profile.cars", where=compare("item.year", "gt", c.randint(1995, 2020)), **self.counted(2)
                ),
            )
        )()
