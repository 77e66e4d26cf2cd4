"""The stratified split: who is kept back and who is not. Pure, deterministic, sticky; a million people in a second.

Global control groups and the local ones of campaigns share it. Somebody who was assigned once never changes sides:
a split only decides about people it has not seen. Within a stratum the order is a keyed hash of the profile id, so the
same salt always draws the same people, and groups with other salts are independent of it.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

#: Percentages have four decimals: 0.0001 % is one person of a million.
MILLION = 1_000_000
_C1, _C2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)

Words = npt.NDArray[np.uint64]


class StratumSplit(msgspec.Struct, frozen=True, kw_only=True):
    """One stratum after a split: ``expected`` is its exact share of the group, ``control`` the people it gives."""

    key: str
    people: int
    expected: float
    control: int
    added: int


class SplitWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A stratum that the cap distorts: it expects less than one person, or is off by more than one."""

    key: str
    kind: str
    people: int
    expected: float
    control: int


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Who was assigned where. ``control`` and ``rest`` hold everybody ever assigned, ``added`` and ``joined`` are new.

    ``target`` is the size the whole group should have, ``capped`` whether the cap made it smaller.
    """

    control: BitMap
    rest: BitMap
    added: BitMap
    joined: BitMap
    people: int
    target: int
    capped: bool
    strata: tuple[StratumSplit, ...]
    warnings: tuple[SplitWarning, ...]


def millionths(percent: Decimal | float | str) -> int:
    """Return a percentage in millionths, without a rounding error of floats. Raises ``ValueError`` when finer."""
    exact = Decimal(str(percent)) * 10_000
    if exact != exact.to_integral_value() or not 0 <= exact <= MILLION:
        raise ValueError("A percentage lies between 0 and 100 and has four decimal places at most")
    return int(exact)


def split(
    strata: Mapping[str, BitMap],
    share: int,
    salt: str,
    *,
    cap: int | None = None,
    control: BitMap | None = None,
    rest: BitMap | None = None,
) -> Split:
    """Assign everybody of an audience who is not assigned yet.

    ``strata`` is the present audience, each person in one stratum. ``share`` is in millionths. ``control`` and ``rest``
    are the people assigned before, also those who are not in the audience any more: they come back to their side.

    Holds always: nobody assigned changes sides; the group never grows beyond ``cap``; no stratum is given somebody
    beyond its exact share rounded up. As long as nobody is away and the cap is not reached, each stratum gives its
    exact share to within one person, however people came.
    """
    held, others = control or BitMap(), rest or BitMap()
    known = held | others
    sizes = {key: len(people) for key, people in strata.items()}
    fresh = {key: people - known for key, people in strata.items()}
    before = {key: people.intersection_cardinality(held) for key, people in strata.items()}
    total = sum(sizes.values())
    full = target_size(total, share)
    target = full if cap is None else min(full, cap)
    expected = exact_shares(sizes, share, target, capped=target < full)
    adds = admissions(
        sizes,
        expected,
        target,
        before,
        {key: len(people) for key, people in fresh.items()},
        None if cap is None else cap - len(held),
    )
    key_of_salt = sampling_keys(salt)
    added = BitMap.union(BitMap(), *(draw(fresh[key], count, key_of_salt) for key, count in adds.items() if count))
    joined = BitMap.union(BitMap(), *fresh.values())
    rows = tuple(
        StratumSplit(
            key=key,
            people=sizes[key],
            expected=float(expected[key]),
            control=before[key] + adds[key],
            added=adds[key],
        )
        for key in sorted(sizes)
    )
    # The cap also keeps a stratum short where others hold a seat more than rounding gives them now.
    hit = target < full or (cap is not None and any(row.expected - row.control > 1 for row in rows))
    return Split(
        control=held | added,
        rest=others | (joined - added),
        added=added,
        joined=joined,
        people=total,
        target=target,
        capped=target < full,
        strata=rows,
        warnings=distorted(rows) if hit else (),
    )


def target_size(people: int, share: int) -> int:
    """Return how many of some people a share in millionths is, halves rounded up."""
    return (2 * people * share + MILLION) // (2 * MILLION)


def exact_shares(sizes: Mapping[str, int], share: int, target: int, *, capped: bool) -> dict[str, Fraction]:
    """Return what each stratum should give, exactly: its share of its people, or of the seats when the cap binds."""
    total = sum(sizes.values())
    if capped and total:
        return {key: Fraction(target * size, total) for key, size in sizes.items()}
    return {key: Fraction(share * size, MILLION) for key, size in sizes.items()}


def largest_remainder(sizes: Mapping[str, int], exact: Mapping[str, Fraction], seats: int) -> dict[str, int]:
    """Return whole seats: each stratum's share rounded down, then one more each by largest remainder.

    Ties go to the bigger stratum, then to the key that sorts first.
    """
    given = {key: int(value) for key, value in exact.items()}
    order = sorted(exact, key=lambda key: (-(exact[key] - given[key]), -sizes[key], key))
    for key in order[: max(0, seats - sum(given.values()))]:
        given[key] += 1
    return given


def admissions(
    sizes: Mapping[str, int],
    exact: Mapping[str, Fraction],
    target: int,
    held: Mapping[str, int],
    fresh: Mapping[str, int],
    room: int | None,
) -> dict[str, int]:
    """Return how many newcomers of each stratum join the group.

    Each stratum is filled up to its seats. Where that would be more than the whole group should have (old members of
    other strata hold seats that are not theirs any more), those wait whose stratum lacks the least; but none waits for
    a whole person unless there is no ``room``: that the strata are right counts more than the size of the group.
    """
    seats = largest_remainder(sizes, exact, target)
    adds = {key: min(max(0, seats[key] - held[key]), fresh[key]) for key in sizes}
    surplus = sum(adds.values()) - max(0, target - sum(held.values()))
    beyond = 0 if room is None else sum(adds.values()) - max(0, room)
    # The last seat of a stratum goes first where it is the least deserved.
    queue = [
        (exact[key] - held[key] - adds[key] + 1, sizes[key], _reversed(key), key) for key in sizes if adds[key] > 0
    ]
    heapq.heapify(queue)
    while queue and (beyond > 0 or (surplus > 0 and queue[0][0] < 1)):
        _, size, turned, key = heapq.heappop(queue)
        adds[key] -= 1
        surplus -= 1
        beyond -= 1
        if adds[key] > 0:
            heapq.heappush(queue, (exact[key] - held[key] - adds[key] + 1, size, turned, key))
    return adds


def distorted(rows: tuple[StratumSplit, ...]) -> tuple[SplitWarning, ...]:
    """Return what the cap makes of the strata: those that cannot be filled reliably, and those that are off."""
    found = []
    for row in rows:
        if row.people == 0:
            continue
        kind = "too_small" if row.expected < 1 else "off" if abs(row.control - row.expected) > 1 else None
        if kind is not None:
            found.append(
                SplitWarning(key=row.key, kind=kind, people=row.people, expected=row.expected, control=row.control)
            )
    return tuple(found)


def cap_needed(strata: tuple[StratumSplit, ...]) -> int:
    """Return the smallest group in which every stratum expects at least one person."""
    sizes = [row.people for row in strata if row.people]
    return -(-sum(sizes) // min(sizes)) if sizes else 0


# -- the order of people --------------------------------------------------------------------------------------------


def sampling_keys(salt: str) -> tuple[int, int]:
    """Return the two words that the order of a group hangs on."""
    digest = blake2b(salt.encode(), digest_size=16, person=b"fidelia-control").digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def positions(ids: npt.NDArray[np.uint32], keys: tuple[int, int]) -> Words:
    """Return where profiles stand in the order of some keys: 64 bits, never the same for two profiles."""
    x: Words = ids.astype(np.uint64)
    for key in keys:
        x ^= np.uint64(key)
        x ^= x >> _SHIFT
        x *= _C1
        x ^= x >> _SHIFT
        x *= _C2
        x ^= x >> _SHIFT
    return x


def draw(people: BitMap, count: int, keys: tuple[int, int]) -> BitMap:
    """Return the first so many of some people in the order of the keys."""
    if count >= len(people):
        return BitMap(people)
    if count <= 0:
        return BitMap()
    ids: npt.NDArray[np.uint32] = np.frombuffer(people.to_array(), dtype=np.uint32)
    first = np.argpartition(positions(ids, keys), count - 1)[:count]
    return as_bitmap(ids[first])


def as_bitmap(ids: npt.NDArray[Any]) -> BitMap:
    """Return ids as a bitmap."""
    packed = array("I")
    packed.frombytes(np.sort(ids).astype(np.uint32).tobytes())
    return BitMap(packed)


def _reversed(key: str) -> tuple[int, ...]:
    """Turn the order of keys round, so that of equals the one that sorts last gives way."""
    return (*(-ord(letter) for letter in key), 0x110000)
