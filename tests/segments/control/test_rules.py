"""The split: exact shares to within one person, sticky, deterministic, never beyond the cap."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from fidelia.segments.control import rules
from fidelia.segments.control.rules import MILLION, as_bitmap, millionths, split

SIZES = st.lists(st.integers(0, 400), min_size=1, max_size=12)
SHARES = st.integers(1, MILLION - 1)
SALTS = st.text(st.characters(codec="ascii"), max_size=8)


def strata(sizes: list[int], first: int = 1) -> dict[str, BitMap]:
    found, at = {}, first
    for n, size in enumerate(sizes):
        found[str(n)] = BitMap(range(at, at + size))
        at += size
    return found


def test_the_documented_example() -> None:
    """100 people, 15 %, cap 12, six strata of 6, 7, 7, 28, 26, 26 %."""
    made = split(strata([6, 7, 7, 28, 26, 26]), millionths(15), "salt", cap=12)
    assert rules.target_size(100, millionths(15)) == 15
    assert (made.target, len(made.control), made.capped) == (12, 12, True)
    assert [round(row.expected, 2) for row in made.strata] == [0.72, 0.84, 0.84, 3.36, 3.12, 3.12]
    assert [row.control for row in made.strata] == [1, 1, 1, 3, 3, 3]
    assert [(w.key, w.kind) for w in made.warnings] == [("0", "too_small"), ("1", "too_small"), ("2", "too_small")]
    assert rules.cap_needed(made.strata) == 17
    # The remedies: a larger cap and size, or fewer strata.
    assert split(strata([6, 7, 7, 28, 26, 26]), millionths(35), "salt", cap=35).warnings == ()
    assert split(strata([20, 28, 26, 26]), millionths(15), "salt", cap=12).warnings == ()
    # Without the cap nothing warns, however small a stratum.
    assert split(strata([6, 7, 7, 28, 26, 26]), millionths(15), "salt").warnings == ()


def test_a_stratum_that_the_full_cap_leaves_behind_is_named() -> None:
    first = split(strata([100, 0]), millionths(50), "s", cap=20)
    grown = {"0": BitMap(range(1, 101)), "1": BitMap(range(101, 201))}
    again = split(grown, millionths(50), "s", cap=20, control=first.control, rest=first.rest)
    assert again.added == BitMap()
    assert {(w.key, w.kind) for w in again.warnings} == {("0", "off"), ("1", "off")}


@given(SIZES, SHARES, SALTS)
@settings(max_examples=300, deadline=None)
def test_first_shares_are_exact_to_within_one_person(sizes: list[int], share: int, salt: str) -> None:
    audience = strata(sizes)
    made = split(audience, share, salt)
    assert len(made.control) == rules.target_size(sum(sizes), share)
    assert abs(Fraction(len(made.control)) - Fraction(sum(sizes) * share, MILLION)) <= Fraction(1, 2)
    for _key, people in audience.items():
        exact = Fraction(len(people) * share, MILLION)
        assert abs(len(made.control & people) - exact) < 1
    assert not made.control & made.rest
    assert made.control | made.rest == made.joined == BitMap.union(BitMap(), *audience.values())


@given(SIZES, SHARES, SALTS, st.integers(1, 300))
@settings(max_examples=300, deadline=None)
def test_a_cap_holds_and_its_seats_are_shared(sizes: list[int], share: int, salt: str, cap: int) -> None:
    audience = strata(sizes)
    made = split(audience, share, salt, cap=cap)
    assert len(made.control) == min(cap, rules.target_size(sum(sizes), share))
    if made.capped:
        for key, people in audience.items():
            exact = Fraction(len(people) * made.target, sum(sizes))
            assert abs(len(made.control & people) - exact) < 1, key


@given(SIZES, SHARES, SALTS)
@settings(max_examples=100, deadline=None)
def test_the_same_salt_draws_the_same_people(sizes: list[int], share: int, salt: str) -> None:
    audience = strata(sizes)
    one = split(audience, share, salt)
    turned = split(dict(reversed(audience.items())), share, salt)
    assert one.control == turned.control
    assert one.strata == turned.strata


def test_other_salts_draw_others() -> None:
    audience = strata([20_000])
    one, other = (split(audience, millionths(10), salt).control for salt in ("a", "b"))
    # Independent: a tenth of a tenth is in both.
    assert 140 < len(one & other) < 260


@given(
    st.lists(st.lists(st.integers(0, 60), min_size=4, max_size=4), min_size=1, max_size=6),
    SHARES,
    st.one_of(st.none(), st.integers(1, 80)),
    SALTS,
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_growth_shrink_and_return_move_nobody(
    batches: list[list[int]], share: int, cap: int | None, salt: str, random: object
) -> None:
    everybody: dict[str, BitMap] = {str(n): BitMap() for n in range(4)}
    control, rest, at = BitMap(), BitMap(), 1
    for sizes in batches:
        for key, new in strata(sizes, at).items():
            everybody[key] |= new
        at += sum(sizes)
        # Some are away this time; they come back to the side they had.
        audience = {key: BitMap(i for i in people if random.random() < 0.8) for key, people in everybody.items()}  # type: ignore[attr-defined]
        made = split(audience, share, salt, cap=cap, control=control, rest=rest)
        assert control <= made.control
        assert rest <= made.rest
        assert not made.control & made.rest
        assert made.joined == BitMap.union(BitMap(), *audience.values()) - control - rest
        assert made.added <= made.joined
        assert cap is None or len(made.control) <= cap
        for row in made.strata:
            if row.added:  # newcomers never push a stratum beyond its share by a person or more
                assert row.control < Fraction(share * row.people, MILLION) + 1
                assert row.control < Fraction(made.target * row.people, made.people) + 1 or not made.capped
        if sum(row.control for row in made.strata) > made.target:  # only to give a stratum what is wholly its own
            for row in made.strata:
                assert not row.added or row.control <= Fraction(share * row.people, MILLION)
        control, rest = made.control, made.rest


@given(SIZES, st.integers(1, 30), SHARES, SALTS)
@settings(max_examples=150, deadline=None)
def test_growth_by_one_keeps_the_shares(sizes: list[int], steps: int, share: int, salt: str) -> None:
    """Without absences every stratum has its exact share to within one person, however people come."""
    audience = strata(sizes)
    made = split(audience, share, salt)
    at = sum(sizes) + 1
    for n in range(steps):
        key = str(n % len(sizes))
        audience[key] = audience[key] | BitMap([at])
        at += 1
        made = split(audience, share, salt, control=made.control, rest=made.rest)
        assert all(abs(row.control - Fraction(share * row.people, MILLION)) < 1 for row in made.strata)


@given(
    st.lists(st.lists(st.integers(0, 60), min_size=6, max_size=6), min_size=1, max_size=6),
    SHARES,
    SALTS,
)
@settings(max_examples=200, deadline=None)
def test_growth_in_waves_keeps_the_shares(batches: list[list[int]], share: int, salt: str) -> None:
    audience: dict[str, BitMap] = {}
    control, rest, at = BitMap(), BitMap(), 1
    for sizes in batches:
        audience = {key: people | audience.get(key, BitMap()) for key, people in strata(sizes, at).items()}
        at += sum(sizes)
        made = split(audience, share, salt, control=control, rest=rest)
        control, rest = made.control, made.rest
        for row in made.strata:
            assert abs(row.control - Fraction(share * row.people, MILLION)) < 1, row.key
        assert abs(len(control) - rules.target_size(made.people, share)) < len(sizes)


def test_no_stratum_waits_for_others_that_have_more_than_their_due() -> None:
    """Five strata of half a person each gave one; when five others grow to a whole one, all of those give it."""
    first = split(strata([5] * 10), millionths(10), "s")
    before = [row.control for row in first.strata]
    assert sorted(before) == [0] * 5 + [1] * 5
    grown, at = strata([5] * 10), 51
    for n, held in enumerate(before):
        if not held:
            grown[str(n)] |= BitMap(range(at, at + 6))
            at += 6
    again = split(grown, millionths(10), "s", control=first.control, rest=first.rest)
    assert [row.control for row in again.strata] == [1] * 10


def test_people_of_equal_claims_come_by_size_and_key() -> None:
    sizes = {"b": 10, "a": 10, "c": 30}
    exact = rules.exact_shares(sizes, millionths(5), 0, capped=False)  # half a person, half a person, one and a half
    assert rules.largest_remainder(sizes, exact, 3) == {"a": 1, "b": 0, "c": 2}


@pytest.mark.parametrize(
    ("percent", "wanted"), [(5, 50_000), (0.1, 1000), ("0.0001", 1), (Decimal("33.3333"), 333_333)]
)
def test_fractions_of_a_percent(percent: object, wanted: int) -> None:
    assert millionths(percent) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize("percent", [0.00001, -1, 100.1])
def test_finer_or_impossible_shares_are_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="percentage"):
        millionths(percent)


def test_the_order_is_uniform_and_without_ties() -> None:
    ids = np.arange(1, 200_001, dtype=np.uint32)
    places = rules.positions(ids, rules.sampling_keys("salt"))
    assert len(np.unique(places)) == len(ids)
    buckets = np.bincount((places >> np.uint64(60)).astype(np.int64), minlength=16)
    assert abs(buckets - 12_500).max() < 600  # five standard deviations
    # Neighbours by id are no neighbours by place.
    assert abs(np.corrcoef(ids.astype(float), places.astype(float))[0, 1]) < 0.02


def test_a_million_people_in_24_strata_take_less_than_five_seconds() -> None:
    ids = np.arange(1, 1_000_001, dtype=np.uint32)
    of = np.random.default_rng(1).integers(0, 24, len(ids))
    audience = {str(n): as_bitmap(ids[of == n]) for n in range(24)}
    started = time.perf_counter()
    made = split(audience, millionths(5), "salt")
    assert time.perf_counter() - started < 5
    assert len(made.control) == 50_000
