"""What statuses of lines mean, and what they make of their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .model import LineKind, OrderStatus

#: Statuses built in, with what they count as; the American spelling is the same status.
BUILT_IN: Mapping[str, tuple[str, LineKind]] = {
    "new": ("new", "new"),
    "processing": ("processing", "in_process"),
    "delivering": ("delivering", "in_process"),
    "delivered": ("delivered", "delivered"),
    "cancelled": ("cancelled", "cancelled"),
    "canceled": ("cancelled", "cancelled"),
    "refunded": ("refunded", "refunded"),
}
NAMES = {
    "new": "New",
    "processing": "Processing",
    "delivering": "Delivering",
    "delivered": "Delivered",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
}
#: Statuses of an order that its lines take over.
FOLLOWED = ("delivered", "cancelled", "refunded")
DONE: frozenset[LineKind] = frozenset({"cancelled", "refunded"})


def starting(order_status: str) -> str:
    """Return the status of a new line that names none."""
    return order_status if order_status in FOLLOWED else "new"


def kind_of(status: str, order_status: str, kinds: Mapping[str, LineKind]) -> LineKind:
    """Return what a stored status of a line means; ``kinds`` has those built in and those set up."""
    return kinds.get(status or starting(order_status), "in_process")


class LineState(NamedTuple):
    """What an order's status is derived from: goods only, not adjustments."""

    kind: LineKind
    refunded: bool


def derived(status: OrderStatus, lines: Iterable[LineState]) -> OrderStatus:
    """Return an order's status from its lines; ``status`` is the one it has.

    All cancelled: cancelled. Nothing left but cancelled and refunded lines: refunded. Something given back:
    part_refunded. All that is left delivered: delivered. Else created or paid, as it was.
    """
    states = list(lines)
    kinds = {state.kind for state in states}
    if not states:
        return status
    if kinds == {"cancelled"}:
        return "cancelled"
    if kinds <= DONE:
        return "refunded"
    if any(state.refunded or state.kind == "refunded" for state in states):
        return "part_refunded"
    if kinds - DONE == {"delivered"}:
        return "delivered"
    return status if status in ("created", "paid") else "paid"
