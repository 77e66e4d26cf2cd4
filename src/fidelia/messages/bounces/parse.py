"""Reads a mail that came back: RFC 3464 notices, RFC 5965 complaints, other bounces by their usual signs.

Everything here is somebody else's text. Sizes, depth and the number of parts are limited before the parser is let at
it, headers are read as plain text, and whatever is odd ends in :class:`Unreadable` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any, Literal

import msgspec

from .classify import STATUS, verdict
from .verp import LOCAL, TOKEN

MAX_BYTES = 2_000_000
_MAX_HEAD = 64 * 1024
_MAX_NESTED = 20
_MAX_PARTS = 100
_MAX_GROUPS = 100
_MAX_TOKENS = 20
_MAX_TEXT = 200_000
_NESTED = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")

_VERP = re.compile(rf"{LOCAL}\+({TOKEN})@", re.IGNORECASE)
_ID = re.compile(rf"message-id:\s{{0,8}}<({TOKEN})@", re.IGNORECASE)
_BRACKETS = re.compile(rf"<({TOKEN})@")
_ADDRESS = re.compile(r"[^\s<>;,\"()]{1,64}@[^\s<>;,\"()]{1,255}")
_DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery (system|subsystem)|mdaemon|mail-daemon", re.IGNORECASE)
_FAILURE = re.compile(
    r"undeliver|delivery (status notification|failed|failure|has failed)|failure notice|mail delivery failed"
    r"|returned mail|could not be delivered|not delivered|returning message to sender|delivery error",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"delayed|will be retried|will retry|still (being )?(tried|trying)|not yet been delivered|delivery delay",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"out of (the )?office|automatic reply|auto(matic)?[- ]?(reply|response)|autoreply|abwesen|absence|vacation"
    r"|frav[æa]r|poissa|en vacances",
    re.IGNORECASE,
)


#: What the standard library's parser raises on mails that nobody would write.
_FAULTS = (MessageError, RecursionError, LookupError, ValueError, TypeError, AttributeError, AssertionError)


class Unreadable(ValueError):
    """This mail is not understood; the message says why, for a person."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail that came back says. Nothing of it is trusted but a token that our key has signed.

    ``why`` is a key of ``classify.WORDS``; ``detail`` is the server's own text; ``addresses`` are those it names.
    """

    outcome: Literal["bounced", "complained", "ignored"]
    tokens: tuple[str, ...] = ()
    hard: bool = False
    why: str = "other"
    code: str = ""
    detail: str = ""
    addresses: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""


def read(source: bytes, recipients: Sequence[str] = ()) -> Notice:
    """Read a mail; ``recipients`` are those of its envelope. Raise :class:`Unreadable`."""
    message = _parsed(source)
    try:
        return _Reader(message, recipients).notice()
    except Unreadable:
        raise
    except _FAULTS as exc:
        raise Unreadable(f"Its parts cannot be read ({type(exc).__name__})") from exc


def about(source: bytes) -> tuple[str, str]:
    """Return (sender, subject) of any mail, as far as they can be read."""
    try:
        head = BytesParser(policy=compat32).parsebytes(source[:_MAX_HEAD], headersonly=True)
        return _plain(head.get("From"), 300), _plain(head.get("Subject"), 300)
    except _FAULTS:
        return "", ""


def _parsed(source: bytes) -> Message[str, str]:
    if not source.strip():
        raise Unreadable("The mail is empty")
    if len(source) > MAX_BYTES:
        raise Unreadable(f"The mail is larger than {MAX_BYTES // 1_000_000} MB")
    blank = _BLANK_LINE.search(source)
    if blank is None:
        raise Unreadable("The mail has no body")
    if blank.start() > _MAX_HEAD:
        raise Unreadable("Its headers are too long")
    if sum(1 for _ in _NESTED.finditer(source)) > _MAX_NESTED:
        raise Unreadable("Its parts are nested too deeply")
    try:
        return BytesParser(policy=compat32).parsebytes(source)
    except _FAULTS as exc:
        raise Unreadable(f"It is not written as a mail ({type(exc).__name__})") from exc


class _Reader:
    def __init__(self, message: Message[str, str], recipients: Sequence[str]) -> None:
        self.message = message
        self.parts = self._parts()
        self.sender = _plain(message.get("From"), 300)
        self.subject = _plain(message.get("Subject"), 300)
        self.texts = [_text(part) for part in self.parts]
        self.tokens = tuple(self._tokens(recipients))

    def _parts(self) -> list[Message[str, str]]:
        parts: list[Message[str, str]] = []
        for part in self.message.walk():
            parts.append(part)
            if len(parts) > _MAX_PARTS:
                raise Unreadable("It has too many parts")
        return parts

    def notice(self) -> Notice:
        return self._complaint() or self._status() or self._other() or self._strange()

    def _made(self, outcome: Literal["bounced", "complained", "ignored"], **more: Any) -> Notice:
        return Notice(outcome=outcome, tokens=self.tokens, sender=self.sender, subject=self.subject, **more)

    # -- complaints (RFC 5965) --------------------------------------------------------------------------------------

    def _complaint(self) -> Notice | None:
        found = next((p for p in self.parts if p.get_content_type() == "message/feedback-report"), None)
        if found is None:
            return None
        fields = _fields(_raw_text(found))
        kind = fields.get("feedback-type", "").split(";")[0].strip().lower()
        if not kind:
            raise Unreadable("The complaint does not say its kind (Feedback-Type)")
        if kind == "not-spam":
            return self._made("ignored", detail="Somebody says that a mail was not unwanted")
        addresses = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
        return self._made("complained", detail=kind[:50], addresses=tuple(_addresses(addresses)))

    # -- delivery status (RFC 3464) ---------------------------------------------------------------------------------

    def _status(self) -> Notice | None:
        found = next((p for p in self.parts if p.get_content_type() == "message/delivery-status"), None)
        groups = list(_groups(found)) if found is not None else []
        if not groups:
            return None
        failed = next((group for group in groups if _action(group) == "failed"), None)
        if failed is None:
            actions = {_action(group) for group in groups}
            text = "Only delayed: it may still arrive" if "delayed" in actions else "A receipt, not a bounce"
            return self._made("ignored", detail=text)
        diagnostic = failed.get("diagnostic-code", "").partition(";")[2].strip() or failed.get("diagnostic-code", "")
        said = diagnostic or self.texts[0]
        judged = verdict(failed.get("status", ""), diagnostic or self._said())
        named = [failed.get(name, "").partition(";")[2] for name in ("original-recipient", "final-recipient")]
        return self._made(
            "bounced",
            hard=judged.hard,
            why=judged.why,
            code=judged.code,
            detail=_one_line(said),
            addresses=tuple(_addresses(named)),
        )

    def _said(self) -> str:
        return next((text for text in self.texts if text.strip()), "")

    # -- everything else --------------------------------------------------------------------------------------------

    def _other(self) -> Notice | None:
        failed = _plain(self.message.get("X-Failed-Recipients"), 1000)
        daemon = bool(_DAEMON.search(self.sender)) or _plain(self.message.get("Return-Path"), 10).strip() == "<>"
        said = self._said()[:5000]
        if (failed or daemon) and _DELAY.search(self.subject):
            return self._made("ignored", detail="Only delayed: it may still arrive")
        if failed or (daemon and (_FAILURE.search(self.subject) or _FAILURE.search(said))):
            found = STATUS.search(said)
            judged = verdict(found.group(0) if found else "", said[:2000])
            return self._made(
                "bounced",
                hard=judged.hard,
                why=judged.why,
                code=judged.code,
                detail=_one_line(said),
                addresses=tuple(_addresses([failed])),
            )
        if self._automatic():
            return self._made("ignored", detail="An automatic reply")
        return None

    def _automatic(self) -> bool:
        submitted = _plain(self.message.get("Auto-Submitted"), 100).lower()
        precedence = _plain(self.message.get("Precedence"), 100).lower()
        return (
            submitted.startswith(("auto-replied", "auto-generated", "auto-notified"))
            or precedence == "auto_reply"
            or any(self.message.get(name) is not None for name in ("X-Autoreply", "X-Autorespond"))
            or bool(_AWAY.search(self.subject))
        )

    def _strange(self) -> Notice:
        raise Unreadable("It is neither a bounce, nor a complaint, nor an automatic reply")

    # -- tokens -----------------------------------------------------------------------------------------------------

    def _tokens(self, recipients: Sequence[str]) -> Iterator[str]:
        """Yield what may be a token of ours, the surest places first."""
        seen: set[str] = set()
        for text, patterns in self._places(recipients):
            for pattern in patterns:
                for found in pattern.finditer(text):
                    if found.group(1) not in seen:
                        seen.add(found.group(1))
                        yield found.group(1)
                        if len(seen) >= _MAX_TOKENS:
                            return

    def _places(self, recipients: Sequence[str]) -> Iterator[tuple[str, tuple[re.Pattern[str], ...]]]:
        for recipient in recipients[:100]:
            yield recipient[:320], (_VERP,)
        for part in self.parts:
            for name in ("To", "Delivered-To", "X-Original-To", "Return-Path", "Original-Mail-From"):
                yield _plain(part.get(name), 2000), (_VERP,)
            if part is not self.message:
                yield f"message-id: {_plain(part.get('Message-ID'), 300)}", (_ID,)
        for name in ("In-Reply-To", "References"):
            yield _plain(self.message.get(name), 2000), (_BRACKETS,)
        for text in self.texts:
            yield text, (_VERP, _ID)


# -- pieces ---------------------------------------------------------------------------------------------------------


def _plain(value: Any, limit: int) -> str:
    """Return a header as one line of text; what is not ASCII or not decodable is replaced."""
    return _one_line(str(value or ""), limit)


def _one_line(text: str, limit: int = 500) -> str:
    short = text[: limit * 4].encode("utf-8", "replace").decode("utf-8", "replace").replace("\x00", "")
    return " ".join(short.split())[:limit]


def _raw_text(part: Message[str, str]) -> str:
    """Return the text of a part, whatever its type; parts of parts are joined."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(_lines(one) for one in payload[:_MAX_GROUPS])[:_MAX_TEXT]
    return _text(part)


