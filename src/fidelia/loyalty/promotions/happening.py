"""Which events may start a trigger promotion: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fidelia.kernel.errors import FieldError

from .model import Kind, PromotionDefinition
from .rewards import GrantLevel, PointsFixed, PointsSpent

#: What promotions themselves lead to: one that waited for these would start itself again and again.
_OWN_POINTS = frozenset({"loyalty.accrued", "loyalty.redeemed"})
_OWN_LEVEL = frozenset({"loyalty.level_changed"})


def event_faults(definition: PromotionDefinition, kind: Kind, known: Mapping[str, str]) -> Iterable[FieldError]:
    """Yield what is wrong with the event that a definition waits for; ``known`` are types of events by name."""
    event, reward = definition.event, definition.reward
    if event is None:
        return
    if kind != "trigger":
        yield FieldError("/event", "Only a trigger promotion waits for an event; others work on orders")
        return
    if event not in known:
        yield FieldError("/event", f"There is no event {event} in this database")
    if event in _OWN_POINTS or (event in _OWN_LEVEL and isinstance(reward, GrantLevel)):
        yield FieldError("/event", "The promotion itself leads to this event: it would never end")
    if isinstance(reward, PointsFixed | PointsSpent) and reward.amount is None:
        yield FieldError("/reward/amount", "An event names no number of points: say how many")
