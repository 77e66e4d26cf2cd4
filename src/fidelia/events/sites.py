"""Pure decisions on the hosts of one's own sites."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, urlsplit, urlunsplit

#: The parameter by which the address of a landing page names the message that led there.
MESSAGE = "fm"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SAFE = "%/:=&?~#+!$,;'@()*[]"


def read_domain(text: str) -> str:
    """Return a host as it is compared: ``Shop.Example.org`` → ``shop.example.org``; raise ``ValueError``.

    ``*.example.org`` stands for every host below it and ``localhost`` may have a port, for trying out.
    """
    text = text.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    wild = text.startswith("*.")
    host, _, port = text.removeprefix("*.").partition(":")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError("This is not the name of a site") from None
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or (port and not port.isdigit()):
        raise ValueError("Enter the name of a site, like shop.example.org")
    if wild and len(labels) < 2:
        raise ValueError("*. needs a domain of your own after it")
    return ("*." if wild else "") + host + (f":{int(port)}" if port else "")


def is_own(netloc: str, domains: Collection[str]) -> bool:
    """Tell whether the host of an address, with its port if it has one, is one of these sites."""
    if "@" in netloc or "\\" in netloc:
        return False
    netloc = netloc.lower().removesuffix(":443").removesuffix(":80")
    if netloc in domains:
        return True
    host = netloc.partition(":")[0]
    parts = host.split(".")
    return any("*." + ".".join(parts[n:]) in domains for n in range(1, len(parts))) and host == netloc


def own_address(url: str, domains: Collection[str]) -> str | None:
    """Return an address of one of these sites as a header takes it, all ASCII; ``None`` for any other."""
    if not url.isprintable() or "\\" in url or len(url) > 2000:
        return None
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or not is_own(parts.netloc, domains):
            return None
    except ValueError:
        return None
    rest = urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment))
    return f"{parts.scheme}://{parts.netloc}{quote(rest, safe=_SAFE)}"


def with_message(url: str, token: str, domains: Collection[str]) -> str:
    """Return an address with the message's token if it is of one of these sites; any other as it is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not is_own(parts.netloc, domains):
        return url
    kept = "&".join(part for part in parts.query.split("&") if part and not part.startswith(f"{MESSAGE}="))
    query = f"{kept}&{MESSAGE}={token}" if kept else f"{MESSAGE}={token}"
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
