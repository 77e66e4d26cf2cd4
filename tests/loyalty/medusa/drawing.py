"""Carts of the rules that Medusa's promotions and ours have in common, each in both ways of writing."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from fidelia.loyalty.pricing import AmountOff, Draft, Left, PercentOff, Program, Terms

from ..pricing.making import PERCENT, line, on_line, on_order, order, program, terms, when

BRANDS = ("alder", "birch", "cedar")
REGIONS = ("north", "south")
CHANNELS = ("web", "till")
#: More units than any line has: a promotion of theirs is for one unit of each line unless told otherwise.
EVERY_UNIT = 1_000_000


class Cart(NamedTuple):
    """A cart for them and for us."""

    theirs: dict[str, Any]
    program: Program
    draft: Draft
    left: dict[int, Left]


def _lines(random: Random, round_prices: bool) -> list[dict[str, Any]]:
    drawn = []
    for n in range(random.randint(1, 8)):
        unit = (
            random.randint(1, 9) * 10_000
            if round_prices
            else random.choice([1, 99, 333, 1250, random.randint(1, 9999)])
        )
        drawn.append({"id": f"l{n}", "unit": unit, "quantity": random.randint(1, 5), "brand": random.choice(BRANDS)})
    return drawn


def _values(*values: object) -> list[dict[str, str]]:
    return [{"value": str(value)} for value in values]


def _rule(attribute: str, operator: str, *values: object) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": _values(*values)}


def _products(random: Random) -> tuple[list[dict[str, Any]], Any]:
    """Return what the lines must be, for them and for us."""
    some = random.sample(BRANDS, random.randint(1, 2))
    least = random.randint(1, 4)
    match random.randrange(5):
        case 0:
            return [_rule("items.brand", "in", *some)], on_line(when("product.brand", "in", some))
        case 1:
            return [_rule("items.brand", "ne", some[0])], on_line(when("product.brand", "ne", some[0]))
        case 2:
            return [_rule("items.quantity", "gte", least)], on_line(when("line.quantity", "gte", least))
        case 3:
            both = {
                "kind": "all",
                "of": [when("product.brand", "eq", some[0]), when("line.quantity", "lt", least)],
            }
            rules = [_rule("items.brand", "eq", some[0]), _rule("items.quantity", "lt", least)]
            return rules, on_line(both)
    return [], None


def _order_rules(random: Random, total: int) -> tuple[list[dict[str, Any]], Any]:
    """Return what the order must be, for them and for us."""
    region, channel = random.choice(REGIONS), random.choice(CHANNELS)
    match random.randrange(6):
        case 0:
            return [_rule("region", "eq", region)], on_order(when("order.region", "eq", region))
        case 1:
            both = {
                "kind": "all",
                "of": [when("order.region", "in", list(REGIONS)), when("order.channel", "ne", channel)],
            }
            return [_rule("region", "in", *REGIONS), _rule("channel", "ne", channel)], on_order(both)
        case 2:
            least = random.choice([total, total + 1, total // 2])
            text = f"{least // 100}.{least % 100:02}"
            return [_rule("total", "gte", least)], on_order(when("order.total", "gte", float(text)))
    return [], None


def _reward(random: Random, lines: list[dict[str, Any]], round_prices: bool) -> tuple[dict[str, Any], Any]:
    """Return what a promotion gives, for them and for us."""
    rate = random.choice([10, 20, 25, 50] if round_prices else [1, 3, 7, 10, 15, 33, 50, 90, 100])
    amount = random.choice([100, 2500, 10_000] if round_prices else [1, 50, 99, 500, 3333])
    currency = "eur" if random.random() < 0.9 else "usd"
    ours = {currency.upper(): amount}
    each = {"target_type": "items", "allocation": "each", "max_quantity": EVERY_UNIT}
    across = random.choice([{"target_type": "items", "allocation": "across"}, {"target_type": "order"}])
    match random.randrange(5):
        case 0:
            return {"type": "percentage", "value": rate, **each}, PercentOff(rate=rate * PERCENT)
        case 1:
            return {"type": "percentage", "value": rate, **across}, PercentOff(rate=rate * PERCENT, scope="order")
        case 2:
            method = {"type": "fixed", "value": amount, "currency_code": currency, **each}
            return method, AmountOff(amount=ours, scope="items")
        case 3:  # off one unit of each line; theirs takes no more than the unit costs
            least = min(amount, *(each["unit"] for each in lines))
            method = {"type": "fixed", "value": least, "currency_code": currency, **each, "max_quantity": 1}
            return method, AmountOff(amount={currency.upper(): least}, scope="lines")
    return {"type": "fixed", "value": amount, "currency_code": currency, **across}, AmountOff(amount=ours)


def cart(random: Random, promotions: int, *, round_prices: bool) -> Cart:
    """Draw a cart of so many promotions."""
    lines = _lines(random, round_prices)
    total = sum(each["unit"] * each["quantity"] for each in lines)
    region, channel = random.choice(REGIONS), random.choice(CHANNELS)
    theirs: list[dict[str, Any]] = []
    ours: list[Terms] = []
    left: dict[int, Left] = {}
    codes: list[str] = []
    # Theirs are applied by their values, the greatest first; those of equal values in no order.
    drawn: dict[int, tuple[dict[str, Any], Any]] = {}
    for _ in range(promotions):
        method, reward = _reward(random, lines, round_prices)
        drawn[method["value"]] = method, reward
    for id_, (method, reward) in enumerate((drawn[value] for value in sorted(drawn, reverse=True)), start=1):
        target, products = _products(random) if method["target_type"] == "items" else ([], None)
        rules, condition = _order_rules(random, total)
        promotion = {"id": str(id_), "code": f"P{id_}", "is_automatic": True, "type": "standard", "rules": rules}
        pool = None
        if random.random() < 0.25:
            promotion["is_automatic"], pool = False, id_
            if random.random() < 0.7:
                codes.append(f"P{id_}")
        if random.random() < 0.2:
            used = random.choice([4, 5])
            promotion["limit"], promotion["used"] = 5, used
            left[id_] = Left(uses=5 - used)
        theirs.append({**promotion, "application_method": {**method, "target_rules": target}})
        ours.append(terms(id_, reward, products=products, condition=condition, pool=pool))
    items = [
        {
            "id": each["id"], "quantity": each["quantity"], "brand": each["brand"],
            "subtotal": each["unit"] * each["quantity"], "original_total": each["unit"] * each["quantity"],
        }
        for each in lines
    ]  # fmt: skip
    context = {"currency_code": "eur", "region": region, "channel": channel, "total": total, "items": items}
    made = [line(each["id"], each["unit"] * each["quantity"], each["quantity"], brand=each["brand"]) for each in lines]
    given = {int(code[1:]): code for code in codes}
    draft = order(*made, codes=given, region=region, channel=channel)
    asked = {"promotions": theirs, "codes": codes, "context": context}
    return Cart(asked, program(*ours), draft, left)
