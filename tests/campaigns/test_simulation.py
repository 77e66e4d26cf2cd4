"""What the report promises, held against thousands of campaigns whose true effect is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from fidelia.campaigns.report.effects import FEWEST_CONVERTED, FEWEST_KEPT_FOR_MONEY, compare

from .simulation import Built, Told, campaigns

SEED = 5


@dataclass
class Cover:
    """How many intervals were told, and how many of them hold the truth."""

    told: int = 0
    held: int = 0

    def add(self, low: float, high: float, true: float) -> None:
        self.told += 1
        self.held += low <= true <= high

    @property
    def share(self) -> float:
        return self.held / self.told


@dataclass
class Findings:
    rates: dict[tuple[bool, bool], Cover] = field(default_factory=dict)
    money: dict[tuple[bool, bool], Cover] = field(default_factory=dict)
    campaigns: int = 0
    too_few: int = 0
    worst: float = 0.0
    unwarned: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def look(self, built: Built, told: Iterable[Told]) -> None:
        self.campaigns += 1
        if built.drawing.cap is None:
            self.worst = max(self.worst, *built.off)
        self.unwarned += built.unwarned
        for one in told:
            self.hear(one)

    def hear(self, told: Told) -> None:
        for key, (effect, true) in told.effects.items():
            enough = told.fewest >= FEWEST_CONVERTED if key == "conversion" else told.controls >= FEWEST_KEPT_FOR_MONEY
            if effect.verdict == "too_few":
                self.too_few += 1
                if (effect.low, effect.high, effect.relative_low, effect.relative_high) != (None,) * 4:
                    self.wrong.append(f"too few, and yet an interval: {effect}")
            elif not enough:
                self.wrong.append(f"{key} was told of {told.fewest} who bought, {told.controls} kept back: {effect}")
            else:
                assert effect.low is not None
                assert effect.high is not None
                covers = self.rates if key == "conversion" else self.money
                covers.setdefault((told.works, told.predicts), Cover()).add(effect.low, effect.high, true)


def of_all(covers: dict[tuple[bool, bool], Cover], wanted: Callable[[bool, bool], bool]) -> Cover:
    """Return the covers of some kinds of campaigns together."""
    whole = Cover()
    for (works, predicts), cover in covers.items():
        if wanted(works, predicts):
            whole.told += cover.told
            whole.held += cover.held
    return whole


GROUPS: dict[str, Callable[[bool, bool], bool]] = {
    "all": lambda works, predicts: True,
    "no effect": lambda works, predicts: not works,
    "an effect": lambda works, predicts: works,
    "strata predict": lambda works, predicts: predicts,
    "strata do not": lambda works, predicts: not predicts,
    "an effect, strata predict": lambda works, predicts: works and predicts,
}


def simulated(count: int, outcomes: int) -> Findings:
    found = Findings()
    for built, told in campaigns(count, compare, seed=SEED, outcomes=outcomes):
        found.look(built, told)
    for name, group in GROUPS.items():
        rates, money = of_all(found.rates, group), of_all(found.money, group)
        print(f"{name:26} rates {rates.share:.2%} of {rates.told:,}   revenue {money.share:.2%} of {money.told:,}")
    print(f"{found.campaigns:,} campaigns, {found.too_few:,} times too few, worst stratum off by {found.worst:.3f}")
    return found


def always(found: Findings) -> None:
    """What holds in every single campaign."""
    assert found.wrong[:5] == []
    assert found.unwarned[:5] == []
    assert found.worst <= 1, "a stratum is off its exact share by more than a person"


def test_the_minima_are_those_that_were_promised() -> None:
    assert (FEWEST_CONVERTED, FEWEST_KEPT_FOR_MONEY) == (10, 2_000)


def test_six_hundred_campaigns() -> None:
    found = simulated(600, outcomes=2)
    always(found)
    whole, money = of_all(found.rates, GROUPS["all"]), of_all(found.money, GROUPS["all"])
    assert whole.told > 600
    assert money.told > 150
    assert 0.93 <= whole.share <= 0.97
    assert money.share >= 0.91
    assert found.too_few > 300


@pytest.mark.prove
def test_two_thousand_campaigns() -> None:
    found = simulated(2_000, outcomes=4)
    always(found)
    assert found.campaigns == 2_000
    for name, group in GROUPS.items():
        rates, money = of_all(found.rates, group), of_all(found.money, group)
        assert rates.told > 1_000, name
        assert money.told > 300, name
        assert 0.93 <= rates.share <= 0.97, name
        assert money.share >= 0.91, name
