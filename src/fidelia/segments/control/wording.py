"""The comparison in sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Callable

from fidelia.kernel.money import exponent

from .measure import Effect, Pair, Verdict

_BEGIN: dict[Verdict, str] = {
    "higher": "Messages work: ",
    "lower": "Messages do harm: ",
    "cannot_tell": "Can't tell yet: ",
    "too_few": "Too few to say: ",
}


def headline(verdict: Verdict, sentence: str) -> str:
    """Return the verdict with its reason."""
    return _BEGIN[verdict] + sentence


def told(key: str, effect: Effect, whole: Pair, currency: str) -> str:
    """Return one figure's comparison as a sentence."""
    write, change = _writers(key, currency)
    if effect.rest is None or effect.control is None:
        return "nobody bought on one of the sides." if key == "order_average" else "there is nobody to compare with."
    what = {
        "conversion": f"{write(effect.rest)} of those who may be written to bought, {write(effect.control)} of the "
        "control group",
        "revenue": f"those who may be written to spent {write(effect.rest)} each, the control group "
        f"{write(effect.control)}",
        "order_average": f"an order of those who may be written to was {write(effect.rest)}, of the control group "
        f"{write(effect.control)}",
        "orders": f"those who may be written to bought {write(effect.rest)} times each, the control group "
        f"{write(effect.control)}",
    }[key]
    if effect.verdict == "too_few" or effect.low is None or effect.high is None or effect.difference is None:
        buyers = round(whole.control.buyers)
        return f"{what}, but only {buyers:,} of {round(whole.control.people):,} people kept back bought anything."
    if effect.verdict == "cannot_tell":
        text = (
            f"{what}. The true difference may lie anywhere from {change(effect.low)} to {change(effect.high)} (95 %)."
        )
        if effect.needed is not None:
            text += f" A difference as small as this one needs about {_round(effect.needed):,} people kept back."
        return text
    return (
        f"{what}, {change(effect.difference)}. The true effect lies between {change(effect.low)} and "
        f"{change(effect.high)} (95 %)."
    )


def _writers(key: str, currency: str) -> tuple[Callable[[float], str], Callable[[float], str]]:
    if key == "conversion":
        return (lambda v: f"{v * 100:.1f} %"), (lambda v: f"{_signed(v * 100, 1)} points")
    if key == "orders":
        return (lambda v: f"{v:.2f}"), (lambda v: _signed(v, 2))
    places = exponent(currency) if currency else 2
    return (lambda v: f"{v:,.{places}f} {currency}"), (lambda v: f"{_signed(v, places)} {currency}")


def _signed(value: float, places: int) -> str:
    text = f"{abs(value):,.{places}f}"
    nothing = not text.strip("0.,")
    return text if nothing else f"{'+' if value > 0 else '−'}{text}"


def _round(number: int) -> int:
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step
