"""SMTP smuggling and header injection: whatever a person or a profile may write, one mail leaves, with our headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fidelia.messages.channels.email.address import AddressRefused, envelope, mailbox
from fidelia.messages.channels.email.compose import Composed, Composer
from fidelia.messages.channels.email.dkim import DkimSigner, generate
from fidelia.messages.channels.email.mime import Content, Skeleton, dot_stuffed
from fidelia.messages.markup.render import CannotRender
from fidelia.messages.model import Plan, Recipient
from fidelia.messages.tracking.tokens import Signer
from fidelia.platform.engines import Engines

from .sink import running
from .test_mailings import template
from .world import BASE, KEY, compiled, people, run_of, send, states

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
STRICT = SMTP.clone(raise_on_defect=True)
SIGNER = Signer(KEY, BASE)
DKIM = DkimSigner("example.org", "s", generate("ed25519-sha256"))
#: Line ends and end marks that some server somewhere takes for the end of a mail.
ENDS = [
    f"{a}.{b}MAIL FROM:<evil@example.net>{b}RCPT TO:<x@example.net>{b}DATA{b}Subject: smuggled{b}{b}hi"
    for a in ("\r\n", "\n", "\r", "\r\r\n", "\n\r\n", "\x00\r\n", "\u2028", "\x85", "\x0b", "\x0c")
    for b in ("\r\n", "\n", "\r", "\r\r\n", "\r\n\x00")
]
INJECTED = [
    "a\r\nBcc: x@example.net",
    "a\nBcc: x@example.net",
    "a\rBcc: x@example.net",
    "a\r\n\r\nbody",
    "a\u2028Bcc: x",
    "a\x00b",
]
HEADERS = {
    "dkim-signature", "date", "subject", "to", "message-id", "list-unsubscribe", "list-unsubscribe-post", "from",
    "reply-to", "x-mailing-id", "feedback-id", "mime-version", "content-type",
}  # fmt: skip
BODY = '<p>Hi {{ profile.first_name }}</p><a href="{{ links.unsubscribe }}">Stop</a>\n<pre>{{ profile.city }}</pre>'
MADE = compiled(BODY, "News for {{ profile.first_name }}")


def composed(first_name: str, city: str = "Oslo", **plan: Any) -> Composed:
    values: dict[str, Any] = {"mailing_id": 1, "name": "m", "from_email": "shop@example.org", **plan}
    composer = Composer(Plan(**values), MADE, SIGNER, 1, DKIM, return_domain="back.example.org")
    profile = {"id": 1, "first_name": first_name, "city": city}
    return composer.compose(Recipient(1, "ada@example.com", {"profile": profile, "subscription": {}}), NOW)


def check(data: bytes) -> None:
    """One mail to the eye of every server: no bare CR or LF, one end mark, our headers and no other, no defect."""
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert data.endswith(b"\r\n.\r\n")
    lines = data[:-5].split(b"\r\n")
    assert not [line for line in lines if line.startswith(b".") and not line.startswith(b"..")]
    assert b"\x00" not in data
    assert max(map(len, lines)) <= 998
    mail = b"\r\n".join(line[1:] if line.startswith(b"..") else line for line in lines)
    message = message_from_bytes(mail, policy=STRICT)
    names = [name.lower() for name in message]
    assert len(names) == len(set(names)), names
    assert set(names) <= HEADERS, names
    for part in message.walk():
        assert not part.defects
        for value in part.values():
            assert not getattr(value, "defects", ()), (value, value.defects)
        if not part.is_multipart():
            part.get_content()
    assert message["To"].addresses[0].addr_spec == "ada@example.com"


@pytest.mark.parametrize("value", [*ENDS, *INJECTED])
def test_a_profile_value_cannot_leave_its_place(value: str) -> None:
    try:
        mail = composed(value, value)
    except CannotRender:
        mail = composed("Ada", value)  # refused where it would stand in a header; in the body it is only text
    check(mail.data)
    assert b"\nBcc:" not in mail.data.partition(b"\r\n\r\n")[0]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(alphabet=st.sampled_from("\r\n.\x00 a\x85\u2028=é漢😀-"), max_size=200))
@example("=?utf-8?q?=0D=0ABcc:_x?=", ".")
@example("x" * 2000, "x" * 5000)
@example("\ud800", "\udfff")
def test_no_text_makes_a_second_mail(first_name: str, city: str) -> None:
    try:
        mail = composed(first_name, city)
    except CannotRender:
        return
    check(mail.data)


@pytest.mark.parametrize("value", INJECTED)
def test_headers_take_no_line_ends(value: str) -> None:
    with pytest.raises(ValueError, match=r"control|valid"):
        Skeleton(from_email="shop@example.org", from_name=value)
    with pytest.raises(ValueError, match=r"control|valid"):
        Skeleton(from_email="shop@example.org", reply_to="shop@example.org", reply_to_name=value)
    with pytest.raises(ValueError, match=r"control|valid"):
        Skeleton(from_email="shop@example.org", headers={"X-Mailing-ID": value})
    skeleton = Skeleton(from_email="shop@example.org")
    with pytest.raises(ValueError, match=r"control|valid"):
        skeleton.build(Content("ada@example.com", value, "t", "h", "id@example.org"), NOW)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com>\r\nRCPT TO:<x@example.net",
        "ada@example.com\nx",
        "ada@example.com> SIZE=1",
        "<ada@example.com",
        "ada@exa mple.com",
        "ada@example.com\x00",
        '"a\r\nb"@example.com',
        "ada@example.com,x@example.net",
        "ada@example.com\u2028x",
        "ada@-example.com",
        "a" * 65 + "@example.com",
    ],
)
def test_an_address_cannot_leave_its_command(address: str) -> None:
    with pytest.raises(AddressRefused):
        envelope(address)
    with pytest.raises(ValueError, match="valid"):
        mailbox(address, "Ada")
    composer = Composer(Plan(mailing_id=1, name="m", from_email="shop@example.org"), MADE, SIGNER, 1)
    person = Recipient(1, address, {"profile": {"id": 1}, "subscription": {}})
    with pytest.raises(CannotRender):
        composer.compose(person, NOW)


@pytest.mark.parametrize(
    ("body", "stuffed"),
    [
        (b".", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b".a\r\n..b", b"..a\r\n...b\r\n.\r\n"),
        (b"a\r\n.", b"a\r\n..\r\n.\r\n"),
    ],
)
def test_dots_are_doubled(body: bytes, stuffed: bytes) -> None:
    assert dot_stuffed(body) == stuffed


async def test_over_the_wire_everybody_gets_exactly_one_mail(engines: Engines) -> None:
    database = await people(engines, len(ENDS))
    async with engines.db.hot() as raw:
        for n, value in enumerate(ENDS, 1):
            await raw.execute(
                f"update profile_{database} set first_name = 'Ada', city = %s where id = %s",
                (value.replace("\x00", ""), n),
            )
    run = await run_of(engines, database, MADE)
    async with running() as sink:
        assert (await send(engines, run, sink.port, MADE, dkim=DKIM)).phase == "done"
        assert await states(engines, run) == {"sent": len(ENDS)}
        assert len(sink.messages) == len(ENDS)
        assert set(sink.accepted) == {f"p{n}@example.com" for n in range(1, len(ENDS) + 1)}
        verbs = {command.split(b" ")[0] for command in sink.commands}
        assert verbs == {b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT"}
        assert not [command for command in sink.commands if b"evil" in command]


@pytest.mark.parametrize("field", ["from_email", "from_name", "reply_to"])
@pytest.mark.parametrize("value", ["a@example.org\r\nBcc: x@example.net", "a@example.org\nx", "a@example.org\u2028x"])
async def test_the_api_refuses_them_with_the_field(
    api: httpx.AsyncClient, engines: Engines, field: str, value: str
) -> None:
    database = await people(engines, 1)
    body = {"name": "m", "database_id": database, "template_id": await template(api), field: value}
    reply = await api.post("/api/v1/mailings", json=body)
    assert reply.status_code == 422, reply.text
    assert [error["pointer"] for error in reply.json()["errors"]] == [f"/{field}"]
