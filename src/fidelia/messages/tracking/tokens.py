"""Signed links: short, unguessable, and good for nothing but what they were made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import quote

from ..kinds.multivariate.model import LINK_STRIDE, MOST_VARIANTS
from ..model import MessageKey

_MAC = 10
#: What a token is for: open image, click, unsubscribe, web version, preferences, message id; then yes (a request to
#: confirm, in place of the run), preferences of a database's (run) person, a sample page of a database (run), and
#: which message brought somebody to a site, and a serving of a placement (its number as the occasion).
KINDS = "ocuwpmyesgv"
_CLICK = bytes((KINDS.index("c"),))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Token(NamedTuple):
    """What a token says. ``link`` is the link's number of a click, else -1; ``occasion`` what caused the message."""

    kind: str
    run: int
    profile: int
    link: int = -1
    occasion: int = 0


class Signer:
    """Makes and checks tokens with one secret key (BLAKE2b, keyed)."""

    def __init__(self, key: bytes, base_url: str = "") -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=_MAC)
        self.base = base_url.rstrip("/")

    def token(self, kind: str, run: int, profile: int, occasion: int = 0, link: int = -1, extra: str = "") -> str:
        """Return the token's text; ``extra`` is signed with it but not held in it."""
        head = bytes((KINDS.index(kind),)) + _varint(run) + _varint(profile) + _varint(link + 1)
        return self._text(head + _tail(occasion), extra)

    def clicks(self, run: int, key: MessageKey, count: int, first: int = 0) -> list[str]:
        """Return the addresses of clicks on ``count`` links from number ``first`` on; the busiest step of sending."""
        head, tail = _CLICK + _varint(run) + _varint(key.profile_id), _tail(key.occasion)
        base = self.base + "/t/c/"
        return [base + self._text(head + _SMALL[no + 1] + tail) for no in range(first, first + count)]

    def _text(self, payload: bytes, extra: str = "") -> str:
        text = binascii.b2a_base64(payload + self._mac(payload, extra), newline=False)
        return text.translate(_URL_SAFE, b"=").decode("ascii")

    def read(self, kind: str, text: str, extra: str = "") -> Token | None:
        """Return what a token says, or ``None`` when it is not one of ours, or not for this."""
        if not 16 <= len(text) <= 64 or not text.isascii():
            return None
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=") != text.encode():
            return None  # the last character's spare bits are not signed: one text a token
        payload, mac = data[:-_MAC], data[-_MAC:]
        if not payload or not hmac.compare_digest(self._mac(payload, extra), mac):
            return None
        numbers = _numbers(payload[1:])
        if len(numbers) not in (3, 4) or payload[0] >= len(KINDS) or KINDS[payload[0]] != kind:
            return None
        return Token(kind, numbers[0], numbers[1], numbers[2] - 1, *numbers[3:])

    def url(self, kind: str, run: int, profile: int, occasion: int = 0, link: int = -1) -> str:
        """Return the address of a token at the root of the installation."""
        return f"{self.base}/t/{kind}/{self.token(kind, run, profile, occasion, link)}"

    def click(self, run: int, key: MessageKey, link: int, target: str) -> str:
        """Return the address of a click on a link that differs from one recipient to the next."""
        return f"{self.base}/t/c/{self.token('c', run, *key, link, target)}?u={quote(target, safe='')}"

    def _mac(self, payload: bytes, extra: str) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(payload)
        if extra:
            keyed.update(b"\x00" + extra.encode("utf-8", "surrogatepass"))
        return keyed.digest()


def _tail(occasion: int) -> bytes:
    return _varint(occasion) if occasion else b""


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _numbers(data: bytes) -> list[int]:
    found: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(number)
            number = shift = 0
    return found if shift == 0 else []


#: Numbers of links as they stand in tokens, those of every variant; the table is only a short cut.
_SMALL = [_varint(number) for number in range((MOST_VARIANTS + 2) * LINK_STRIDE)]
