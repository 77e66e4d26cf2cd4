"""Six segments worth having, written in the condition language."""

from __future__ import annotations

from typing import Any, NamedTuple

BABY = ("DRUG GM/BABY FOODS", "DRUG GM/INFANT FORMULA", "DRUG GM/DIAPERS & DISPOSABLES", "DRUG GM/BABY HBC")


class Example(NamedTuple):
    """A segment of the demo."""

    name: str
    description: str
    condition: dict[str, Any]


def _orders(last: str, op: str, value: int, **more: Any) -> dict[str, Any]:
    return {"kind": "related", "link": "orders", "within": {"last": last}, "count": {"op": op, "value": value}, **more}


def _bought(last: str | None, where: dict[str, Any], op: str = "gte", value: int = 1) -> dict[str, Any]:
    within = {"within": {"last": last}} if last else {}
    return {"kind": "related", "link": "orders.lines", **within, "where": where, "count": {"op": op, "value": value}}


_BABY = {
    "kind": "any",
    "of": [{"kind": "compare", "field": "product.category", "op": "under", "value": key} for key in BABY],
}

EXAMPLES = (
    Example(
        "Lapsed good customers",
        "Bought often over the year, and not at all for a month",
        {
            "kind": "all",
            "of": [_orders("P365D", "gte", 25), {"kind": "not", "of": _orders("P30D", "gte", 1)}],
        },
    ),
    Example(
        "Coupon lovers",
        "Handed in at least five coupons",
        {"kind": "occurred", "event": "custom.coupon_redeemed", "count": {"op": "gte", "value": 5}},
    ),
    Example(
        "New parents",
        "Baby food, formula or diapers in the last three months, and never before",
        {
            "kind": "all",
            "of": [_bought("P90D", _BABY, value=2), {"kind": "not", "of": _bought(None, _BABY, value=12)}],
        },
    ),
    Example(
        "Private-label buyers",
        "At least a hundred items of the shop's own brand in half a year",
        _bought("P180D", {"kind": "compare", "field": "product.brand", "op": "eq", "value": "Private"}, value=100),
    ),
    Example("Active in the last 30 days", "At least one order in thirty days", _orders("P30D", "gte", 1)),
    Example(
        "Big spenders",
        "Orders of 1,000 or more in ninety days",
        {
            "kind": "related",
            "link": "orders",
            "within": {"last": "P90D"},
            "measure": {"fn": "sum", "of": "total", "op": "gte", "value": 1000},
        },
    ),
)
