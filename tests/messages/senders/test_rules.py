"""Rules of virtual senders: the first that fits, shares that everybody keeps, and edits that come back as they went."""

from __future__ import annotations

import math
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.senders import rules
from fidelia.messages.senders.model import DomainRate, SenderRule, SenderShare

NAMES = ["gmail.com", "example.org", "Example.ORG", "bücher.example", "mail.ru", "t-online.de"]
DOMAINS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)
ADDRESSES = st.sampled_from(["news@example.org", "Shop@Example.org", "a@gmail.com", "b@xn--bcher-kva.example"])


@st.composite
def shares(draw: st.DrawFn) -> list[SenderShare]:
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=4)))
    return [
        SenderShare(draw(st.integers(0, 3)), upto - start, from_name=draw(st.sampled_from(["", "Shop", "Müller, B."])))
        for start, upto in zip([0, *cuts], [*cuts, 100], strict=True)
    ]


@st.composite
def rule(draw: st.DrawFn) -> SenderRule:
    kind = draw(st.sampled_from(["from_domain", "from_email", "to_domain"]))
    values = draw(st.lists(ADDRESSES, min_size=1, max_size=3) if kind == "from_email" else DOMAINS)
    return SenderRule(kind, draw(shares()), values)


@st.composite
def whole(draw: st.DrawFn) -> list[SenderRule]:
    return [*draw(st.lists(rule(), max_size=5)), SenderRule("default", draw(shares()))]


@settings(deadline=None)
@given(whole(), ADDRESSES, ADDRESSES, st.integers(1, 2**32))
def test_a_chooser_finds_the_first_rule_that_fits(
    given_rules: list[SenderRule], from_email: str, to: str, profile: int
) -> None:
    assert rules.faults(given_rules) == []
    chooser = rules.Chooser(7, given_rules, from_email)
    chosen = chooser.choose(profile, to)
    assert chosen.rule == rules.first_match(given_rules, from_email, to)
    assert all(not rules.fits(earlier, from_email, to) for earlier in given_rules[: chosen.rule])
    assert given_rules[chosen.rule].senders[chosen.share].percent > 0
    assert chosen in dict(chooser.used())


@settings(deadline=None)
@given(whole(), st.lists(rule(), max_size=3), ADDRESSES, ADDRESSES, st.integers(1, 2**32))
def test_a_change_of_other_rules_moves_nobody(
    given_rules: list[SenderRule], more: list[SenderRule], from_email: str, to: str, profile: int
) -> None:
    before = rules.Chooser(7, given_rules, from_email).choose(profile, to)
    others = [r for r in more if not rules.fits(r, from_email, to)]
    changed = [*others, *given_rules[before.rule :]]
    after = rules.Chooser(7, changed, from_email).choose(profile, to)
    assert changed[after.rule] is given_rules[before.rule]
    assert after.share == before.share


@given(st.integers(1, 10**6), st.lists(st.integers(1, 2**32), min_size=1, max_size=20, unique=True))
def test_points_are_the_same_whenever_they_are_asked_for(sender: int, people: list[int]) -> None:
    assert [rules.point(sender, p) for p in people] == [rules.point(sender, p) for p in people]
    assert all(0 <= rules.point(sender, p) < 100 for p in people)


@pytest.mark.parametrize("percents", [[50, 50], [1, 99], [20, 30, 50], [0, 100], [5, 0, 95]])
def test_shares_hold_within_what_chance_allows(percents: list[int]) -> None:
    many = 40_000
    parts = [SenderShare(n, percent) for n, percent in enumerate(percents)]
    found = Counter(rules.share_at(parts, rules.point(3, profile)) for profile in range(1, many + 1))
    for n, percent in enumerate(percents):
        share = percent / 100
        assert abs(found[n] - many * share) <= 4.5 * math.sqrt(many * share * (1 - share)), (n, found)


def test_two_virtual_senders_share_out_independently() -> None:
    both = Counter((rules.point(1, p) < 50, rules.point(2, p) < 50) for p in range(1, 20_001))
    assert all(abs(count - 5_000) < 350 for count in both.values())


def test_a_share_that_grows_takes_from_its_neighbour_only() -> None:
    few = [SenderShare(1, 10), SenderShare(2, 90)]
    more = [SenderShare(1, 30), SenderShare(2, 70)]
    for profile in range(1, 2_000):
        at = rules.point(9, profile)
        if rules.share_at(few, at) == 0:
            assert rules.share_at(more, at) == 0


@settings(max_examples=200, deadline=None)
@given(whole())
def test_rules_come_back_as_they_went(given_rules: list[SenderRule]) -> None:
    stored = msgspec.json.encode(msgspec.to_builtins(given_rules))
    assert msgspec.convert(msgspec.json.decode(stored), list[SenderRule]) == given_rules


FULL = [SenderShare(0, 100)]
LAST = SenderRule("default", FULL)


@pytest.mark.parametrize(
    ("given_rules", "pointers"),
    [
        ([LAST], []),
        ([], ["/rules"]),
        ([SenderRule("to_domain", FULL, ["a.de"])], ["/rules"]),
        ([LAST, SenderRule("to_domain", FULL, ["a.de"])], ["/rules"]),
        ([LAST, LAST], ["/rules"]),
        ([SenderRule("to_domain", FULL), LAST], ["/rules/0/values"]),
        ([SenderRule("to_domain", FULL, ["a.de", "no domain"]), LAST], ["/rules/0/values/1"]),
        ([SenderRule("from_domain", FULL, [" a.de"]), LAST], ["/rules/0/values/0"]),
        ([SenderRule("from_email", FULL, ["a.de"]), LAST], ["/rules/0/values/0"]),
        ([SenderRule("default", FULL, ["a.de"])], ["/rules/0/values"]),
        ([SenderRule("default", [SenderShare(0, 60), SenderShare(1, 30)])], ["/rules/0/senders"]),
        ([SenderRule("default", [SenderShare(0, 100, "nobody")])], ["/rules/0/senders/0/from_email"]),
        ([SenderRule("default", [SenderShare(0, 100, "", "a\r\nBcc: b@c.de")])], ["/rules/0/senders/0/from_name"]),
        ([SenderRule("default", [SenderShare(0, 100, reply_to="a b@c.de")])], ["/rules/0/senders/0/reply_to"]),
    ],
)
def test_what_cannot_be_is_told_at_its_place(given_rules: list[SenderRule], pointers: list[str]) -> None:
    assert [error.pointer for error in rules.faults(given_rules)] == pointers


def test_no_domain_has_two_speeds() -> None:
    assert rules.rate_faults([DomainRate(["gmail.com"], 20), DomainRate(["a.de", "b.de"], 0.5)]) == []
    twice = rules.rate_faults([DomainRate(["gmail.com"], 20), DomainRate(["a.de", "GMAIL.com"], 5)])
    assert [error.pointer for error in twice] == ["/domain_rates/1/domains"]
    assert rules.rate_faults([DomainRate(["gmail"], 20)])[0].pointer == "/domain_rates/0/domains/0"
