"""Pure decisions about splits: who gets what, how sure a difference is, which variant wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import erf, floor, isclose, sqrt
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from .model import Fallback, Share, SplitTest, VariantFigures

#: The quantile of the normal distribution for an interval that holds in 95 of 100 cases.
Z95 = 1.959963984540054
Numbers = NDArray[np.uint64]
#: Draws a number below the one it is given.
Dice = Callable[[int], int]


# -- who gets what --------------------------------------------------------------------------------------------------


def _key(seed: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "little"))


def _positions(seed: str, ids: Numbers) -> Numbers:
    """Return where profiles stand in the order of a seed: a bijection of 64 bits, so that no two stand together.

    The finalizer of MurmurHash3 (Appleby, fmix64) of the id and the seed's key.
    """
    x = ids ^ _key(seed)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    x ^= x >> np.uint64(33)
    return x


class Groups:
    """Who of an audience gets which variant: the same for the same seed and people, whenever it is worked out."""

    def __init__(self, seed: str, people: BitMap, variants: int, tested: int | None = None) -> None:
        ids = np.array(people, dtype=np.uint64)
        order = np.argsort(_positions(seed, ids), kind="stable")
        many = len(ids) if tested is None else min(tested, len(ids))
        given = np.zeros(len(ids), dtype=np.int16)
        given[order[:many]] = np.arange(many, dtype=np.int64) % variants + 1
        self._ids, self._given = ids, given
        self.sizes = [int(n) for n in np.bincount(given, minlength=variants + 1)[1:]]
        self.rest = len(ids) - many

    def of(self, ids: Sequence[int]) -> list[int]:
        """Return the variant of each of these people, who must be of the audience; 0 waits for the winner."""
        found = self._given[np.searchsorted(self._ids, np.array(ids, dtype=np.uint64))]
        return [int(n) for n in found]


def one_of(seed: str, profile_id: int, variants: int) -> int:
    """Return the variant of somebody whose audience is not known beforehand; always the same one."""
    at = _positions(seed, np.array([profile_id], dtype=np.uint64))[0]
    return int(at % np.uint64(variants)) + 1


def tested(test: SplitTest, audience: int, variants: int) -> int:
    """Return how many get the test: at least one for each variant, as far as there are people."""
    many = test.count if test.count is not None else floor((test.share or 0.0) * audience / 100 + 0.5)
    return min(audience, max(variants, many))


# -- how sure -------------------------------------------------------------------------------------------------------


def wilson(people: int, of: int) -> Share:
    """Return a rate with its score interval at 95 %.

    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22 (1927); without
    continuity correction, method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872.
    """
    if of <= 0:
        return Share(people, of, None, None, None)
    p = min(people, of) / of
    middle = p + Z95**2 / (2 * of)
    half = Z95 * sqrt(p * (1 - p) / of + Z95**2 / (4 * of**2))
    scale = 1 + Z95**2 / of
    return Share(people, of, p, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def proportions_differ(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return how sure it is, in percent, that two rates (hits, of) differ: 100 less the two-sided p-value.

    The z-test for two proportions with the pooled variance and no continuity correction (Fleiss, Levin, Paik,
    *Statistical Methods for Rates and Proportions*, 3rd ed., 2003, chapter 3); its square is the chi-square of the
    fourfold table.
    """
    (x, n), (y, m) = a, b
    if n <= 0 or m <= 0:
        return 0.0
    pooled = (x + y) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    return 0.0 if variance <= 0 else _percent((x / n - y / m) / sqrt(variance))


def means_differ(a: tuple[float, float, int], b: tuple[float, float, int]) -> float:
    """Return how sure it is, in percent, that two means differ; each is given as (sum, sum of squares, of).

    Welch's statistic (Biometrika 34, 1947) against the normal distribution, which it follows for groups of this size.
    """
    variance = _of_mean(*a) + _of_mean(*b)
    if a[2] < 2 or b[2] < 2 or variance <= 0:
        return 0.0
    return _percent((a[0] / a[2] - b[0] / b[2]) / sqrt(variance))


def _of_mean(total: float, squares: float, of: int) -> float:
    return max(0.0, squares - total**2 / of) / (of - 1) / of if of > 1 else 0.0


def _percent(z: float) -> float:
    return 100 * erf(abs(z) / sqrt(2))


# -- which one ------------------------------------------------------------------------------------------------------


class Standing(msgspec.Struct, frozen=True):
    """How variants stand: who leads (several when equal), how sure that is, whether anybody has reacted."""

    leaders: list[int]
    confidence: float
    reacted: bool


def hits(metric: str, of: VariantFigures) -> tuple[int, int]:
    """Return what a rate is made of: (hits, of)."""
    match metric:
        case "opened":
            return of.opened, of.delivered
        case "clicks_of_opens":
            return of.clicked, of.opened
        case "goal":
            return of.goals or 0, of.delivered
        case _:
            return of.clicked, of.delivered


