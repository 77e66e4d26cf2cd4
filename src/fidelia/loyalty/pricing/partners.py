"""Whose goods the lines of an order are: the partner of each line, as points are worked out by."""

from __future__ import annotations

from datetime import datetime

from fidelia.conditions import Asking

from .compiled import Compiled
from .model import Draft


def partners_of(compiled: Compiled, draft: Draft, now: datetime, tz: str) -> dict[int, int]:
    """Return the partner of each line that has one: ``{index of the line: partner}``; of several the first by id."""
    if not compiled.partners:
        return {}
    asking = Asking(now, tz)
    found: dict[int, int] = {}
    for partner, n in compiled.partners:
        if (partner.starts_at is None or now >= partner.starts_at) and (
            partner.ends_at is None or now < partner.ends_at
        ):
            prepared = compiled.products.prepared[n]
            for index, line in enumerate(draft.lines):
                if index not in found and prepared.holds(line.facts, asking):
                    found[index] = partner.id
    return found
