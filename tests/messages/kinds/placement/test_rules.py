"""Who somebody is, and which of several placements they see."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fidelia.messages.kinds.placement import rules
from fidelia.messages.kinds.placement.model import Live, Placement, Seen, Visitor

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
SOON = int(NOW.timestamp()) + 600

names = st.text(min_size=1, max_size=40).filter(lambda t: t.strip() and "\x00" not in t)


@given(names, st.integers(1, 30 * 86400))
def test_what_a_site_signs_is_known(name: str, seconds: int) -> None:
    signed = rules.sign("secret", f"user:{name}", int(NOW.timestamp()) + seconds)
    assert rules.read_visitor(signed, ["other", "secret"], NOW) == Visitor(external_id=name.strip())


@given(st.text(max_size=200), st.integers(0, 150), st.characters(codec="utf-8"))
def test_nothing_else_is(noise: str, at: int, letter: str) -> None:
    assert rules.read_visitor(noise, ["secret"], NOW) is None
    signed = rules.sign("secret", "user:anna", SOON)
    changed = signed[: at % len(signed)] + letter + signed[at % len(signed) + 1 :]
    if changed.lower() != signed:
        assert rules.read_visitor(changed, ["secret"], NOW) is None


def test_a_signature_holds_for_its_time_and_its_site() -> None:
    def read(who: str = "user:anna", expires: int = SOON, secret: str = "secret") -> Visitor | None:
        return rules.read_visitor(rules.sign("secret", who, expires), [secret], NOW)

    assert read() == Visitor(external_id="anna")
    assert read("profile:17") == Visitor(profile_id=17)
    assert read("user:a.b:c") == Visitor(external_id="a.b:c")
    assert read(expires=int(NOW.timestamp())) is None
    assert read(expires=int((NOW + timedelta(days=32)).timestamp())) is None
    assert read(secret="another") is None
    for nobody in ("anna", "user:", "user: ", "user:a\x00", "profile:0", "profile:-1", "profile:99999999999", "mail:a"):
        assert read(nobody) is None
    assert rules.read_visitor(rules.sign("secret", "user:anna", SOON), [], NOW) is None


placements = st.builds(
    Placement,
    slot_id=st.just(1),
    priority=st.integers(0, 3),
    max_shows=st.none() | st.integers(1, 3),
    until_clicked=st.booleans(),
    closable=st.booleans(),
)
seens = st.builds(Seen, shows=st.integers(0, 4), clicked=st.booleans(), closed=st.booleans())


@given(st.lists(st.tuples(placements, seens), max_size=6), st.randoms())
def test_one_of_several(given_ones: list[tuple[Placement, Seen]], random: object) -> None:
    live = [Live(n, one.priority, 1, None) for n, (one, _) in enumerate(given_ones)]
    settings = {n: one for n, (one, _) in enumerate(given_ones)}
    seen = {n: one for n, (_, one) in enumerate(given_ones)}
    shuffled = list(live)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = rules.order(shuffled, settings, seen)
    assert found == rules.order(live, settings, seen)
    chosen = {one.run_id for one in found}
    for one in live:
        mine, did = settings[one.run_id], seen[one.run_id]
        used_up = mine.max_shows is not None and did.shows >= mine.max_shows
        over = (mine.until_clicked and did.clicked) or (mine.closable and did.closed)
        assert (one.run_id in chosen) == (not used_up and not over)
    for first, second in itertools.pairwise(found):
        ours, theirs = seen[first.run_id], seen[second.run_id]
        assert first.priority >= second.priority
        if first.priority == second.priority:
            assert (ours.shows, first.run_id) < (theirs.shows, second.run_id)


@given(st.integers(0, 2**64))
def test_a_serving_knows_when_it_was(random: int) -> None:
    nonce = rules.new_nonce(NOW, random)
    assert 0 < nonce < 2**53
    assert rules.served_at(nonce, NOW + timedelta(minutes=5)) == NOW
    assert rules.served_at(nonce, NOW + timedelta(days=1, seconds=1)) is None
    assert rules.served_at(nonce, NOW - timedelta(minutes=5)) is None
