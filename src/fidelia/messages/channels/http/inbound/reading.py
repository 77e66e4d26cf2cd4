"""From a provider's request to events, by the mapping of a channel. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from fidelia.kernel.errors import invalid_field

from ..answer import tree_of
from ..model import EventRule, InboundMapping, InboundPreview, InboundShown
from ..values import MISSING, PathRefused, holds, joined, plain, steps, text_at, value_at

MOST_ITEMS = 1_000
#: Seconds since 1970 above this are thousandths.
_THOUSANDTHS = 100_000_000_000


class Unreadable(ValueError):
    """A request that holds nothing that could be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event that a provider tells of, as far as the mapping understands it."""

    event: str
    rule: int
    message_id: str | None
    contact: str | None
    at: datetime | None
    reason: str
    hash: bytes


def items_of(mapping: InboundMapping, body: bytes, content_type: str) -> list[Any]:
    """Return the items of a request; raise :class:`Unreadable`."""
    try:
        tree = tree_of(body, content_type)
    except ValueError as exc:
        raise Unreadable("The form has too many fields") from exc
    if tree is None:
        raise Unreadable("This is neither JSON nor a form")
    found = value_at(tree, mapping.items) if mapping.items.strip() else tree
    if found is MISSING:
        raise Unreadable(f"There is nothing at {mapping.items}")
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"A request may tell {MOST_ITEMS:,} events at most")
    return items


def told_of(mapping: InboundMapping, item: Any) -> Told | None:
    """Return what an item tells, or ``None`` when no rule is about it."""
    for n, rule in enumerate(mapping.rules):
        if all(holds(condition, item) for condition in rule.conditions):
            return _told(mapping, n, rule, item)
    return None


def _told(mapping: InboundMapping, number: int, rule: EventRule, item: Any) -> Told:
    contact = text_at(item, rule.contact or mapping.contact)
    given = text_at(item, mapping.event_id)
    seed = f"id\x00{rule.event}\x00{given}".encode() if given else _canonical(item)
    return Told(
        event=rule.event,
        rule=number,
        message_id=joined(item, rule.message_id or mapping.message_id),
        contact=contact or None,
        at=moment(value_at(item, mapping.at)) if mapping.at else None,
        reason=" ".join(text_at(item, mapping.reason).replace("\x00", "").split())[:500],
        hash=hashlib.sha256(seed).digest()[:16],
    )


def _canonical(item: Any) -> bytes:
    return msgspec.json.encode(item, order="sorted")


def moment(value: Any) -> datetime | None:
    """Return a time that is written as RFC 3339, or as seconds or thousandths since 1970; ``None`` for anything else.

    A time without a zone is taken as UTC.
    """
    text = plain(value).strip() if value is not MISSING else ""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    if seconds > _THOUSANDTHS:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def preview(mapping: InboundMapping, body: bytes, content_type: str) -> InboundPreview:
    """Return what is read from a request; raise 422 for paths and bodies that cannot be read."""
    _check_paths(mapping)
    try:
        items = items_of(mapping, body, content_type)
    except Unreadable as exc:
        raise invalid_field("/body", str(exc)) from exc
    return InboundPreview(items=[_shown(told_of(mapping, item)) for item in items[:100]])


def _shown(told: Told | None) -> InboundShown:
    if told is None:
        return InboundShown(
            event=None, rule=None, message_id=None, contact=None, at=None, reason="", problem="No rule is about this"
        )
    problem = None
    if told.message_id is None and told.contact is None:
        problem = "It names neither a message nor a contact"
    return InboundShown(
        event=told.event,  # type: ignore[arg-type]  # comes from a rule's literal
        rule=told.rule,
        message_id=told.message_id,
        contact=told.contact,
        at=told.at,
        reason=told.reason,
        problem=problem,
    )


def _check_paths(mapping: InboundMapping) -> None:
    conditions = [condition.path for rule in mapping.rules for condition in rule.conditions]
    named: Sequence[str] = [path for rule in mapping.rules for path in (*rule.message_id, rule.contact)]
    own = (mapping.items, *mapping.message_id, mapping.contact, mapping.at, mapping.reason, mapping.event_id)
    for path in (*own, *named, *conditions):
        try:
            steps(path)
        except PathRefused as exc:
            raise invalid_field("/inbound", str(exc)) from exc
