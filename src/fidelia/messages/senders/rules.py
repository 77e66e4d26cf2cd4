"""Pure decisions of virtual senders: which rule is for whom, and whose share somebody is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from fidelia.kernel.errors import FieldError
from fidelia.kernel.ids import bucket

from ..channels.email.address import AddressRefused, envelope, has_control
from ..domains.rules import ascii_domain
from .model import DomainRate, SenderRule, SenderShare

#: Shares are whole percents: everybody has one of so many points.
POINTS = 100


class Choice(NamedTuple):
    """A share, by its rule and its place there."""

    rule: int
    share: int


def domain_of(address: str) -> str:
    """Return an address's domain in lower-case ASCII, as domains are compared."""
    domain = address.rpartition("@")[2].strip().lower()
    return domain if domain.isascii() else ascii_domain(domain) or domain


def fits(rule: SenderRule, from_email: str, to: str) -> bool:
    """Tell whether a rule is for mails from one address to another."""
    if rule.type == "default":
        return True
    if rule.type == "from_email":
        return from_email.strip().lower() in {value.strip().lower() for value in rule.values}
    domains = {domain_of(value) for value in rule.values}
    return domain_of(to if rule.type == "to_domain" else from_email) in domains


def first_match(rules: Sequence[SenderRule], from_email: str, to: str) -> int:
    """Return the position of the first rule that fits; the last one is the default and always does."""
    return next(n for n, rule in enumerate(rules) if fits(rule, from_email, to))


def point(sender_id: int, profile_id: int) -> int:
    """Return a person's point (0 … 99) with a virtual sender: always the same, and as good as thrown with a die."""
    return bucket(f"virtual-sender:{sender_id}", profile_id, POINTS)


def share_at(shares: Sequence[SenderShare], at: int) -> int:
    """Return the position of the share that a point falls to."""
    return next(n for n, upto in enumerate(accumulate(share.percent for share in shares)) if at < upto)


class Chooser:
    """Chooses for the mails of one run, which all come from one address: quick, and the same as :func:`first_match`."""

    def __init__(self, sender_id: int, rules: Sequence[SenderRule], from_email: str) -> None:
        self._id = sender_id
        self._rules = rules
        self._by_domain: dict[str, int] = {}
        for n, rule in enumerate(rules):
            self._rest = n
            if rule.type != "to_domain":
                if fits(rule, from_email, ""):
                    break
                continue
            for value in rule.values:
                self._by_domain.setdefault(domain_of(value), n)

    def choose(self, profile_id: int, to: str) -> Choice:
        """Return whose share somebody is who is written to at an address."""
        rule = self._by_domain.get(domain_of(to), self._rest)
        return Choice(rule, share_at(self._rules[rule].senders, point(self._id, profile_id)))

    def used(self) -> Iterator[tuple[Choice, SenderShare]]:
        """Yield the shares that mails of this run can fall to."""
        for n in sorted({*self._by_domain.values(), self._rest}):
            for m, share in enumerate(self._rules[n].senders):
                if share.percent:
                    yield Choice(n, m), share


# -- what may be saved ----------------------------------------------------------------------------------------------


def faults(rules: Sequence[SenderRule]) -> list[FieldError]:
    """Return what is wrong with rules, each at its field."""
    defaults = [n for n, rule in enumerate(rules) if rule.type == "default"]
    if defaults != [len(rules) - 1]:
        return [FieldError("/rules", "The last rule, and no other, is the default: it is for all who are left")]
    errors: list[FieldError] = []
    for n, rule in enumerate(rules):
        errors += _values(rule, f"/rules/{n}/values")
        total = sum(share.percent for share in rule.senders)
        if total != 100:
            errors.append(FieldError(f"/rules/{n}/senders", f"The shares sum to {total} %; they have to sum to 100 %"))
        for m, share in enumerate(rule.senders):
            errors += _share(share, f"/rules/{n}/senders/{m}")
    return errors


def _values(rule: SenderRule, at: str) -> list[FieldError]:
    if rule.type == "default":
        return [FieldError(at, "The default is for all who are left and names nobody")] if rule.values else []
    if not rule.values:
        what = "an address" if rule.type == "from_email" else "a domain"
        return [FieldError(at, f"Enter {what} at least")]
    if rule.type == "from_email":
        return [
            FieldError(f"{at}/{n}", f"{value[:80]} is no address")
            for n, value in enumerate(rule.values)
            if not _address(value)
        ]
    return domain_faults(rule.values, at)


def _share(share: SenderShare, at: str) -> list[FieldError]:
    errors = [
        FieldError(f"{at}/{name}", "Enter an address, such as news@example.com, or nothing")
        for name in ("from_email", "reply_to")
        if (value := getattr(share, name)) and not _address(value)
    ]
    if has_control(share.from_name):
        errors.append(FieldError(f"{at}/from_name", "This text holds a line break or another control character"))
    return errors


def domain_faults(domains: Sequence[str], at: str) -> list[FieldError]:
    """Return what of these are no domains."""
    return [
        FieldError(f"{at}/{n}", f"{domain[:80]} is no domain, such as gmail.com")
        for n, domain in enumerate(domains)
        if domain != domain.strip() or ascii_domain(domain) is None
    ]


def rate_faults(rates: Sequence[DomainRate]) -> list[FieldError]:
    """Return what is wrong with the speeds of domains; no domain has two."""
    errors: list[FieldError] = []
    seen: dict[str, int] = {}
    for n, group in enumerate(rates):
        errors += domain_faults(group.domains, f"/domain_rates/{n}/domains")
        for domain in {domain_of(name) for name in group.domains}:
            if seen.setdefault(domain, n) != n:
                errors.append(FieldError(f"/domain_rates/{n}/domains", f"{domain[:80]} has a speed above already"))
    return errors


def _address(text: str) -> bool:
    try:
        envelope(text)
    except AddressRefused:
        return False
    return True