def _lines(part: Any) -> str:
    """Return the header lines of a part of a part, and its text when it has any."""
    if not isinstance(part, Message):
        return ""
    heads = "".join(f"{name}: {value}\n" for name, value in part.items())
    return f"{heads}{_text(part)}"


def _text(part: Message[str, str]) -> str:
    if part.is_multipart():
        return ""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    data = data[:_MAX_TEXT]
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace").replace("\x00", "")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("latin-1").replace("\x00", "")


def _fields(text: str) -> dict[str, str]:
    """Return ``name: value`` lines; a continued line belongs to the one before, the first of a name counts."""
    found: dict[str, str] = {}
    name = ""
    for line in text.replace("\x00", "").splitlines()[:1000]:
        if line[:1] in (" ", "\t") and name:
            found[name] = (found[name] + " " + line.strip())[:2000]
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            if name in found:
                name = ""
            elif name:
                found[name] = value.strip()[:2000]
    return found


def _groups(part: Message[str, str]) -> Iterator[dict[str, str]]:
    """Yield the fields of each recipient of a status report; the group about the mail itself is none."""
    payload = part.get_payload()
    texts = [_lines(one) for one in payload[:_MAX_GROUPS]] if isinstance(payload, list) else _text(part).split("\n\n")
    for text in texts[:_MAX_GROUPS]:
        fields = _fields(text[:20_000])
        if "action" in fields or "status" in fields:
            yield fields


def _action(fields: dict[str, str]) -> str:
    action = fields.get("action", "").lower().split()
    if action:
        return action[0]
    return "failed" if fields.get("status", "").strip().startswith("5") else "delayed"


def _addresses(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        for found in list(_ADDRESS.finditer(text[:2000]))[:10]:
            yield found.group(0)
