"""Campaigns with a known true effect: the real split, people drawn at random, the real estimators. Fast, no engines.

Everybody has a chance of buying and an amount, which depend on the stratum where strata predict the outcome, and on the
side where messages work. The truth of a campaign is the difference over everybody who is compared, both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from fidelia import segments
from fidelia.segments import measure
from fidelia.segments.control.measure import Effect, Pair, Sums

Array = npt.NDArray[np.float64]
Strata = dict[tuple[int, str], tuple[str, BitMap]]
ORDERS_EACH = 1.5  # of those who buy: one, and now and then more
SHARES = (50_000, 100_000, 100_000, 200_000, 300_000)
MILLION = 1_000_000


@dataclass(frozen=True)
class Drawing:
    """How a campaign's control group is drawn."""

    share: int
    cap: int | None
    salt: str
    epoch: int = 1


@dataclass(frozen=True)
class Market:
    """What people of each stratum do: the chance of buying and the mean amount, without messages and with them."""

    kept: Array
    sent: Array
    kept_amount: Array
    sent_amount: Array
    spread: float

    def worth(self, amount: Array) -> Array:
        """Return the mean revenue of a buyer by stratum."""
        found: Array = ORDERS_EACH * np.exp(amount + self.spread**2 / 2)
        return found


@dataclass(frozen=True)
class Built:
    """A campaign after all its waves: who is in which cell (epoch and stratum), and who is kept back."""

    drawing: Drawing
    cells: list[tuple[int, str]]
    cell_of: npt.NDArray[np.int64]
    stratum_of: npt.NDArray[np.int64]
    kept: npt.NDArray[np.bool_]
    #: By how many people the worst stratum is off its exact share, after each wave; and those nobody was warned of.
    off: list[float]
    unwarned: list[str]

    @property
    def controls(self) -> int:
        return int(self.kept.sum())


def build(random: np.random.Generator, sizes: npt.NDArray[np.int64], drawing: Drawing) -> Built:
    """Assign people wave by wave (rows of ``sizes``: people by stratum), as a campaign that is widened does."""
    people = int(sizes.sum())
    ids = random.permutation(people) + 1
    stratum_of = np.zeros(people + 1, dtype=np.int64)
    strata: Strata = {}
    control, known = BitMap(), BitMap()
    off, unwarned, at = [], [], 0
    for wave, row in enumerate(sizes):
        found: dict[str, BitMap] = {}
        for stratum, size in enumerate(row.tolist()):
            mine = ids[at : at + size]
            at += size
            stratum_of[mine] = stratum
            found[str(stratum)] = BitMap(np.sort(mine).tolist())
        before = control
        epoch, made, strata = segments.assign(drawing, strata, control, found, str)
        drawing, control = replace(drawing, epoch=epoch), made.control
        assert before <= control, "somebody was let go"
        assert not (control - before) & known, "somebody changed sides"
        known |= BitMap.union(BitMap(), *found.values())
        exact = [abs(part.control - part.expected) for part in made.strata]
        off.append(max(exact, default=0.0))
        named = {warning.key for warning in made.warnings}
        unwarned += [
            f"wave {wave}, stratum {part.key}: {part.control} of {part.expected:.2f}"
            for part, distance in zip(made.strata, exact, strict=True)
            if distance > 1 and part.key not in named
        ]
    cells = sorted(strata)
    cell_of = np.zeros(people + 1, dtype=np.int64)
    for number, cell in enumerate(cells):
        cell_of[as_array(strata[cell][1])] = number
    kept = np.zeros(people + 1, dtype=bool)
    kept[as_array(control)] = True
    assert sum(len(inside) for _, inside in strata.values()) == len(known) == people, "each in one stratum"
    return Built(drawing, cells, cell_of[1:], stratum_of[1:], kept[1:], off, unwarned)


def as_array(people: BitMap) -> npt.NDArray[np.uint32]:
    found: npt.NDArray[np.uint32] = np.frombuffer(people.to_array(), dtype=np.uint32)
    return found


def outcome(random: np.random.Generator, built: Built, market: Market) -> list[tuple[int, Pair]]:
    """Let everybody buy or not; return the sums of both sides by cell, with their epochs."""
    kept, stratum = built.kept, built.stratum_of
    chance = np.where(kept, market.kept[stratum], market.sent[stratum])
    buyers = np.flatnonzero(random.random(len(chance)) < chance)
    orders = 1.0 + random.poisson(ORDERS_EACH - 1, len(buyers))
    amount = np.where(kept, market.kept_amount[stratum], market.sent_amount[stratum])[buyers]
    revenue = orders * random.lognormal(amount, market.spread)
    side = built.cell_of * 2 + kept
    count = len(built.cells) * 2

    def by_side(values: Array) -> Array:
        found: Array = np.bincount(side[buyers], values, count)
        return found

    columns = {
        "people": np.bincount(side, minlength=count).astype(float),
        "buyers": by_side(np.ones(len(buyers))),
        "orders": by_side(orders),
        "orders2": by_side(orders**2),
        "revenue": by_side(revenue),
        "revenue2": by_side(revenue**2),
        "paid": by_side(orders),
        "paid2": by_side(orders**2),
        "both": by_side(orders * revenue),
    }
    return pairs(built, columns)


