"""The guarded way out: nothing leads inside, whatever name, number, redirect, body or pace a server tries."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem, Guard, read_url, why_not_public
from fidelia.settings import Settings, SettingsError, load
from tests.web_server import Asked, WebServer, open_to, send, web_server


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as running:
        yield running


async def get(url: str, settings: Settings | None = None, **more: Any) -> bytes:
    async with Fetcher(settings or open_to()) as fetcher, fetcher.get(url, **more) as reply:
        return b"".join([piece async for piece in reply.chunks()])


async def refused(url: str, reason: str, settings: Settings | None = None, **more: Any) -> FetchProblem:
    with pytest.raises(FetchProblem) as caught:
        await get(url, settings, **more)
    assert caught.value.reason == reason, caught.value.detail
    assert caught.value.status == 422
    return caught.value


# -- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    """127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0
    0.1.2.3 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
    255.255.255.255 :: ::1 fe80::1 fec0::1 fc00::1 fd12::1 ff02::1 2001:db8::1 100::1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1
    2002:7f00:1::1 2002:a00:1::1 ::ffff:0:127.0.0.1""".split(),
)
def test_what_is_not_public(text: str) -> None:
    assert why_not_public(ipaddress.ip_address(text)) is not None


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public(text: str) -> None:
    assert why_not_public(ipaddress.ip_address(text)) is None


def test_allowing_private_addresses_opens_no_metadata_service() -> None:
    guard = Guard(Settings().replace("security", allow_private_addresses=True))
    for open_ in ("127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.1", "fd00::1", "::1", "::ffff:10.0.0.1"):
        assert guard.refusal(ipaddress.ip_address(open_)) is None, open_
    for shut in ("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "::", "::ffff:169.254.169.254"):
        assert guard.refusal(ipaddress.ip_address(shut)) is not None, shut


def test_a_network_opens_only_itself() -> None:
    guard = Guard(open_to("10.1.0.0/16, fd00:1::/32"))
    assert guard.refusal(ipaddress.ip_address("10.1.2.3")) is None
    assert guard.refusal(ipaddress.ip_address("::ffff:10.1.2.3")) is None
    assert guard.refusal(ipaddress.ip_address("fd00:1::5")) is None
    for shut in ("10.2.0.1", "127.0.0.1", "fd00:2::1", "192.168.0.1"):
        assert guard.refusal(ipaddress.ip_address(shut)) == why_not_public(ipaddress.ip_address(shut)) is not None


def test_a_network_is_checked_when_settings_are_read() -> None:
    with pytest.raises(SettingsError, match=r"security\.allow_networks"):
        load(environ={"FIDELIA_SECURITY_ALLOW_NETWORKS": "10.0.0.0/8, nonsense"})
    assert load(environ={"FIDELIA_SECURITY_ALLOW_NETWORKS": "10.0.0.0/8,::1"}).security.networks == (
        "10.0.0.0/8",
        "::1",
    )


@pytest.mark.parametrize(
    "host",
    """127.0.0.1 localhost 2130706433 0x7f000001 0177.0.0.1 127.1 0x7f.1 0 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::] 0.0.0.0 127.0.0.1. localhost. LOCALHOST ①②⑦.⓪.⓪.① [fe80::1] 169.254.169.254""".split(),
)
async def test_no_way_of_writing_an_address_leads_inside(server: WebServer, host: str) -> None:
    server.page("/", b"secret")
    with pytest.raises(FetchProblem) as caught:
        await get(f"http://{host}:{server.port}/", Settings())
    assert caught.value.reason in ("address", "name", "scheme")
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1/", "http://",
        "//example.com/x", "example.com/x", "http://user:word@example.com/", "http://user@example.com/",
        "http://exa mple.com/", "http://example.com/\r\nHost: inside", "http://example.com:0/",
        "http://example.com:99999/", "javascript:alert(1)", "", "http://" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        read_url(url)
    assert caught.value.reason == "scheme"


def fake_names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name server give these answers one after another, and return the list of names it was asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if not host.endswith(".test"):
            return real(host, port, *rest, **more)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(kinds[ipaddress.ip_address(a).version], socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


async def test_a_name_with_an_address_inside_is_refused(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.page("/", b"secret")
    for answers in (["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "::1"], ["10.0.0.1"]):
        fake_names(monkeypatch, answers)
        problem = await refused(server.url("/", "shop.test"), "address")
        assert "shop.test" in problem.detail
    assert server.asked == []


async def test_the_name_is_asked_for_once(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says another address the second time (rebinding) is not asked a second time."""
    server.page("/", b"a,b\n")
    asked = fake_names(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
    assert await get(server.url("/", "shop.test")) == b"a,b\n"
    assert asked == ["shop.test"]
    assert [a.local for a in server.asked] == ["127.0.0.2"]
    assert server.asked[0].headers["host"] == f"shop.test:{server.port}"


async def test_our_own_engines_are_refused_whatever_is_allowed(server: WebServer) -> None:
    settings = Settings().replace("security", allow_private_addresses=True)
    own = settings.replace("clickhouse", dsn=f"clickhouse://default@localhost:{server.port}/x")
    assert "keeps its data" in (await refused(server.url("/", "127.0.0.1"), "address", own)).detail
    own = settings.replace("postgres", dsn=f"postgresql://u:p@localhost:{server.port}/x")
    assert "keeps its data" in (await refused(server.url("/", "127.0.0.1"), "address", own)).detail


# -- redirects and credentials --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_checked_again(server: WebServer, status: int) -> None:
    server.page("/file", b"a\n1\n")
    server.page("/there", status=status, location="/file")
    server.page("/inside", status=status, location=server.url("/file", "127.0.0.1"))
    server.page("/mapped", status=status, location=server.url("/file", "[::ffff:127.0.0.1]"))
    server.page("/number", status=status, location=server.url("/file", "2130706433"))
    assert await get(server.url("/there")) == b"a\n1\n"
    for path in ("/inside", "/mapped", "/number"):
        before = len(server.asked)
        await refused(server.url(path), "address")
        assert len(server.asked) == before + 1


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://u:p@127.0.0.2/", "http://[::"])
async def test_a_redirect_to_what_is_no_address(server: WebServer, to: str) -> None:
    server.page("/", status=302, location=to)
    await refused(server.url("/"), "redirect")


async def test_redirects_end(server: WebServer) -> None:
    for n in range(7):
        server.page(f"/{n}", status=302, location=f"/{n + 1}")
    server.page("/5", b"a\n")
    assert await get(server.url("/0")) == b"a\n"
    server.page("/5", status=302, location="/6")
    await refused(server.url("/0"), "redirect")
    server.page("/loop", status=302, location="/loop")
    await refused(server.url("/loop"), "redirect")


async def test_credentials_go_to_no_other_origin(server: WebServer) -> None:
    secret = {"Authorization": "Bearer s3cret", "X-Key": "k"}
    server.page("/file", b"a\n")
    async with web_server() as other:
        other.page("/file", b"b\n")
        server.page("/same", status=302, location="/file")
        server.page("/host", status=302, location=server.url("/file", "127.0.0.3"))
        server.page("/port", status=302, location=other.url("/file"))
        settings = open_to("127.0.0.2/31")
        assert await get(server.url("/same"), settings, headers=secret) == b"a\n"
        assert all(a.headers["authorization"] == "Bearer s3cret" for a in server.asked)
        server.asked.clear()
        await get(server.url("/host"), settings, headers=secret)
        assert [a.headers.get("authorization") for a in server.asked] == ["Bearer s3cret", None]
        await get(server.url("/port"), settings, headers=secret)
        assert [set(a.headers) & {"authorization", "x-key"} for a in other.asked] == [set()]


async def test_headers_that_nobody_may_set(server: WebServer) -> None:
    for name, value in (("Host", "x"), ("X\r\nY", "x"), ("X", "a\r\nY: b"), ("Content-Length", "1"), ("X", "é")):
        await refused(server.url("/"), "header", headers={name: value})
    assert server.asked == []


# -- bodies ---------------------------------------------------------------------------------------------------------


async def test_a_body_above_the_limit(server: WebServer) -> None:
    limits = FetchLimits(max_bytes=1000)
    server.page("/fits", b"x" * 1000)
    server.page("/long", b"x" * 1001)
    assert len(await get(server.url("/fits"), limits=limits)) == 1000
    await refused(server.url("/long"), "size", limits=limits)

    async def endless(asked: Asked, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n")
        while not out.is_closing():
            out.write(b"x" * 4096)
            await out.drain()

    server.pages["/endless"] = endless
    await refused(server.url("/endless"), "size", limits=limits)
    async with Fetcher(open_to()) as fetcher, fetcher.get(server.url("/endless"), limits=limits) as reply:
        assert len(b"".join([piece async for piece in reply.chunks(cut=True)])) == 1000


async def test_packed_bodies_are_counted_unpacked(server: WebServer) -> None:
    server.page("/good", gzip.compress(b"a,b\n" * 1000) + gzip.compress(b"tail\n"), content_encoding="gzip")
    assert await get(server.url("/good")) == b"a,b\n" * 1000 + b"tail\n"
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    server.page("/bomb", bomb, content_encoding="gzip")
    await refused(server.url("/bomb"), "size", limits=FetchLimits(max_bytes=1_000_000))
    server.page("/twice", gzip.compress(bomb), content_encoding="gzip, gzip")
    await refused(server.url("/twice"), "encoding", limits=FetchLimits(max_bytes=1_000_000))
    for encoding in ("br", "deflate", "zstd", "nonsense"):
        server.page("/other", zlib.compress(b"a"), content_encoding=encoding)
        await refused(server.url("/other"), "encoding")
    server.page("/broken", b"no gzip at all", content_encoding="gzip")
    await refused(server.url("/broken"), "encoding")
    server.page("/half", gzip.compress(b"a,b\n" * 1000)[:-9], content_encoding="gzip")
    await refused(server.url("/half"), "connection")


async def test_a_packed_piece_never_grows_large(server: WebServer) -> None:
    server.page("/bomb", gzip.compress(b"\0" * 20_000_000), content_encoding="gzip")
    async with Fetcher(open_to()) as fetcher, fetcher.get(server.url("/bomb")) as reply:
        assert max([len(piece) async for piece in reply.chunks()]) <= 1 << 18


async def test_a_body_that_breaks_off(server: WebServer) -> None:
    async def half(asked: Asked, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 100\r\n\r\nhalf")
        out.close()

    server.pages["/"] = half
    await refused(server.url("/"), "connection")


async def test_slow_servers(server: WebServer) -> None:
    async def silent(asked: Asked, out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def drops(asked: Asked, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n")
        while True:
            out.write(b"x")
            await out.drain()
            await asyncio.sleep(0.02)

    async def slow_head(asked: Asked, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            out.write(b"x-a: b\r\n")
            await out.drain()
            await asyncio.sleep(0.02)

    server.pages |= {"/silent": silent, "/drops": drops, "/head": slow_head}
    for path in ("/silent", "/drops", "/head"):
        await refused(server.url(path), "time", limits=FetchLimits(read_seconds=0.3, total_seconds=0.5))


async def test_only_wanted_types_and_good_answers(server: WebServer) -> None:
    server.page("/page", b"<html>", kind="text/html; charset=utf-8")
    assert "sign in" in (await refused(server.url("/page"), "type", types={"text/csv"})).detail
    server.page("/none", b"a\n", kind=None)
    assert await get(server.url("/none"), types={"text/csv"}) == b"a\n"
    for status in (201, 204, 206, 300, 400, 401, 404, 500, 503):
        server.page("/bad", b"", status=status)
        await refused(server.url("/bad"), "status")


async def test_what_has_not_changed_is_not_sent(server: WebServer) -> None:
    async def page(asked: Asked, out: asyncio.StreamWriter) -> None:
        same = asked.headers.get("if-none-match") == '"v1"'
        await send(out, b"" if same else b"a\n", 304 if same else 200, etag='"v1"', last_modified="then")

    server.pages["/"] = page
    async with Fetcher(open_to()) as fetcher:
        async with fetcher.get(server.url("/")) as reply:
            assert (reply.not_modified, reply.etag, reply.last_modified) == (False, '"v1"', "then")
        async with fetcher.get(server.url("/"), etag='"v1"', last_modified="then") as reply:
            assert reply.not_modified
    assert server.asked[1].headers["if-modified-since"] == "then"


async def test_nobody_there(server: WebServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        await refused(f"http://127.0.0.2:{taken.getsockname()[1]}/", "connection")
    await refused("http://no-such-host.invalid/", "name")


# -- calls and TLS --------------------------------------------------------------------------------------------------


async def test_a_service_is_called(server: WebServer) -> None:
    async def hook(asked: Asked, out: asyncio.StreamWriter) -> None:
        await send(out, b"no " * 1000, 503, retry_after="3")

    server.pages["/hook"] = hook
    server.page("/moved", status=307, location="/hook")
    async with Fetcher(open_to()) as fetcher:
        said = await fetcher.call("POST", server.url("/hook"), headers={"X-Key": "k"}, body=b'{"a":1}', keep=10)
        assert (said.status, said.headers["retry-after"], said.body) == (503, "3", b"no no no n")
        assert (server.asked[0].body, server.asked[0].headers["x-key"]) == (b'{"a":1}', "k")
        assert (await fetcher.call("POST", server.url("/moved"), body=b"")).status == 307
        with pytest.raises(FetchProblem):
            await fetcher.call("POST", server.url("/hook", "127.0.0.1"), body=b"")
    assert len(server.asked) == 2


async def test_a_server_must_prove_its_name(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.2")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with web_server(context) as server:
        server.page("/", b"a\n")
        await refused(server.url("/", scheme="https"), "tls")
        assert server.asked == []
