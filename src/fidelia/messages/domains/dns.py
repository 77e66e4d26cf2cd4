"""TXT records, as the machine's own name servers know them."""

from __future__ import annotations

import dns.asyncresolver
import dns.exception
import dns.resolver

TIMEOUT = 5.0


def resolver() -> dns.asyncresolver.Resolver:
    """Return who is asked: the name servers of the machine."""
    return dns.asyncresolver.Resolver()


async def txt(name: str) -> list[str] | None:
    """Return the TXT records at a name, none when there is nothing; ``None`` when nobody answered in some seconds."""
    try:
        answer = await resolver().resolve(name, "TXT", lifetime=TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
