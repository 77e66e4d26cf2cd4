"""Addresses, MIME and the SMTP client."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.channels.email.address import AddressRefused, envelope, mailbox, words
from fidelia.messages.channels.email.mime import Content, Skeleton, dot_stuffed
from fidelia.messages.channels.email.smtp import SmtpConnection, SmtpLost, SmtpRefused, SmtpServer

from .sink import running

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def build(**more) -> bytes:
    values = {"to": "a@b.co", "subject": "S", "text": "t\n", "html": "<p>h</p>", "message_id": "m@b.co", **more}
    return Skeleton(from_email="shop@b.co", from_name="Shop").build(Content(**values), NOW)


def parsed(source: bytes):
    return message_from_bytes(source, policy=SMTP)


@pytest.mark.parametrize("good", ["a@b.co", "a.b+c@d-e.f", "Ünïcode@b.co", "a@münchen.de", "x" * 64 + "@b.co"])
def test_good_addresses(good: str) -> None:
    assert "@" in envelope(good)
    assert envelope(good).rpartition("@")[2].isascii()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a",
        "a@",
        "@b.co",
        "a b@c.d",
        "a@b.co\r\nRCPT TO:<x@y.z>",
        "a@b.co>",
        "<a@b.co",
        "a@b.co,c@d.e",
        ".a@b.co",
        "a.@b.co",
        "a..b@c.d",
        "a@-b.co",
        "a@b..co",
        "x" * 65 + "@b.co",
        "a\x00@b.co",
        'a"@b.co',
        "a@b.co\n",
        "a@b c.de",
    ],
)
def test_bad_addresses(bad: str) -> None:
    with pytest.raises(AddressRefused):
        envelope(bad)


def test_names_are_quoted_or_encoded() -> None:
    assert mailbox("a@b.co", "Shop") == "Shop <a@b.co>"
    assert mailbox("a@b.co", 'The "Shop", Ltd.') == '"The \\"Shop\\", Ltd." <a@b.co>'
    assert mailbox("a@b.co", "Bäcker").startswith("=?utf-8?B?")
    for bad in ("A\r\nBcc: x@y.z", "A\nB", "A\x00"):
        with pytest.raises(ValueError, match="control"):
            mailbox("a@b.co", bad)
        with pytest.raises(ValueError, match="control"):
            words(bad)


def test_a_message_is_whole() -> None:
    source = build(
        subject="Grüße an Ångström " * 5,
        html="<p>Æ</p>" * 3,
        text=".dot\nLine\r\nEnd",
        unsubscribe="https://u.example/t",
    )
    message = parsed(source)
    assert message["Subject"] == ("Grüße an Ångström " * 5).strip() or message["Subject"].startswith("Grüße")
    assert message["From"] == "Shop <shop@b.co>"
    assert message["List-Unsubscribe"] == "<https://u.example/t>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n").strip() == ".dot\nLine\nEnd"
    assert html.get_content().strip() == "<p>Æ</p>" * 3
    assert b"\n" not in source.replace(b"\r\n", b"")
    assert b"\r" not in source.replace(b"\r\n", b"")
    assert max(len(line) for line in source.split(b"\r\n")) < 998


@pytest.mark.parametrize("html", ["x" * 5000, "é" * 3000, "Привет " * 500, "a\nb" * 400, "a\x00b"])
def test_long_and_foreign_parts_survive(html: str) -> None:
    source = build(html=html)
    assert max(len(line) for line in source.split(b"\r\n")) < 998
    part = list(parsed(source).iter_parts())[1]
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == html.replace("\x00", "").rstrip("\n")


def test_long_lines_of_tags_are_broken_between_attributes() -> None:
    html = '<table><tr><td width="1" style="color:#0a5;a:b">Price = 5</td></tr></table>' * 40
    source = build(html=html)
    part = list(parsed(source).iter_parts())[1]
    assert part["Content-Transfer-Encoding"] == "7bit"
    assert max(len(line) for line in source.split(b"\r\n")) < 998
    assert part.get_content().replace("\r\n", "\n").rstrip("\n").replace("\nstyle=", " style=") == html
    without = '<p class="a">' + html.replace(' style="', " style='").replace('b">', "b'>")
    part = list(parsed(build(html=without)).iter_parts())[1]
    assert part["Content-Transfer-Encoding"] == "quoted-printable"
    assert part.get_content().rstrip("\r\n") == without


def test_nothing_gets_out_of_a_header_or_the_body() -> None:
    with pytest.raises(ValueError, match="control"):
        build(subject="a\r\nBcc: x@y.z")
    with pytest.raises(AddressRefused):
        build(to="a@b.co\r\nBcc: x@y.z")
    smuggled = dot_stuffed(build(text="x\n.\nMAIL FROM:<a@b.c>\r\n.\r\nQUIT", html="<p>\r\n.\r\n</p>"))
    assert smuggled.count(b"\r\n.\r\n") == 1
    assert smuggled.endswith(b"\r\n.\r\n")
    assert b"\n.\n" not in smuggled.replace(b"\r\n", b"\r")


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_carried(text: str, subject: str) -> None:
    clean = "".join(c for c in text if c.isprintable() or c in "\n\t ").replace("\r", "")
    title = " ".join("".join(c for c in subject if c.isprintable()).split())
    source = build(text=clean, subject=title)
    data = dot_stuffed(source)
    assert data.count(b"\r\n.\r\n") == 1
    assert b"\n" not in data.replace(b"\r\n", b"")
    part = next(parsed(data[:-3].replace(b"\r\n..", b"\r\n.")).iter_parts())
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == clean.rstrip("\n")


# -- the client -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    import ipaddress
    from datetime import timedelta

    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(private, hashes.SHA256())
    )
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, key


def server(port: int, **more) -> SmtpServer:
    return SmtpServer("127.0.0.1", port, **{"timeout": 3.0, **more})


async def test_starttls_and_sign_in(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(cert, key)
    ours = ssl.create_default_context(cafile=str(cert))
    async with running(tls=theirs, accounts={"me": "secret"}) as sink:
        options = {"tls": "starttls", "tls_context": ours, "username": "me"}
        connection = await SmtpConnection.open(server(sink.port, password="secret", **options))
        assert connection.pipelining
        assert "STARTTLS" not in connection.extensions
        await connection.quit()
        with pytest.raises(SmtpRefused, match="535"):
            await SmtpConnection.open(server(sink.port, password="wrong", **options))
        with pytest.raises(SmtpLost, match="TLS"):
            await SmtpConnection.open(server(sink.port, tls="starttls"))  # a certificate nobody has signed


async def test_a_server_without_starttls_is_refused() -> None:
    async with running() as sink:
        with pytest.raises(SmtpRefused, match="does not offer STARTTLS"):
            await SmtpConnection.open(server(sink.port, tls="starttls"))


async def test_a_refusing_greeting_and_a_closed_port() -> None:
    async with running(lambda stage, to: "554 go away" if stage == "connect" else None) as sink:
        with pytest.raises(SmtpRefused, match="go away"):
            await SmtpConnection.open(server(sink.port))
        port = sink.port
    with pytest.raises(SmtpLost, match="No connection"):
        await SmtpConnection.open(server(port))


async def test_nonsense_and_floods_end_the_connection() -> None:
    import asyncio

    for answer in (b"HTTP/1.1 200 OK\r\n\r\n", b"220-" + b"x" * 100_000, b"220-x\r\n" * 2000):

        async def speak(reader, writer, answer=answer) -> None:
            writer.write(answer)
            await writer.drain()
            await reader.read()
            writer.close()

        listening = await asyncio.start_server(speak, "127.0.0.1", 0)
        with pytest.raises(SmtpLost):
            await SmtpConnection.open(server(listening.sockets[0].getsockname()[1]))
        listening.close()
        await listening.wait_closed()
