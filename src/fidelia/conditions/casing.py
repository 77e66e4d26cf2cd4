"""Lower case as ClickHouse knows it.

``str.lower`` and ICU (``lowerUTF8``) agree on everything, final sigma included, except letters that came to Unicode
after the interpreter was made. Those few are mapped here, so that both readings fold alike on every Python.
"""

from __future__ import annotations

# (first capital, last capital, step, distance to the small letter) of Unicode 15.1 to 17
_RANGES = (
    (0x1C89, 0x1C89, 1, 1),
    (0xA7CB, 0xA7CB, 1, 0x0264 - 0xA7CB),
    (0xA7CC, 0xA7CE, 2, 1),
    (0xA7D2, 0xA7D4, 2, 1),
    (0xA7DA, 0xA7DA, 1, 1),
    (0xA7DC, 0xA7DC, 1, 0x019B - 0xA7DC),
    (0x10D50, 0x10D65, 1, 32),
    (0x16EA0, 0x16EB8, 1, 27),
)
_NEWER = {
    point: point + distance
    for first, last, step, distance in _RANGES
    for point in range(first, last + 1, step)
    if chr(point).lower() == chr(point)
}


def lower(text: str) -> str:
    """Return the Unicode lower case of a text."""
    return text.lower() if text.isascii() else text.lower().translate(_NEWER)
