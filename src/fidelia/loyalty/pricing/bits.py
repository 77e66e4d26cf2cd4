"""Sets as the bits of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def each_bit(bits: int) -> Iterator[int]:
    """Return the places of the bits of a whole number, the lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


class Masks:
    """Lines as bits of a whole number, remembered by the list (which must stay alive)."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of(self, lines: Sequence[int]) -> int:
        """Return the lines as bits."""
        known = self._known.get(id(lines))
        if known is None:
            known = 0
            for line in lines:
                known |= 1 << line
            if isinstance(lines, list):
                self._known[id(lines)] = known
        return known
