"""Pure decisions of attribution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import cast

from .model import Message, Touch, Way

_KINDS = {"clicked": "click", "opened": "open", "sent": "delivery", "bounced": "bounce"}


def message_of(kind: str, id_: str, profile: int) -> tuple[str, Message] | None:
    """Return how the event of a message (``12-345-1f-clicked-0-…``) touched somebody, and the message it names.

    ``profile`` is whose the event is now, since the name keeps the number from before a merge.
    """
    way = _KINDS.get(kind)
    name, found, _ = id_.partition(f"-{kind}")
    parts = name.split("-")
    if way is None or not found or len(parts) not in (2, 3):
        return None
    try:
        return way, Message(int(parts[0]), profile, int(parts[2], 16) if len(parts) == 3 else 0)
    except ValueError:
        return None


def choose(touches: Iterable[Touch], at: datetime, window: timedelta, ways: Sequence[Way]) -> Touch | None:
    """Return what led to something at a moment: the first way of ``ways`` that happened in the window before it, the
    last time that it did. Of two at the same moment the newer message (run, occasion) is taken."""
    best: dict[Way, Touch] = {}
    for touch in touches:
        if at - window < touch.at <= at and touch.way in ways:
            before = best.get(touch.way)
            if before is None or _order(touch) > _order(before):
                best[touch.way] = touch
    return next((best[way] for way in ways if way in best), None)


def _order(touch: Touch) -> tuple[datetime, int, int]:
    return touch.at, touch.message.run, touch.message.occasion


def touches_of(rows: Iterable[tuple[str, int, datetime, str]]) -> dict[int, list[Touch]]:
    """Return what happened by person, from rows (type, profile, at, id) of the history; what bounced did not arrive."""
    found: dict[int, list[Touch]] = {}
    bounced: set[Message] = set()
    for type_, profile, at, id_ in rows:
        read = message_of(type_.partition(".")[2], id_, profile)
        if read is None:
            continue
        way, message = read
        if way == "bounce":
            bounced.add(message)
        else:
            found.setdefault(profile, []).append(Touch(cast("Way", way), at, message))
    if bounced:
        for profile, touches in found.items():
            found[profile] = [t for t in touches if t.way != "delivery" or t.message not in bounced]
    return found
