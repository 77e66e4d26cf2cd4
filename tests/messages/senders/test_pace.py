"""Paces and lines: a limit is kept, and a slow line neither holds up the others nor forgets anybody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.model import Recipient
from fidelia.messages.sending.pace import FEWEST, HORIZON, LONGEST, Line, Pace


def somebody(n: int = 1) -> Recipient:
    return Recipient(n, f"p{n}@example.com", {})


@settings(deadline=None)
@given(st.integers(1, 200), st.lists(st.floats(0, 0.4), min_size=20, max_size=60))
def test_a_pace_is_kept_over_every_second(rate: int, waits: list[float]) -> None:
    pace, now, taken = Pace(rate), 100.0, list[float]()
    for wait in waits:
        now += wait
        while not pace.wait(now):
            pace.take(now)
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 1 for at in taken) <= rate + 0.1 * rate + 2


def test_senders_share_a_limit() -> None:
    pace = Pace(10)
    pace.share(4)
    assert pace.rate == 2.5
    pace.share(0)
    assert pace.rate == 10
    assert Pace(0).wait(5) == 0


def test_a_line_with_a_limit_keeps_some_seconds_of_work() -> None:
    line = Line(20)
    assert line.most == 20 * HORIZON
    assert Line(0.5).most == FEWEST
    assert not line.full
    line.queue.extend(somebody(n) for n in range(200))
    assert line.full
    assert not line.hungry(0)
    while len(line) > 100:
        line.take()
    assert line.hungry(0)


def test_who_finds_it_full_comes_back_when_it_is_their_turn() -> None:
    line = Line(20)
    line.queue.extend(somebody(n) for n in range(200))
    due = [line.later(1_000).total_seconds() for _ in range(2_000)]
    assert due[0] == HORIZON
    assert due[20] == pytest.approx(HORIZON + 1)
    assert due == sorted(due)
    far = [line.later(1_000).total_seconds() for _ in range(20_000)]
    assert max(far) <= LONGEST
    assert min(far[5_000:]) >= LONGEST / 2
    in_ten_seconds = sum(LONGEST / 2 <= seconds < LONGEST / 2 + 10 for seconds in far[5_000:])
    assert in_ten_seconds < 15_000 * 10 / (LONGEST / 2) * 1.2  # they do not all come back at once


def test_a_line_without_a_limit_is_as_slow_as_it_turns_out() -> None:
    line = Line()
    line.queue.extend(somebody(n) for n in range(1_000))
    line.measure(0)
    assert line.speed is None
    assert not line.full
    for _ in range(8):
        line.take()
    line.measure(1)
    assert line.speed is None  # too early to tell
    line.measure(2)
    assert line.speed == 4
    assert line.full
    assert line.most == 40
    line.queue.clear()
    line.measure(3)
    assert line.speed is None  # it ran empty: nothing holds it up


def test_one_that_stands_still_keeps_the_fewest() -> None:
    line = Line()
    line.queue.extend(somebody(n) for n in range(50))
    line.measure(0)
    line.measure(10)
    assert line.speed == 0
    assert line.most == FEWEST
    assert line.later(10).total_seconds() == HORIZON
    assert line.later(10).total_seconds() == HORIZON * 2


def test_a_line_that_nothing_comes_for_is_asked_less_and_less() -> None:
    line, now, asked = Line(), 0.0, 0
    while now < 60:
        if line.hungry(now):
            asked += 1
            line.brought(0, now)
        now += 0.01
    assert asked < 20
    line.brought(3, now)
    assert line.hungry(now)
