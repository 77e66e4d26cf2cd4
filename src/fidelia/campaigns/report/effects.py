"""The comparison of a campaign's sides, and when it says nothing. Pure.

``segments.measure`` has its own minima, found by simulation. A campaign is judged by people who do not look behind the
figure, so its report asks for more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fidelia.segments import comparing, measure

from .model import MetricKey, Unit

#: People who converted, on each side.
FEWEST_CONVERTED = 10
#: People kept back, where amounts are compared: a few large orders move the mean of fewer.
FEWEST_KEPT_FOR_MONEY = 2_000


class Metric(NamedTuple):
    """How a figure is compared."""

    unit: Unit
    compare: Callable[[Sequence[measure.Pair]], measure.Effect]


METRICS: Mapping[MetricKey, Metric] = {
    "conversion": Metric("share", measure.share_of_buyers),
    "revenue": Metric("money", measure.revenue_each),
    "order_average": Metric("money", measure.order_average),
    "orders": Metric("number", measure.orders_each),
}


def compare(key: MetricKey, pairs: Sequence[measure.Pair]) -> measure.Effect:
    """Return the effect on a figure; ``too_few`` and no range where one would mislead."""
    if not pairs:
        return comparing.nothing()
    effect = METRICS[key].compare(pairs)
    whole = measure.total(pairs)
    return comparing.unsaid(effect, whole.control.people) if why_too_few(key, whole) else effect


def why_too_few(key: MetricKey, whole: measure.Pair) -> str | None:
    """Say what is missing for a figure to be judged, if something is."""
    control, test = whole.control, whole.rest
    if min(control.people, test.people) < measure.FEWEST_PEOPLE:
        kept = control.people <= test.people
        people, side = (control.people, "kept back") if kept else (test.people, "in the test group")
        return f"but only {round(people):,} people are {side}: it takes {measure.FEWEST_PEOPLE} on each side."
    if METRICS[key].unit == "money" and control.people < FEWEST_KEPT_FOR_MONEY:
        return (
            "but amounts differ so much from person to person that it takes "
            f"{FEWEST_KEPT_FOR_MONEY:,} people kept back to compare them; there are {round(control.people):,}."
        )
    least = {
        "conversion": FEWEST_CONVERTED,
        "orders": measure.FEWEST_BUYERS_FOR_ORDERS,
    }.get(key, measure.FEWEST_BUYERS_FOR_MONEY)
    if min(control.buyers, test.buyers) < least:
        return (
            f"but only {round(control.buyers):,} of {round(control.people):,} people of the control group and "
            f"{round(test.buyers):,} of {round(test.people):,} of the test group did: it takes {least} on each side."
        )
    return None
