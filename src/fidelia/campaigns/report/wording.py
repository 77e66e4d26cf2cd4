"""The verdict on a campaign in sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from fidelia.segments import Verdict, wording

from .model import MetricKey

_NOBODY = "nobody did on one of the sides."
_FEW = "but only {n} of {people} people of the control group did."
_OVER: Mapping[Verdict, str] = {
    "higher": "The campaign worked: ",
    "lower": "The campaign did harm: ",
    "cannot_tell": "Can't tell: ",
    "too_few": "Too few to say: ",
}
_RUNNING: Mapping[Verdict, str] = {
    "higher": "The campaign works so far: ",
    "lower": "The campaign does harm so far: ",
    "cannot_tell": "Can't tell yet: ",
    "too_few": "Too few to say yet: ",
}


def words(goal: str | None, *, running: bool) -> wording.Words:
    """Return what is said of a campaign whose success is orders, or a goal of this name."""
    did = (
        {
            "conversion": "{rest} of the test group bought, {control} of the control group",
            "revenue": "the test group spent {rest} a person, the control group {control}",
            "order_average": "an order of the test group was {rest}, of the control group {control}",
            "orders": "the test group bought {rest} times a person, the control group {control}",
        }
        if goal is None
        else {
            "conversion": f"{{rest}} of the test group reached {goal}, {{control}} of the control group",
            "revenue": f"{goal} was worth {{rest}} a person in the test group, {{control}} in the control group",
            "order_average": f"{goal} was worth {{rest}} each time in the test group, {{control}} in the control group",
            "orders": f"the test group reached {goal} {{rest}} times a person, the control group {{control}}",
        }
    )
    return wording.Words(begin=_RUNNING if running else _OVER, did=did, nobody=_NOBODY, few=_FEW)


def labels(goal: str | None) -> Mapping[MetricKey, str]:
    """Return what the figures are called."""
    if goal is None:
        return {
            "conversion": "People who bought",
            "revenue": "Revenue a person",
            "order_average": "Average order",
            "orders": "Purchases a person",
        }
    return {
        "conversion": f"People who reached {goal}",
        "revenue": "Value a person",
        "order_average": "Average value",
        "orders": "Times a person",
    }


def without_group(goal: str | None, converted: int, people: int) -> str:
    """Return what is said where nobody is kept back."""
    did = "bought" if goal is None else f"reached {goal}"
    return (
        f"There is no control group, so nobody can say what the campaign changed. {converted:,} of {people:,} people "
        f"{did} after they came in; some of them would have without it."
    )
