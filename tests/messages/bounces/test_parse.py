"""Reading what comes back: the shapes of the common servers, and hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.messages.bounces.classify import WORDS, verdict
from fidelia.messages.bounces.parse import MAX_BYTES, Notice, Unreadable, read

from . import mails

TOKEN = "BwECAABcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("mail", "hard", "why", "code"),
    [
        (mails.dsn(TOKEN), True, "address", "5.1.1"),
        (mails.dsn(TOKEN, original="message/rfc822"), True, "address", "5.1.1"),
        (
            mails.dsn(TOKEN, status="5.7.1", diagnostic="smtp; 550 5.7.1 Message rejected as spam"),
            False,
            "refused",
            "5.7.1",
        ),
        (mails.dsn(TOKEN, status="4.4.7", diagnostic="smtp; 421 timed out"), False, "server", "4.4.7"),
        (
            mails.dsn(TOKEN, status="5.0.0", diagnostic="smtp; 550 5.2.1 This account is disabled"),
            True,
            "closed",
            "5.2.1",
        ),
        (mails.dsn(TOKEN, status="5.0.0", diagnostic="smtp; 550 no such user here"), True, "address", "5.0.0"),
        (mails.dsn(TOKEN, status="5.0.0", diagnostic="smtp; 550 go away"), False, "other", "5.0.0"),
        (mails.exchange(TOKEN), True, "address", "5.1.10"),
        (mails.gmail(TOKEN), False, "full", "5.2.2"),
        (mails.gmail(TOKEN, status="4.2.2"), False, "full", "4.2.2"),
        (mails.exim(TOKEN), True, "address", ""),
        (mails.qmail(TOKEN), True, "address", "5.1.1"),
    ],
)
def test_a_bounce_is_read(mail: bytes, hard: bool, why: str, code: str) -> None:
    notice = read(mail)
    assert (notice.outcome, notice.hard, notice.why, notice.code) == ("bounced", hard, why, code)
    assert TOKEN in notice.tokens


def test_the_return_path_comes_first() -> None:
    other = "BwECAABzzzzzzzzzzzzzzzzzzzz"
    assert read(mails.dsn(TOKEN), [f"bounces+{other}@back.example.org"]).tokens == (other, TOKEN)
    assert read(mails.dsn(TOKEN, to=f"bounces+{other}@back.example.org")).tokens[0] == other


def test_complaints_are_read() -> None:
    notice = read(mails.complaint(TOKEN))
    assert (notice.outcome, notice.tokens, notice.addresses) == ("complained", (TOKEN,), ("p1@example.com",))
    assert read(mails.complaint(TOKEN, kind="not-spam")).outcome == "ignored"


@pytest.mark.parametrize(
    "mail",
    [
        mails.dsn(TOKEN, action="delayed", status="4.4.1"),
        mails.dsn(TOKEN, action="delivered", status="2.0.0"),
        mails.dsn(TOKEN, action="relayed", status="2.1.9"),
        mails.away(TOKEN),
        mails.qmail(TOKEN).replace(b"failure notice", b"Warning: delayed 24 hours"),
    ],
)
def test_what_is_no_bounce_is_ignored(mail: bytes) -> None:
    assert read(mail).outcome == "ignored"


def deep(levels: int) -> bytes:
    inner = b"Content-Type: text/plain\r\n\r\nx"
    for n in range(levels):
        inner = (
            f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode()
            + inner
            + f"\r\n--b{n}--\r\n".encode()
        )
    return inner


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (b"", "empty"),
        (b" \r\n\r\n ", "empty"),
        (b"Subject: only a head", "no body"),
        (b"X: " + b"a" * 70_000 + b"\r\n\r\nx", "headers are too long"),
        (b"A: b\r\n" * 20_000 + b"\r\nx", "headers are too long"),
        (deep(200), "nested too deeply"),
        (b"Subject: x\r\n\r\n" + b"a" * MAX_BYTES, "larger than"),
        (b"Subject: Hi\r\nFrom: ada@example.com\r\n\r\nA person's answer: user unknown", "neither a bounce"),
        (
            b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 500 + b"--b--\r\n",
            "too many parts",
        ),
        (mails.complaint(TOKEN).replace(b"Feedback-Type: abuse", b"Feedback: abuse"), "does not say its kind"),
    ],
)
def test_hostile_mails_are_refused_with_the_reason(mail: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(mail)


def test_broken_encodings_are_survived() -> None:
    mail = mails.dsn(TOKEN).replace(b"charset=us-ascii", b"charset=no-such-charset")
    mail = mail.replace(b"Subject: Undelivered", b"Subject: =?x?B?\xff\xfe?= \x00\xe9 Undelivered")
    notice = read(mail)
    assert notice.outcome == "bounced"
    assert "\x00" not in notice.subject + notice.detail


def test_no_nul_leaves_the_reader() -> None:
    mail = mails.dsn(TOKEN).replace(b"rfc822; p1", b"rfc822; p\x001")
    check(mail)
    assert read(mail).outcome == "bounced"


def test_an_unknown_charset_inside_of_a_report_is_survived() -> None:
    mail = mails.dsn(TOKEN).replace(
        b"Final-Recipient",
        b'Content-Type: text/plain; charset="\xff"\r\nContent-Transfer-Encoding: base64\r\nFinal-Recipient',
    )
    check(mail)
    assert read(mail).code == "5.1.1"


_PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n",
        b"Content-Type: message/feedback-report\r\n\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b'Content-Type: text/plain; charset="\xff"\r\n',
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: ; ; =\r\n",
        b"Final-Recipient: rfc822; a@b.co\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"X-Failed-Recipients: a@b.co\r\n",
        b"From: MAILER-DAEMON\r\n",
        b"Subject: failure notice\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"begin 644 x\r\n",
        b"\x00\x80\xff",
        b"=?utf-8?Q?=ff?=",
    ]
)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PIECES | st.binary(max_size=40), max_size=30).map(b"".join))
def test_no_bytes_crash_the_reader(source: bytes) -> None:
    check(source)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damaged_bounce_crashes_the_reader(data: st.DataObject) -> None:
    mail = bytearray(data.draw(st.sampled_from([mails.dsn(TOKEN), mails.exchange(TOKEN), mails.complaint(TOKEN)])))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(mail) - 1))
        mail[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    check(bytes(mail))


def check(source: bytes) -> None:
    try:
        notice = read(source, ["bounces+x@y.z"])
    except Unreadable:
        return
    assert isinstance(notice, Notice)
    assert notice.why in WORDS
    assert "\x00" not in "".join((notice.detail, notice.subject, notice.sender, notice.code, *notice.addresses))
    assert "\n" not in notice.detail + notice.subject + notice.sender
    (notice.detail + notice.subject + notice.sender).encode()  # can be stored


@given(st.text(max_size=300), st.text(max_size=20))
def test_every_status_has_a_verdict(text: str, status: str) -> None:
    found = verdict(status, text)
    assert found.why in WORDS
    assert not (found.hard and found.code.startswith("4"))
    assert not (found.hard and found.why in ("full", "size", "refused", "server", "other"))
