"""Reads messages of the protocol. Libraries differ in detail, so what is not understood is left aside, not refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast

import msgspec

from fidelia.kernel.ids import random_id

from .. import rules

Kind = Literal["identify", "track", "page", "screen", "group", "alias"]
KINDS = ("identify", "track", "page", "screen", "group", "alias")
SCREEN = "custom.screen_viewed"
GROUP = "custom.group_joined"
_PAGE = ("url", "path", "title", "referrer", "search")
_CONTEXT = ("page", "campaign", "app", "device", "locale", "ip", "userAgent", "timezone")
_encode = msgspec.json.Encoder().encode


class Message(msgspec.Struct):
    """A message in our words. ``type`` is empty for those that are no events (identify, alias)."""

    kind: Kind
    id: str
    hash: bytes
    at: datetime
    user: str = ""
    anonymous: str = ""
    previous: str = ""
    type: str = ""
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    #: Whose it is when nobody is signed in and the visitor is not known: the recipient of a message.
    profile: int = 0


class Unreadable(ValueError):
    """A message that is not taken; the text is short, for counters."""


def read_message(
    given: Any, kind: Kind | None, batch: Mapping[str, Any], received: datetime, *, historical: bool, limit: int
) -> Message:
    """Read one message; ``kind`` comes from the path, ``batch`` holds the defaults of a batch.

    ``historical`` leaves times alone (``/v1/import``). Raises :class:`Unreadable`.
    """
    if not isinstance(given, dict):
        raise Unreadable("not an object")
    named = kind or given.get("type")
    if named not in KINDS:
        raise Unreadable("unknown type of message")
    kind = cast("Kind", named)
    context = {**_object(batch.get("context")), **_object(given.get("context"))}
    sent_at = rules.parse_moment(given.get("sentAt") or batch.get("sentAt"))
    timestamp = rules.parse_moment(given.get("timestamp") or given.get("originalTimestamp"))
    id_ = _name(given.get("messageId")) or random_id(24)
    message = Message(
        kind=kind,
        id=id_,
        hash=rules.seen_hash(id_),
        at=rules.corrected(timestamp, None if historical else sent_at, received),
        user=_name(given.get("userId")),
        anonymous=_name(given.get("anonymousId")),
        previous=_name(given.get("previousId")),
    )
    if not (message.user or message.anonymous):
        raise Unreadable("neither userId nor anonymousId")
    if kind == "alias" and not (message.user and message.previous):
        raise Unreadable("alias without userId and previousId")
    if kind == "identify":
        message.traits = {**_object(context.get("traits")), **_object(given.get("traits"))}
    elif kind != "alias":
        message.type, properties = _event(kind, given, context)
        message.properties = _fitting(properties, context, limit)
    return message


def _event(kind: str, given: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    properties = dict(_object(given.get("properties")))
    if kind == "track":
        name = given.get("event")
        type_ = rules.type_from_name(name) if isinstance(name, str) else None
        if type_ is None:
            raise Unreadable("track without the name of an event")
        return type_, properties
    if kind == "group":
        return GROUP, {**_object(given.get("traits")), "group": _name(given.get("groupId"))}
    for part in ("name", "category"):
        if isinstance(given.get(part), str):
            properties.setdefault(part, given[part])
    if kind == "screen":
        return SCREEN, properties
    page = _object(context.get("page"))
    for part in _PAGE:
        if isinstance(page.get(part), str):
            properties.setdefault(part, page[part])
    return "page.viewed", properties


def _fitting(properties: dict[str, Any], context: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Return the properties with what is worth keeping of the context, if both fit."""
    kept = {name: context[name] for name in _CONTEXT if context.get(name)}
    size = len(_encode(properties))
    if size > limit:
        raise Unreadable("properties too large")
    if kept and "context" not in properties and size + len(_encode(kept)) + 12 <= limit:
        properties["context"] = kept
    return properties


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(value: Any) -> str:
    """Return an id as text; ids may be numbers. What is too long or no id at all is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = format(value, "g") if isinstance(value, float) and not value.is_integer() else str(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    text = text.replace("\x00", "").strip()
    return text if len(text) <= rules.MAX_ID else ""
