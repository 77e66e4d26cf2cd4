"""MIME messages: the skeleton is made once per run, a message fills in what differs."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from ...markup.model import LoadedFile
from .address import mailbox, words
from .files import file_parts

#: RFC 5321 allows 998 bytes in a line; longer ones are encoded.
LINE = 990
_DOT = re.compile(rb"\n\.")  # several times quicker than ``in`` on a whole mail


@dataclass(frozen=True)
class Content:
    """What one recipient gets. ``message_id`` without angle brackets; ``unsubscribe`` is the one-click address."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe: str = ""


class Skeleton:
    """The unchanging parts of the messages of one run.

    Raises:
        ValueError: an address or name that may not stand in a header.

    ``files`` go with every message; they are encoded once.
    """

    def __init__(
        self,
        *,
        from_email: str,
        from_name: str = "",
        reply_to: str = "",
        reply_to_name: str = "",
        headers: Mapping[str, str] | None = None,
        files: Sequence[LoadedFile] = (),
    ) -> None:
        boundary = "=_" + secrets.token_hex(16)
        fixed = [f"From: {mailbox(from_email, from_name)}"]
        if reply_to:
            fixed.append(f"Reply-To: {mailbox(reply_to, reply_to_name)}")
        for name, value in (headers or {}).items():
            fixed.append(f"{name}: {words(value)}")
        fixed.append("MIME-Version: 1.0")
        outer = "=_" + secrets.token_hex(16)
        if files:
            fixed += [f'Content-Type: multipart/mixed; boundary="{outer}"', "", f"--{outer}"]
        fixed += [f'Content-Type: multipart/alternative; boundary="{boundary}"', "", ""]
        self._head = "\r\n".join(fixed).encode()
        self._text = f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
        self._html = (
            f"\r\n--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
        )
        self._end = f"\r\n--{boundary}--\r\n".encode()
        if files:  # encoded here, once for all mails
            self._end = b"".join((self._end, file_parts(outer, files), f"\r\n--{outer}--\r\n".encode()))
        self._second = -1
        self._date = b""

    def build(self, content: Content, now: datetime) -> bytes:
        """Return a message with CRLF line ends; raise ``ValueError`` when a header value would break its line."""
        lines = [
            f"Subject: {words(content.subject)}",
            f"To: {mailbox(content.to)}",
            f"Message-ID: <{content.message_id}>",
        ]
        if content.unsubscribe:
            lines.append(f"List-Unsubscribe: <{content.unsubscribe}>")
            lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        head = "\r\n".join(lines).encode()
        return b"".join(
            (
                self._date_line(now),
                head,
                b"\r\n",
                self._head,
                self._text,
                part(content.text),
                self._html,
                part(content.html, markup=True),
                self._end,
            )
        )

    def _date_line(self, now: datetime) -> bytes:
        second = int(now.timestamp())
        if second != self._second:
            self._second = second
            self._date = f"Date: {format_datetime(now.astimezone(UTC))}\r\n".encode()
        return self._date


def part(text: str, *, markup: bool = False) -> bytes:
    """Return the transfer encoding's name, the blank line, and the text so encoded.

    Plain ASCII goes as it is; mostly other letters go as base64, the rest as quoted-printable. Line ends become CRLF.
    ``markup`` is HTML: its long lines are broken where a tag's attributes are apart anyway, which is read the same and
    spares most mails the encoding.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        data = text.encode("ascii")
        if _fits(data):
            return b"7bit\r\n\r\n" + data.replace(b"\n", b"\r\n")
        if markup and _fits(broken := data.replace(b' style="', b'\nstyle="')):
            return b"7bit\r\n\r\n" + broken.replace(b"\n", b"\r\n")
        return b"quoted-printable\r\n\r\n" + _quoted(data)
    data = text.encode("utf-8", "replace")
    if len(data) - len(text) > len(data) // 6:
        return b"base64\r\n\r\n" + base64.encodebytes(data.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return b"quoted-printable\r\n\r\n" + _quoted(data)


def _quoted(data: bytes) -> bytes:
    return binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")  # bare LF in, bare LF out


def _fits(data: bytes) -> bool:
    return len(data) <= LINE or max(map(len, data.split(b"\n"))) <= LINE


def dot_stuffed(message: bytes) -> bytes:
    """Return the message as DATA takes it: leading dots doubled, the end mark added."""
    if _DOT.search(message):
        message = message.replace(b"\n.", b"\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
