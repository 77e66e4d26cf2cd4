"""What delivery providers tell of returned mail by their webhooks, read as everything that comes back is read. Pure.

Sources: the providers' own documentation of their events (Amazon SES notifications through SNS, Mailgun and SendGrid
event webhooks, SparkPost message events). Providers give mails ids of their own; ours are found by the return path or
the Message-ID that they quote, whose token is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from .classify import verdict
from .model import Told
from .verp import token_of

#: SparkPost's classes of bounces that say that the address is dead: invalid recipient, no recipient.
_DEAD = ("10", "30")
MOST_ITEMS = 5_000


class Unreadable(ValueError):
    """A request that is not what this provider sends; the text says why."""


def told(provider: str, body: bytes) -> list[Told]:
    """Return what a provider's request tells; events that are about nothing returned are left out.

    Raises:
        KeyError: there is no such provider.
        Unreadable: the request is not what it sends.
    """
    read = PROVIDERS[provider]
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Unreadable("This is no JSON") from exc
    try:
        told = [one for item in _items(found) for one in read(item)]
    except (AttributeError, TypeError, LookupError, msgspec.DecodeError) as exc:
        raise Unreadable("This is not what this provider sends") from exc
    return told


def _items(found: Any) -> list[Any]:
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"More than {MOST_ITEMS:,} events at once")
    return items


def _bounced(tokens: tuple[str, ...], code: str, reason: str, hard: bool | None) -> Told:
    judged = verdict(code, reason)
    return Told(
        outcome="bounced",
        tokens=tokens,
        hard=judged.hard if hard is None else hard,
        why=judged.why,
        code=judged.code,
        detail=reason[:500],
    )


def _tokens(*marks: Any) -> tuple[str, ...]:
    """Return the tokens in return paths and Message-IDs, each once."""
    found: dict[str, None] = {}
    for mark in marks:
        plain = str(mark or "").strip().strip("<>")
        token = token_of(plain) or plain.partition("@")[0]
        if token:
            found[token] = None
    return tuple(found)


def _text(*parts: Any) -> str:
    return " ".join(str(part) for part in parts if part not in (None, ""))


# -- providers ------------------------------------------------------------------------------------------------------


def _ses(item: Mapping[str, Any]) -> Iterator[Told]:
    if item.get("Type") == "SubscriptionConfirmation":
        where = _text(item["SubscribeURL"])
        text = f"Amazon asks whether it may tell bounces here. To confirm, open {where}"
        yield Told(outcome="unreadable", detail=text[:900], sender="Amazon SNS", content=where.encode())
        return
    if item.get("Type") == "Notification":
        item = msgspec.json.decode(item["Message"])
    mail = item.get("mail") or {}
    names = {str(h.get("name", "")).lower(): h.get("value") for h in mail.get("headers") or ()}
    tokens = _tokens(mail.get("source"), names.get("message-id"), (mail.get("commonHeaders") or {}).get("messageId"))
    kind = item.get("notificationType") or item.get("eventType")
    if kind == "Complaint":
        yield Told(outcome="complained", tokens=tokens, detail=_text(item["complaint"].get("complaintFeedbackType")))
    elif kind == "Bounce":
        bounce = item["bounce"]
        one = (bounce.get("bouncedRecipients") or [{}])[0]
        reason = _text(one.get("diagnosticCode")) or _text(bounce.get("bounceType"), bounce.get("bounceSubType"))
        hard = bounce.get("bounceType") == "Permanent" and bounce.get("bounceSubType") not in _NOT_DEAD
        yield _bounced(tokens, _text(one.get("status")), reason, hard)


#: Permanent for Amazon, and yet not about the address.
_NOT_DEAD = ("MessageTooLarge", "ContentRejected", "AttachmentRejected")


def _mailgun(item: Mapping[str, Any]) -> Iterator[Told]:
    event = item.get("event-data") or item
    tokens = _tokens(event["message"]["headers"]["message-id"]) if "message" in event else ()
    if event.get("event") == "complained":
        yield Told(outcome="complained", tokens=tokens)
    elif event.get("event") == "failed":
        status = event.get("delivery-status") or {}
        reason = _text(status.get("message") or status.get("description"), event.get("reason"))
        code = _text(status.get("enhanced-code") or status.get("code"))
        yield _bounced(tokens, code, reason, None if event.get("severity") == "permanent" else False)


def _sendgrid(item: Mapping[str, Any]) -> Iterator[Told]:
    kind, reason = item.get("event"), _text(item.get("reason"))
    tokens = _tokens(item.get("smtp-id"))
    if kind == "spamreport" or (kind == "dropped" and reason == "Spam Reporting Address"):
        yield Told(outcome="complained", tokens=tokens, detail=reason[:500])
    elif kind == "dropped" and reason == "Bounced Address":
        yield _bounced(tokens, "", reason, hard=True)
    elif kind == "bounce":
        yield _bounced(tokens, _text(item.get("status")), reason, False if item.get("type") == "blocked" else None)


def _sparkpost(item: Mapping[str, Any]) -> Iterator[Told]:
    event: Mapping[str, Any] = next(iter((item.get("msys") or {}).values()), {})
    tokens = _tokens(event.get("msg_from"))
    if event.get("type") == "spam_complaint":
        yield Told(outcome="complained", tokens=tokens, detail=_text(event.get("fbtype")))
    elif event.get("type") in ("bounce", "out_of_band"):
        reason = _text(event.get("raw_reason") or event.get("reason"))
        hard = True if str(event.get("bounce_class")) in _DEAD else None
        yield _bounced(tokens, _text(event.get("error_code")), reason, hard)


#: The providers whose webhooks are read, by the name in the address.
PROVIDERS: Mapping[str, Callable[[Any], Iterator[Told]]] = {
    "amazon_ses": _ses,
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
}
NAMES = {"amazon_ses": "Amazon SES", "mailgun": "Mailgun", "sendgrid": "SendGrid", "sparkpost": "SparkPost"}
