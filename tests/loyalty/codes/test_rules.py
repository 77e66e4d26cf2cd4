"""Patterns, expiry, and what a code is worth: pure rules."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime

import pytest

from fidelia.loyalty.codes import rules
from fidelia.loyalty.codes.model import CodeExpiry

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)


def test_codes_follow_the_pattern_without_look_alikes() -> None:
    for code in rules.draw(r"SPRING-####-@@@@\#*", 500):
        head, digits, letters = code.split("-")
        assert head == "SPRING"
        assert set(digits) <= set("23456789")
        assert set(letters[:4]) <= set(rules.LETTERS)
        assert letters[4] == "#"
        assert letters[5] in rules.BOTH
    for twins in ("0O", "1IL", "2Z", "5S", "8B", "UV"):
        assert len(set(twins) & set(rules.BOTH)) <= 1


def test_every_letter_is_as_likely() -> None:
    # All bytes once per round: what is beyond the last whole multiple is thrown away, so every letter comes as often.
    rounds = itertools.cycle(range(256))
    found = rules.draw("@", 19 * 13 * 40, lambda size: bytes(next(rounds) for _ in range(size)))
    counts = Counter(found)
    assert set(counts) == set(rules.LETTERS)
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "Write a pattern"),
        ("SPRING", "places that differ"),
        ("A B#", "no spaces"),
        ("Ä####", "Latin letters"),
        ("#" * 65, "64 characters"),
        ("##\\", "backslash"),
    ],
)
def test_bad_patterns_are_refused_with_a_sentence(pattern: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rules.places(pattern)


def test_room_keeps_codes_from_being_guessed() -> None:
    assert rules.space("SPRING-####-@@@@") == 8**4 * 19**4
    assert rules.room("SPRING-####-@@@@") == 8**4 * 19**4 // 1000
    assert rules.room("##") == 0


@pytest.mark.parametrize(
    ("period", "at"),
    [
        ("P30D", datetime(2026, 3, 2, 10, 0, tzinfo=UTC)),
        ("P2W", datetime(2026, 2, 14, 10, 0, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 10, 0, tzinfo=UTC)),
        ("P13M", datetime(2027, 2, 28, 10, 0, tzinfo=UTC)),
        ("P1Y", datetime(2027, 1, 31, 10, 0, tzinfo=UTC)),
        ("PT12H", datetime(2026, 1, 31, 22, 0, tzinfo=UTC)),
    ],
)
def test_codes_expire_after_a_period(period: str, at: datetime) -> None:
    expiry = CodeExpiry("after", period=period)
    assert rules.check_expiry(expiry) is None
    assert rules.expires(expiry, AT) == at


@pytest.mark.parametrize("period", ["", "P0D", "P1D2M", "30", "PT", "P-1D", None])
def test_bad_periods_are_refused(period: str | None) -> None:
    assert rules.check_expiry(CodeExpiry("after", period=period)) is not None


def test_capitals_and_spaces_do_not_count() -> None:
    assert rules.key_of(" spring-1a ") == rules.key_of("SPRING-1A")
    assert rules.check_code("A" * 64) is None
    for bad in ("", "a b", "ü", "A" * 65, "A\n"):
        assert rules.check_code(bad) is not None
