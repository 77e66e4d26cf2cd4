"""The stratified split of a control group, beside a bare shuffle of the same people.

    python bench/bench_control.py [--people 1000000] [--strata 24] [--rounds 7]

A million people in 24 strata of unequal size, 5 % kept back. Ours is the whole of `split`: exact shares by largest
remainder, the keyed hash of every id, the draw, both sides as bitmaps. The reference only shuffles the same ids with
numpy and cuts off 5 %: it is neither stratified nor repeatable nor sticky. Both in turns (A B A B …), medians. A second
pair is a refresh: 10,000 newcomers come to the million that is assigned already.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from pyroaring import BitMap

from fidelia.segments.control import millionths, split
from fidelia.segments.control.rules import as_bitmap

TARGET_SECONDS = 5.0


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--strata", type=int, default=24)
    arguments.add_argument("--rounds", type=int, default=7)
    given = arguments.parse_args()

    random = np.random.default_rng(1)
    ids = np.arange(1, given.people + 1, dtype=np.uint32)
    weights = random.dirichlet(np.full(given.strata, 2.0))
    of = random.choice(given.strata, size=given.people, p=weights)
    audience = {str(n): as_bitmap(ids[of == n]) for n in range(given.strata)}
    share, kept = millionths(5), given.people // 20

    def bare() -> BitMap:
        shuffled = random.permutation(ids)
        return as_bitmap(shuffled[:kept])

    first = split(audience, share, "bench")
    new = np.arange(given.people + 1, given.people + 10_001, dtype=np.uint32)
    where = random.choice(given.strata, size=len(new), p=weights)
    grown = {key: people | as_bitmap(new[where == int(key)]) for key, people in audience.items()}

    ours, reference, refresh = [], [], []
    for _ in range(given.rounds):
        ours.append(timed(lambda: split(audience, share, "bench")))
        reference.append(timed(bare))
        refresh.append(timed(lambda: split(grown, share, "bench", control=first.control, rest=first.rest)))
    a, b, c = (statistics.median(times) for times in (ours, reference, refresh))
    print(f"{given.people:,} people, {given.strata} strata, 5 %: medians of {given.rounds}")
    print(f"  split                  {a * 1000:8.1f} ms   {len(first.control):,} kept back")
    print(f"  bare numpy shuffle     {b * 1000:8.1f} ms   split takes {a / b:.2f} times as long")
    print(f"  refresh, 10,000 new    {c * 1000:8.1f} ms")
    print(
        f"  target                 {TARGET_SECONDS * 1000:8.1f} ms   {'reached' if a <= TARGET_SECONDS else 'MISSED'}"
    )
    return 0 if a <= TARGET_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
