"""What a request of a hook holds: its body and its headers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..catalogue import BUILTIN, PropertyType
from . import rules
from .model import Claimed, Held, HookEvent, HookMessage, HookProfile

Facts = Mapping[int, tuple[str | None, str | None]]
_encoder = msgspec.json.Encoder(decimal_format="string")
_held = msgspec.json.Decoder(Held)
_message = msgspec.json.Decoder(HookMessage)
_SAMPLES: Mapping[PropertyType, Any] = {
    "string": "text",
    "integer": 1,
    "float": 1.5,
    "decimal": "10.00",
    "boolean": True,
    "date": "2026-11-01",
    "datetime": "2026-11-01T10:00:00Z",
    "tags": ["text"],
}


def moment(at: datetime) -> str:
    """Write a moment as every body does: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lines(events: Iterable[Held]) -> str:
    """Write events as they wait in the queue."""
    return "\n".join(_encoder.encode(event).decode() for event in events)


def read_lines(text: str | None) -> list[Held]:
    """Read what :func:`lines` has written."""
    return [_held.decode(line) for line in text.split("\n")] if text else []


def read_body(text: str) -> HookMessage:
    """Read a body that was sent."""
    return _message.decode(text)


def held_again(message: HookMessage) -> list[Held]:
    """Return the events of a body as they can be sent again."""
    return [Held(e.id, e.type, e.at, e.profile.id, e.properties) for e in message.events]


def message(claimed: Claimed, hook_id: int, custom_data: Mapping[str, Any], facts: Facts, now: datetime) -> HookMessage:
    """Return the body of a request; who is not among the facts does not exist any more."""
    return HookMessage(
        id=claimed.message_id,
        type="events",
        timestamp=moment(now),
        kind=claimed.kind,
        attempt=claimed.attempt,
        hook=hook_id,
        custom_data=dict(custom_data),
        events=[
            HookEvent(
                e.id,
                e.type,
                e.at,
                claimed.database_id or 0,
                HookProfile(e.profile, *facts.get(e.profile, (None, None))),
                e.properties,
            )
            for e in claimed.events
        ],
    )


def encoded(body: HookMessage | dict[str, Any]) -> bytes:
    """Encode a body."""
    return _encoder.encode(body)


def without(body: str, gone: Iterable[int]) -> tuple[str, int]:
    """Return a body without the events of some people, and how many events are left."""
    erased = set(gone)
    told = read_body(body)
    left = [event for event in told.events if event.profile.id not in erased]
    return encoded(msgspec.structs.replace(told, events=left)).decode(), len(left)


def headers(
    message_id: str, secrets: Sequence[str], body: bytes, own: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Return the headers of a request: signed with every secret that holds, and one's own."""
    timestamp = int(now.timestamp())
    return {
        **own,
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(rules.sign(secret, message_id, timestamp, body) for secret in secrets),
    }


def sample(types: Sequence[str], properties: Mapping[str, PropertyType] | None, at: datetime) -> Held:
    """Return an event to try a hook with: of its first type, with the properties that type has."""
    type_ = types[0] if types else "message.opened"
    known = properties
    if known is None:
        known = BUILTIN[type_].properties if type_ in BUILTIN else {}
    return Held("test-event", type_, moment(at), 0, {name: _SAMPLES[kind] for name, kind in known.items()})
