"""What may be asked for at all: addresses, headers, types of content. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import httpx

from .model import FetchProblem

MAX_URL = 2_000
MAX_HEADERS = 20
PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
#: What a caller may not set: it belongs to the connection, or would change what is counted.
_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "trailer", "upgrade"}
    | {"expect", "keep-alive", "proxy-connection", "proxy-authorization", "range", "if-none-match"}
    | {"if-modified-since"}
)


def read_url(text: str) -> httpx.URL:
    """Return an address that may be tried; raise :class:`FetchProblem` for one that never may."""
    plain = text.strip()
    if len(plain) > MAX_URL or any(c <= " " or c == "\x7f" for c in plain):
        raise FetchProblem("scheme", f"An address has no blanks and {MAX_URL:,} characters at most")
    try:
        url = httpx.URL(plain)
    except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
        raise FetchProblem("scheme", f"This is no address: {exc}") from exc
    if url.scheme not in PORTS:
        raise FetchProblem("scheme", "An address starts with https:// or http://")
    if not url.host:
        raise FetchProblem("scheme", "The address names no host")
    if url.userinfo:
        raise FetchProblem("scheme", "Give user name and password in their own fields, not in the address")
    if not 0 < port_of(url) < 65536:
        raise FetchProblem("scheme", "A port lies between 1 and 65,535")
    return url.copy_with(fragment=None)


def port_of(url: httpx.URL) -> int:
    """Return the port that an address leads to."""
    return PORTS[url.scheme] if url.port is None else url.port


def origin_of(url: httpx.URL | str) -> tuple[str, str, int]:
    """Return scheme, host and port: credentials for one origin are not for another."""
    url = httpx.URL(url) if isinstance(url, str) else url
    return url.scheme, url.raw_host.decode("ascii").lower().rstrip("."), port_of(url)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise :class:`FetchProblem` for headers that cannot or may not be sent."""
    if len(headers) > MAX_HEADERS:
        raise FetchProblem("header", f"At most {MAX_HEADERS} headers can be sent", pointer="/headers")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise FetchProblem("header", f"{name[:50]!r} is no name of a header", pointer="/headers")
        if name.lower() in _OURS:
            raise FetchProblem("header", f"The header {name} is set by Fidelia itself", pointer="/headers")
        if len(value) > 8_000 or not value.isascii() or any((c < " " and c != "\t") or c == "\x7f" for c in value):
            text = f"The header {name} holds something that no header may hold"
            raise FetchProblem("header", text, pointer="/headers")


def next_hop(url: httpx.URL, location: str) -> httpx.URL:
    """Return where a redirect leads; raise :class:`FetchProblem` when it may not be followed."""
    try:
        target = read_url(str(url.join(location)))
    except FetchProblem as exc:
        raise FetchProblem("redirect", f"{url.host} sends on to an address that cannot be used: {exc.detail}") from exc
    except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
        raise FetchProblem("redirect", f"{url.host} sends on to what is no address") from exc
    if url.scheme == "https" and target.scheme == "http":
        raise FetchProblem("redirect", f"{url.host} sends on from https to http, where anybody can read along")
    return target


def check_type(given: str | None, allowed: Collection[str] | None) -> str | None:
    """Return the type of content without its parameters; raise :class:`FetchProblem` unless it is allowed."""
    kind = (given or "").split(";", 1)[0].strip().lower() or None
    if allowed is not None and kind is not None and kind not in allowed:
        hint = ": a page for people, perhaps one to sign in" if kind in ("text/html", "application/xhtml+xml") else ""
        raise FetchProblem("type", f"The address gives {kind[:100]}{hint}")
    return kind
