"""Where our MJML compiler differs from the reference one, and what makes up for it; see ``tests/messages/mjml``."""

from __future__ import annotations

import re

from .scan import Token, tokens

_PIXELS = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*$")
_NO_ALT = re.compile(r"<img\b(?![^>]*\salt\s*=)")


def with_inner_heights(text: str) -> str:
    """Take the paddings of heroes of fixed height off their height, as the reference does."""
    parts: list[str] = []
    last = 0
    for token in tokens(text):
        if token.kind != "open" or token.name != "mj-hero":
            continue
        mode, height = token.get("mode"), token.get("height")
        whole = _pixels(height.value) if height is not None else None
        if mode is None or mode.value != "fixed-height" or height is None or whole is None:
            continue
        inner = max(0.0, whole - sum(_vertical(token)))
        parts += [text[last : height.start], f'"{inner:g}px"']
        last = height.end
    return "".join([*parts, text[last:]])


def with_alternatives(page: str) -> str:
    """Give pictures that have no alternative text an empty one: a screen reader would read out their addresses."""
    return _NO_ALT.sub('<img alt=""', page)


def _vertical(hero: Token) -> tuple[float, float]:
    """Return the paddings above and below."""
    padding = hero.get("padding")
    sides = padding.value.split() if padding is not None else []
    above, below = (sides[0], sides[2 if len(sides) > 2 else 0]) if sides else ("0", "0")
    top, bottom = hero.get("padding-top"), hero.get("padding-bottom")
    return _pixels(top.value if top else above) or 0.0, _pixels(bottom.value if bottom else below) or 0.0


def _pixels(value: str) -> float | None:
    found = _PIXELS.match(value)
    return float(found[1]) if found else None
