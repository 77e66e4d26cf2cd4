"""Reads a captured mail for people to look at."""

from __future__ import annotations

import contextlib
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32
from typing import Any


def heads(source: bytes) -> Message[str, str]:
    """Return a mail's headers alone."""
    return BytesHeaderParser(policy=compat32).parsebytes(source[:65_536])


def text_of(value: Any) -> str:
    """Decode a header; what cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(str(value or ""))))
    except (LookupError, UnicodeError, ValueError):
        return str(value or "")


def parts_of(source: bytes) -> tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int]]]:
    """Return (HTML, text, headers in order, attachments as (name, type, size)) of a mail, however odd it is."""
    message = message_from_bytes(source, policy=SMTP)
    html = text = ""
    attachments: list[tuple[str, str, int]] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = None
        with contextlib.suppress(LookupError, ValueError, AttributeError):
            name = part.get_filename()
        if kind == "text/html" and not html and name is None:
            html = _content(part)
        elif kind == "text/plain" and not text and name is None:
            text = _content(part)
        else:
            payload = part.get_payload(decode=True)
            attachments.append((name or "", kind, len(payload) if isinstance(payload, bytes) else 0))
    plain = message_from_bytes(source, policy=compat32)
    headers = [(name, text_of(value)) for name, value in plain.items()]
    return html, text, headers, attachments


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, ValueError, KeyError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
