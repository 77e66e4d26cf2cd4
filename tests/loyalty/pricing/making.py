"""Short words for the tests: promotions, lines, orders, and a small vocabulary for conditions on them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fidelia.conditions import Checked, Facts, Field, Link, Row, Subject, Vocabulary, check, decode, merge
from fidelia.loyalty.pricing import (
    RATE,
    UNIT,
    Ask,
    Draft,
    Group,
    Left,
    Line,
    Member,
    PointType,
    Program,
    Result,
    Terms,
    calculate,
    compile_program,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERCENT = RATE // 100
STARS = PointType(id=1, places=0, worth={"EUR": (1, 1)})  # a point is a cent
CENTS = PointType(id=2, places=2, worth={"EUR": (1, 1)})  # a point is a euro
STATUS = PointType(id=3, places=0, spendable=False)


def _field(name: str, type_: str) -> Field:
    return Field(name=name, type=type_, label=name, sql="x")


VOCABULARY = merge(
    Vocabulary(
        subjects=(
            Subject(name="order", table="o", fields=(
                _field("order.channel", "string"), _field("order.total", "decimal"), _field("order.region", "string"))),
            Subject(name="line", table="l", fields=(_field("line.quantity", "decimal"),)),
            Subject(name="product", table="p", fields=(
                _field("product.sku", "string"), _field("product.brand", "string"), _field("product.category", "tree"),
                _field("product.price", "decimal"))),
            Subject(name="profile", table="q", fields=(_field("profile.city", "string"),)),
        ),
        links=(
            Link(name="lines", of="order", to="line", key="x", live=True),
            Link(name="product", of="line", to="product", key="x", single=True, live=True),
            Link(name="profile", of="order", to="profile", key="x", single=True, live=True),
        ),
    )
)  # fmt: skip


def on_order(node: dict[str, Any]) -> Checked:
    return check(decode(node), VOCABULARY, subject="order", live_only=True)


def on_line(node: dict[str, Any]) -> Checked:
    return check(decode(node), VOCABULARY, subject="line", live_only=True)


def when(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": field, "op": op, "value": value}


def sku(*keys: str) -> Checked:
    return on_line(when("product.sku", "in", list(keys)))


def line(key: str, base: int, quantity: int = 1, floor: int = 0, **product: Any) -> Line:
    """A line of whole units whose SKU is its id, unless said otherwise."""
    fields = {"sku": key, **product}
    facts = Facts(fields={"quantity": Decimal(quantity)}, links={"product": [Row(fields=fields)]})
    item = (repr(sorted(fields.items(), key=str)), 1)
    return Line(id=key, base=base, quantity=quantity * UNIT, floor=floor, facts=facts, item=item)


def order(
    *lines: Line, delivery: int = 0, codes: dict[int, str] | None = None, city: str = "Berlin", **fields: Any
) -> Draft:
    total = Decimal(sum(each.base for each in lines) + delivery) / 100
    facts = Facts(
        fields={"total": total, **fields},
        links={"lines": [each.facts for each in lines], "profile": [Row(fields={"city": city})]},
    )
    return Draft(currency="EUR", lines=lines, delivery=delivery, facts=facts, codes=codes or {})


def terms(id_: int, reward: Any, **more: Any) -> Terms:
    return Terms(id=id_, reward=reward, place=more.pop("place", id_), **more)


def program(*promotions: Terms, groups: tuple[Group, ...] = (), **more: Any) -> Program:
    points = more.pop("points", (STARS, CENTS, STATUS))
    return Program(promotions=promotions, groups=groups, points=points, **more)


def work_out(
    given: Program,
    draft: Draft,
    *,
    points: dict[int, int] | None = None,
    redeem: dict[int, Any] | None = None,
    left: dict[int, Left] | None = None,
    member: bool = True,
    now: datetime = NOW,
) -> Result:
    who = Member(points=points or {}) if member else None
    return calculate(compile_program(given), draft, who, Ask(redeem=redeem or {}), now, "UTC", left=left or {})


def told(result: Result) -> dict[int, tuple[str, str]]:
    """What became of each promotion."""
    return {trace.promotion: (trace.status, trace.reason) for trace in result.trace}


def finals(result: Result) -> list[int]:
    return [each.final for each in result.lines]


def sound(result: Result, draft: Draft) -> None:
    """What holds of every result."""
    assert sum(finals(result)) + result.delivery == result.final
    assert result.total == sum(each.base for each in draft.lines) + draft.delivery
    assert result.final == result.total - result.discount - sum(row.money for row in result.redeem)
    for given, each in zip(draft.lines, result.lines, strict=True):
        assert each.final == each.base - each.discount - each.redeemed
        assert min(given.floor, given.base) <= each.final <= each.base
        assert sum(cut for _, cut in each.applied) == each.discount
        assert min(each.discount, each.redeemed) >= 0
    for earned in result.accrue:
        assert sum(part for _, part in earned.lines) == earned.points > 0
        assert len({where for where, _ in earned.lines}) == len(earned.lines)
    assert len({(earned.promotion, earned.point_type) for earned in result.accrue}) == len(result.accrue)
    for row in result.redeem:
        assert sum(money for _, _, money in row.lines) == row.money
        assert sum(points for _, points, _ in row.lines) == row.points <= result.max_redeem[row.point_type]
    assert 0 <= result.delivery <= draft.delivery
    assert all(trace.status != "applied" or not trace.reason for trace in result.trace)
    assert all(trace.status == "applied" or trace.reason for trace in result.trace)
