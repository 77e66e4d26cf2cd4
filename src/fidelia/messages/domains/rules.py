"""Pure decisions about sending domains: which key signs, and what records mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

from .model import DnsCheck

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def ascii_domain(text: str) -> str | None:
    """Return a domain in lower-case ASCII, or ``None`` when it is none."""
    try:
        made = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return made if len(made) <= 253 and _DOMAIN.fullmatch(made) else None


def is_selector(text: str) -> bool:
    """Tell whether a text may be a selector."""
    return len(text) <= 100 and _SELECTOR.fullmatch(text) is not None


def signing_domain(sender: str, known: Collection[str]) -> str | None:
    """Return the domain that signs mails of a sender's address: its own, else the nearest one above it."""
    parts = sender.rpartition("@")[2].lower().split(".")
    for start in range(len(parts) - 1):
        domain = ".".join(parts[start:])
        if domain in known:
            return domain
    return None


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def judged_dkim(name: str, record: str, found: Sequence[str] | None) -> DnsCheck:
    """Compare what stands at the key's name with what should."""
    if found is None:
        return DnsCheck("dkim", name, "unknown", "No name server answered; try again in a while")
    wanted = _tags(record)["p"]
    keys = [_tags(text) for text in found]
    if any(tags.get("p") == wanted for tags in keys):
        return DnsCheck("dkim", name, "ok", "The key is published")
    if any("p" in tags for tags in keys):
        return DnsCheck("dkim", name, "different", "Another key is published here; put this key's record in its place")
    return DnsCheck("dkim", name, "missing", "Nothing is published here yet; publish this key's record")


_POLICIES: dict[Literal["spf", "dmarc"], tuple[str, str]] = {
    "spf": ("v=spf1", "Say which servers may send for this domain, such as: v=spf1 mx -all"),
    "dmarc": ("v=dmarc1", "Say what others do with unsigned mail, such as: v=DMARC1; p=none; rua=mailto:…"),
}


def judged_policy(what: Literal["spf", "dmarc"], name: str, found: Sequence[str] | None) -> DnsCheck:
    """Say whether a domain has an SPF or a DMARC record; both are the domain owner's business, so a hint only."""
    start, advice = _POLICIES[what]
    if found is None:
        return DnsCheck(what, name, "unknown", "No name server answered; try again in a while")
    matching = [record for record in found if record.strip().lower().startswith(start)]
    if len(matching) == 1:
        return DnsCheck(what, name, "ok", matching[0][:300])
    if matching:
        return DnsCheck(what, name, "different", "There is more than one such record; only one may be there")
    return DnsCheck(what, name, "missing", advice)
