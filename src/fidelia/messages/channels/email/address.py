"""Addresses and header values that cannot break out of their line."""

from __future__ import annotations

import base64
import re

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+"
_ADDRESS = re.compile(rf"({_LOCAL})@([A-Za-z0-9.\-\u0080-\U0010ffff]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_WORD_BYTES = 45


class AddressRefused(ValueError):
    """The text is no address that could be written to; the message says why."""


def has_control(text: str) -> bool:
    """Tell whether a text holds a line break or another control character and so may not stand in a header."""
    return bool(_CONTROL.search(text))


def envelope(address: str) -> str:
    """Return an address as SMTP takes it: the domain in ASCII, the local part as it is.

    Raises:
        AddressRefused: no address, or a domain that cannot be written in ASCII.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > 320:
        raise AddressRefused("The address is not valid")
    local, domain = found.groups()
    if local.startswith(".") or local.endswith(".") or ".." in local or len(local.encode()) > 64:
        raise AddressRefused("The address is not valid")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise AddressRefused("The domain of the address is not valid") from None
    if domain.startswith((".", "-")) or domain.endswith((".", "-")) or ".." in domain or len(domain) > 253:
        raise AddressRefused("The domain of the address is not valid")
    return f"{local}@{domain}"


def words(text: str) -> str:
    """Encode a header text: as it is when plain ASCII, else as RFC 2047 words, folded.

    Raises:
        ValueError: the text holds a line break or another control character.
    """
    if has_control(text):
        raise ValueError("a header value holds a control character")
    if text.isascii() and "=?" not in text:
        return text if len(text) <= 900 else _encoded(text)
    return _encoded(text)


def _encoded(text: str) -> str:
    parts: list[str] = []
    chunk = b""
    for char in text:
        piece = char.encode("utf-8", "replace")
        if len(chunk) + len(piece) > _WORD_BYTES:
            parts.append(base64.b64encode(chunk).decode())
            chunk = b""
        chunk += piece
    parts.append(base64.b64encode(chunk).decode())
    return "\r\n ".join(f"=?utf-8?B?{part}?=" for part in parts)


def mailbox(address: str, name: str = "") -> str:
    """Return ``Name <address>`` as a header takes it; raise ``ValueError`` for what may not stand in one."""
    plain = envelope(address)
    if not name:
        return plain
    if has_control(name):
        raise ValueError("a header value holds a control character")
    if name.isascii():
        if _PLAIN_NAME.fullmatch(name) and "=?" not in name:
            return f"{name} <{plain}>"
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{plain}>'
    return f"{_encoded(name)} <{plain}>"
