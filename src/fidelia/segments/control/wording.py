"""The comparison in sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from fidelia.kernel.money import exponent

from .measure import Effect, Pair, Verdict


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a comparison: how a headline begins by verdict, and what both sides did, by figure.

    Each text of ``did`` has places for ``{rest}`` and ``{control}``. ``nobody`` is said where an average has no
    amounts, ``few`` where too few people did something: with places for ``{n}`` of the ``{people}`` kept back.
    """

    begin: Mapping[Verdict, str]
    did: Mapping[str, str]
    nobody: str
    few: str


MESSAGES = Words(
    begin={
        "higher": "Messages work: ",
        "lower": "Messages do harm: ",
        "cannot_tell": "Can't tell yet: ",
        "too_few": "Too few to say: ",
    },
    did={
        "conversion": "{rest} of those who may be written to bought, {control} of the control group",
        "revenue": "those who may be written to spent {rest} each, the control group {control}",
        "order_average": "an order of those who may be written to was {rest}, of the control group {control}",
        "orders": "those who may be written to bought {rest} times each, the control group {control}",
    },
    nobody="nobody bought on one of the sides.",
    few="but only {n} of {people} people kept back bought anything.",
)


def headline(verdict: Verdict, sentence: str, words: Words = MESSAGES) -> str:
    """Return the verdict with its reason."""
    return words.begin[verdict] + sentence


def told(
    key: str, effect: Effect, whole: Pair, currency: str, words: Words = MESSAGES, *, few: str | None = None
) -> str:
    """Return one figure's comparison as a sentence; ``few`` is why there are too few, where it is something else."""
    write, change, span = _writers(key, currency)
    if effect.rest is None or effect.control is None:
        return words.nobody if key == "order_average" else "there is nobody to compare with."
    rest, control = effect.rest, effect.control
    if key == "conversion":  # what people did, as tables count it; only the difference is weighted by strata
        rest, control = (side.buyers / side.people if side.people else 0.0 for side in (whole.rest, whole.control))
    what = words.did[key].replace("{rest}", write(rest)).replace("{control}", write(control))
    if effect.verdict == "too_few" or effect.low is None or effect.high is None or effect.difference is None:
        kept = whole.control
        some = words.few.replace("{n}", f"{round(kept.buyers):,}").replace("{people}", f"{round(kept.people):,}")
        return f"{what}, {few or some}"
    if effect.verdict == "cannot_tell":
        text = f"{what}. The true difference may lie anywhere from {span(effect.low, 'to', effect.high)} (95 %)."
        if effect.needed is not None:
            text += f" A difference as small as this one needs about {rounded(effect.needed):,} people kept back."
        return text
    reach = span(effect.low, "and", effect.high)
    return f"{what}, {change(effect.difference)}. The true effect lies between {reach} (95 %)."


_Write = Callable[[float], str]


def _writers(key: str, currency: str) -> tuple[_Write, _Write, Callable[[float, str, float], str]]:
    """Return how a figure of this kind, a change of it and a range of changes are written."""
    places, factor = (exponent(currency) if currency else 2), 1
    unit = change_unit = f" {currency}" if currency else ""
    if key == "conversion":  # shares change by points
        places, factor, unit, change_unit = 1, 100, " %", " points"
    elif key == "orders":
        places, unit, change_unit = 2, "", ""

    def write(value: float) -> str:
        return f"{value * factor:,.{places}f}{unit}"

    def change(value: float) -> str:
        return f"{_signed(value * factor, places)}{change_unit}"

    def span(low: float, word: str, high: float) -> str:
        return f"{_signed(low * factor, places)} {word} {change(high)}"

    return write, change, span


def _signed(value: float, places: int) -> str:
    text = f"{abs(value):,.{places}f}"
    nothing = not text.strip("0.,")
    return text if nothing else f"{'+' if value > 0 else '−'}{text}"


def rounded(number: int) -> int:
    """Return a number rounded up to two digits that say something."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step