def pairs(built: Built, columns: Mapping[str, Array]) -> list[tuple[int, Pair]]:
    """Return sums by cell and side (the control's after the test group's) as pairs."""

    def sums(n: int) -> Sums:
        return Sums(**{name: float(values[n]) for name, values in columns.items()})

    return [(epoch, Pair(sums(2 * n + 1), sums(2 * n))) for n, (epoch, _) in enumerate(built.cells)]


def truth(built: Built, market: Market) -> tuple[float, float]:
    """Return the true differences a person, of the share that buys and of revenue, over everybody who is compared."""
    side = built.cell_of * 2 + built.kept
    count = len(built.cells) * 2
    people = np.bincount(side, minlength=count).astype(float)

    def mean(by_stratum: Array) -> float:
        # As if both sides were the same, so that only who is compared, and with which weight, makes a difference.
        whole = np.bincount(side, by_stratum[built.stratum_of], count)
        compared, _ = comparable(pairs(built, {"people": people, "buyers": whole}), built.drawing.share)
        both = measure.total(compared)
        return (both.control.buyers + both.rest.buyers) / both.people if both.people else 0.0

    rates = mean(market.sent) - mean(market.kept)
    money = mean(market.sent * market.worth(market.sent_amount)) - mean(market.kept * market.worth(market.kept_amount))
    return rates, money


def comparable(found: Sequence[tuple[int, Pair]], share: int) -> tuple[list[Pair], float]:
    """Return what the report compares."""
    return measure.comparable(found, share / MILLION)


@dataclass(frozen=True)
class Told:
    """What a report would say of one outcome, and the truth; ``fewest`` is the smaller side's people who bought."""

    works: bool
    predicts: bool
    controls: int
    fewest: float
    effects: dict[str, tuple[Effect, float]]


def campaigns(
    count: int, compare: Callable[[str, list[Pair]], Effect], *, seed: int, outcomes: int = 1
) -> Iterator[tuple[Built, list[Told]]]:
    """Yield campaigns of every kind in turn: messages work or not, strata predict the outcome or not.

    Every third has a cap; up to four waves of newcomers, each a mixture of its own.
    """
    for number in range(count):
        random = np.random.default_rng((seed, number))
        works, predicts = number % 2 == 1, number % 4 > 1
        kinds = int(random.integers(1, 25))
        waves = int(random.integers(1, 5))
        people = np.exp(random.uniform(np.log(1_000), np.log(60_000))) / waves
        sizes = np.stack([random.multinomial(int(people), random.dirichlet(np.ones(kinds))) for _ in range(waves)])
        share = int(random.choice(SHARES))
        cap = max(1, int(sizes.sum() * share / MILLION * random.uniform(0.3, 1.2))) if number % 3 == 0 else None
        built = build(random, sizes, Drawing(share, cap, f"salt {number}"))
        market = market_of(random, kinds, works=works, predicts=predicts)
        wanted = truth(built, market)
        told = []
        for _ in range(outcomes):
            found = outcome(random, built, market)
            compared, _ = comparable(found, share)
            whole = measure.total(compared)
            effects = {
                key: (compare(key, compared), true)
                for key, true in zip(("conversion", "revenue"), wanted, strict=True)
                if compared
            }
            fewest = min(whole.control.buyers, whole.rest.buyers)
            told.append(Told(works, predicts, round(whole.control.people), fewest, effects))
        yield built, told


def market_of(random: np.random.Generator, kinds: int, *, works: bool, predicts: bool) -> Market:
    """Draw what people do: rates from one in two hundred to three in ten, amounts with long tails."""
    rate = np.exp(random.uniform(np.log(0.005), np.log(0.3)))
    amount = np.full(kinds, random.uniform(2, 4))
    rates = np.full(kinds, rate)
    if predicts:
        rates = np.clip(rates * random.lognormal(0, 0.7, kinds), 0.001, 0.7)
        amount = amount + random.normal(0, 0.5, kinds)
    if not works:
        return Market(rates, rates, amount, amount, random.uniform(0.5, 1.1))
    factor = 1 + random.uniform(-0.4, 0.8) + random.normal(0, 0.1, kinds)
    sent = np.clip(rates * factor, 0.0005, 0.9)
    return Market(rates, sent, amount, amount + random.uniform(-0.1, 0.2), random.uniform(0.5, 1.1))
