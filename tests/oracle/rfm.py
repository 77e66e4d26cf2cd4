"""RFM as the guide tells it (docs/guide/scores.md), worked out person by person from the oracle's own rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .oracle import Person, Row

GROUPS = 5
DAYS = 365


class Buyer(NamedTuple):
    """What somebody is judged by."""

    days: int
    orders: int
    spent: Decimal


def score(people: Iterable[Person], now: datetime, zone: str, currency: str) -> dict[int, Row]:
    """Return the five fields of everybody with an order in the last year that came to something."""
    home = ZoneInfo(zone)
    today = now.astimezone(home)
    earliest = (today.replace(tzinfo=None) - timedelta(days=DAYS)).replace(tzinfo=home)
    buyers: dict[int, Buyer] = {}
    for person in people:
        counted = [
            order
            for order in person.links["orders"]
            if order["status"] not in {"cancelled", "refunded"} and earliest <= order["created_at"] <= now
        ]
        if counted:
            last = max(order["created_at"] for order in counted).astimezone(home).date()
            spent = sum((order["total"] for order in counted if order["currency"] == currency), Decimal())
            buyers[person.id] = Buyer((today.date() - last).days, len(counted), spent)
    found: dict[int, Row] = {}
    for id_, one in buyers.items():
        recency = _group(sum(other.days > one.days for other in buyers.values()), len(buyers))
        frequency = _group(sum(other.orders < one.orders for other in buyers.values()), len(buyers))
        monetary = _group(sum(other.spent < one.spent for other in buyers.values()), len(buyers))
        found[id_] = {
            "rfm_recency": recency,
            "rfm_frequency": frequency,
            "rfm_monetary": monetary,
            "rfm": f"{recency}{frequency}{monetary}",
        }
    for id_, row in found.items():
        ahead = sum(_better(found[other], buyers[other], row, buyers[id_]) for other in found)
        row["rfm_rank"] = 100 - (100 * ahead) // len(found)
    return found


def _group(worse: int, people: int) -> int:
    """Stand the worst first; the share of people before somebody tells the group, from 1."""
    return 1 + (GROUPS * worse) // people


def _better(row: Row, one: Buyer, other_row: Row, other: Buyer) -> bool:
    """Tell whether somebody is ahead of another."""

    def key(told: Row, buyer: Buyer) -> tuple[Any, ...]:
        return (
            told["rfm_recency"] + told["rfm_frequency"] + told["rfm_monetary"],
            buyer.spent,
            buyer.orders,
            -buyer.days,
        )

    return key(row, one) > key(other_row, other)
