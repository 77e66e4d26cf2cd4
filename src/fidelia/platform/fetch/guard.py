"""Which addresses may be reached: names are resolved here, once, and every address of a name is checked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import psycopg

from fidelia.settings import Settings

from .model import FetchProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: May be opened as a whole by ``security.allow_private_addresses``; the others only one by one.
_OPENED = frozenset({"a private address", "a loopback address"})
_SHARED = ipaddress.ip_network("100.64.0.0/10")
#: Python's own tables say differently in different releases.
_RESERVED = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("64:ff9b:1::/48"))
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


def _inner(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address leads to by way of a translator or a tunnel."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if int(address) > 1 and any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def why_not_public(address: Address) -> str | None:
    """Return what kind of address this is (``a private address``), or ``None`` for one of the public internet."""
    inner = _inner(address)
    if inner is not None:
        found = why_not_public(inner)
        if found is not None or (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None):
            return found
    kinds = (
        ("an unspecified address", address.is_unspecified),
        ("a loopback address", address.is_loopback),
        ("a link-local address", address.is_link_local),
        ("a multicast address", address.is_multicast),
        ("a private address", isinstance(address, ipaddress.IPv4Address) and address in _SHARED),
        ("a private address", isinstance(address, ipaddress.IPv6Address) and address.is_site_local),
        ("a reserved address", address.is_reserved and inner is None),
        ("a reserved address", any(address in network for network in _RESERVED)),
        ("a private address", address.is_private and _is_ordinary(address)),
        ("a reserved address", not address.is_global and inner is None),
    )
    return next((words for words, is_so in kinds if is_so), None)


_ORDINARY = tuple(ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def _is_ordinary(address: Address) -> bool:
    """Tell whether it is one of the networks that companies number their machines in."""
    return any(address.version == network.version and address in network for network in _ORDINARY)


class Guard:
    """Says where this installation may connect to, by its settings."""

    def __init__(self, settings: Settings) -> None:
        self._private = settings.security.allow_private_addresses
        self._networks: list[Network] = [ipaddress.ip_network(n) for n in settings.security.networks]
        self._own = _own_engines(settings)

    def refusal(self, address: Address) -> str | None:
        """Return why an address may not be reached, or ``None`` when it may."""
        plain = _inner(address) if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped else address
        assert plain is not None
        if any(plain.version == n.version and plain in n for n in self._networks):
            return None
        kind = why_not_public(address)
        return None if kind is None or (self._private and kind in _OPENED) else kind

    async def resolve(self, host: str, port: int, *, seconds: float = 10, pointer: str = "/url") -> list[str]:
        """Return the addresses of a host, all of them checked, in the order of preference.

        Raises :class:`FetchProblem` when there is none, or when a single one of them may not be reached: a name that
        leads outside and inside at once is not to be trusted.
        """
        shown = host[:200]
        found = await _lookup(host, port, seconds, pointer)
        for address in found:
            kind = self.refusal(address)
            if kind is not None:
                leads = "is" if str(address) == host.strip("[]") else f"leads to {address}, which is"
                raise FetchProblem(
                    "address",
                    f"{shown} {leads} {kind}; it can be reached only when security.allow_networks opens it",
                    pointer=pointer,
                )
        if await self._is_own(found, port, seconds):
            text = f"{shown}:{port} is a server that Fidelia itself keeps its data in"
            raise FetchProblem("address", text, pointer=pointer)
        return [str(address) for address in found]

    async def _is_own(self, found: Sequence[Address], port: int, seconds: float) -> bool:
        for own_host, own_port in self._own:
            if own_port != port:
                continue
            try:
                own = await _lookup(own_host, port, seconds, "")
            except FetchProblem:  # an engine that cannot be found cannot be reached either
                continue
            if set(found) & set(own):
                return True
        return False


async def _lookup(host: str, port: int, seconds: float, pointer: str) -> Sequence[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            answers = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise FetchProblem(
            "name", f"Nobody answers what address {host[:200]} has, within {seconds:g} s", pointer=pointer
        ) from None
    except (OSError, UnicodeError, ValueError) as exc:
        raise FetchProblem("name", f"There is no host {host[:200]}", pointer=pointer) from exc
    return list(dict.fromkeys(_addresses(answer[4][0] for answer in answers)))


def _addresses(texts: Iterable[object]) -> Iterable[Address]:
    for text in texts:
        # A zone (``fe80::1%eth0``) belongs to this machine, not to the address.
        yield ipaddress.ip_address(str(text).split("%", 1)[0])


def _own_engines(settings: Settings) -> list[tuple[str, int]]:
    """Return host and port of the engines that this installation reaches over the network."""
    found: list[tuple[str, int]] = []
    if settings.postgres.dsn:
        info = psycopg.conninfo.conninfo_to_dict(settings.postgres.dsn)
        hosts = [h for h in str(info.get("host") or "").split(",") if h and not h.startswith("/")]
        ports = str(info.get("port") or 5432).split(",")
        found += [(host, int(ports[min(n, len(ports) - 1)])) for n, host in enumerate(hosts)]
    if settings.clickhouse.dsn:
        url = urlsplit(settings.clickhouse.dsn)
        if url.hostname:
            # Both doors of a ClickHouse server: its own protocol and HTTP, plain and encrypted.
            found += [(url.hostname, port) for port in {url.port or 8123, 8123, 8443, 9000, 9440}]
    return found