def value(metric: str, of: VariantFigures) -> float:
    """Return what variants are compared by; a person's own choice is helped by clicks."""
    if metric == "revenue":
        return (of.revenue or 0.0) / of.delivered if of.delivered else 0.0
    hit, whole = hits(metric, of)
    return hit / whole if whole else 0.0


def _surely(metric: str, a: VariantFigures, b: VariantFigures) -> float:
    if metric == "revenue":
        one, other = ((f.revenue or 0.0, f.squares or 0.0, f.delivered) for f in (a, b))
        return means_differ(one, other)
    return proportions_differ(hits(metric, a), hits(metric, b))


def standing(metric: str, figures: Sequence[VariantFigures]) -> Standing:
    """Return how variants stand; the leader is as sure as its least sure difference to any other."""
    values = {f.variant: value(metric, f) for f in figures}
    best = max(values.values(), default=0.0)
    reacted = best > 0
    leaders = [n for n, found in values.items() if isclose(found, best, rel_tol=1e-12)]
    if len(leaders) != 1 or not reacted:
        return Standing(leaders, 0.0, reacted)
    leader = next(f for f in figures if f.variant == leaders[0])
    sure = min((_surely(metric, leader, f) for f in figures if f is not leader), default=0.0)
    return Standing(leaders, sure, reacted)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of the wait brings: a winner, nothing for the rest, more time, or a person's choice; and why."""

    kind: Literal["winner", "nobody", "extend", "person"]
    why: str
    standing: Standing
    winner: int | None = None


def decide(test: SplitTest, figures: Sequence[VariantFigures], *, extended: bool, dice: Dice) -> Outcome:
    """Return what follows from the figures at the end of the wait; ``dice`` returns a number below its argument."""
    found = standing(test.metric, figures)
    if test.metric == "manual":
        return Outcome(kind="person", why="It is chosen by hand", standing=found)
    missed = _missed(test, found)
    if missed is not None:
        if test.extend and not extended:
            return Outcome(kind="extend", why=missed, standing=found)
        return _fallen_back(test.fallback, missed, test, figures, found, dice)
    if len(found.leaders) == 1:
        why = f"it has {WORDS[test.metric]}"
        if test.confidence:
            why += f", {found.confidence:.1f} % sure, and {test.confidence:g} % was asked for"
        return Outcome(kind="winner", winner=found.leaders[0], why=why, standing=found)
    winner, how = _tie(test, figures, found.leaders, dice)
    return Outcome(kind="winner", winner=winner, why=f"{_names(found.leaders)} are equal, {how}", standing=found)


#: What the winner has more of, in words.
WORDS = {
    "opened": "the most opens",
    "clicked": "the most clicks",
    "clicks_of_opens": "the most clicks of those who opened",
    "goal": "the most people who reached the goal",
    "revenue": "the most revenue for each message",
    "manual": "been chosen",
}


def _missed(test: SplitTest, found: Standing) -> str | None:
    if not found.reacted:
        return "nobody has reacted"
    if test.confidence and found.confidence < test.confidence:
        return f"the leader is {found.confidence:.1f} % sure, and {test.confidence:g} % was asked for"
    return None


def _fallen_back(
    fallback: Fallback,
    missed: str,
    test: SplitTest,
    figures: Sequence[VariantFigures],
    found: Standing,
    dice: Dice,
) -> Outcome:
    if fallback == "nobody":
        return Outcome(kind="nobody", why=missed, standing=found)
    if fallback == "person":
        return Outcome(kind="person", why=missed, standing=found)
    if fallback == "random":
        winner, how = figures[dice(len(figures))].variant, "so one was drawn"
    elif fallback == "leader" and found.reacted:
        winner, how = _tie(test, figures, found.leaders, dice)
        how = "so the leader was taken" if len(found.leaders) == 1 else how
    else:
        winner, how = figures[0].variant, "so the first was taken"
    return Outcome(kind="winner", winner=winner, why=f"{missed}, {how}", standing=found)


def _tie(test: SplitTest, figures: Sequence[VariantFigures], leaders: list[int], dice: Dice) -> tuple[int, str]:
    if test.tie == "random":
        return leaders[dice(len(leaders))], "so one was drawn"
    if test.tie == "more_clicks":
        clicks = {f.variant: (f.clicked, f.opened) for f in figures if f.variant in leaders}
        best = max(clicks.values())
        ahead = [n for n in leaders if clicks[n] == best]
        if len(ahead) == 1:
            return ahead[0], "and it has more clicks or opens in all"
        leaders = ahead
    return leaders[0], "so the first of them was taken"


def letter(variant: int) -> str:
    """Return what people call a variant: A, B, C …"""
    return chr(64 + variant)


def _names(variants: Sequence[int]) -> str:
    return " and ".join((", ".join(map(letter, variants[:-1])), letter(variants[-1]))) if len(variants) > 1 else ""
