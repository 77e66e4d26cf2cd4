"""Sharing a whole number among lines: by largest remainder, so that the parts always sum up to the whole."""

from __future__ import annotations

from collections.abc import Sequence

from .rewards import RATE

_HALF = RATE // 2


def share_of(amount: int, rate: int) -> int:
    """Return ``rate`` millionths of an amount, rounded half up."""
    return (amount * rate + _HALF) // RATE


def divided(over: int, under: int) -> int:
    """Return a quotient of numbers that are not negative, rounded half up."""
    return (2 * over + under) // (2 * under)


def spread(amount: int, weights: Sequence[int], rooms: Sequence[int] | None = None) -> list[int]:
    """Share ``amount`` in proportion to ``weights``, no part beyond its room; what has no room falls to the others.

    Parts are rounded down; units that are left over go to the largest remainder, then the larger weight, then the
    earlier place. Less than ``amount`` is shared only when the rooms of all that have a weight are too small.
    """
    parts = [0] * len(weights)
    open_ = [i for i, weight in enumerate(weights) if weight > 0 and (rooms is None or rooms[i] > 0)]
    while open_ and amount > 0:
        whole = sum(weights[i] for i in open_)
        full = [] if rooms is None else [i for i in open_ if amount * weights[i] > rooms[i] * whole]
        if not full or rooms is None:
            rest = amount
            for i in open_:
                parts[i] = amount * weights[i] // whole
                rest -= parts[i]
            if rest:
                first = sorted(open_, key=lambda i: (-(amount * weights[i] % whole), -weights[i], i))
                for i in first[:rest]:
                    parts[i] += 1
            return parts
        for i in full:
            parts[i] = rooms[i]
            amount -= rooms[i]
        gone = set(full)
        open_ = [i for i in open_ if i not in gone]
    return parts
