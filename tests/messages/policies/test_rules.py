"""The pure rule: nobody is over any limit, and nobody is held back without need."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fidelia.messages.policies import rules
from fidelia.messages.policies.model import Candidate, Limit

limits = st.lists(
    st.builds(
        Limit,
        per=st.sampled_from(("profile", "profile_resource", "profile_channel", "contact")),
        most=st.integers(1, 4),
        days=st.integers(1, 16),
    ),
    max_size=4,
    unique_by=lambda limit: limit.per,
)


@given(st.data(), limits)
def test_as_many_as_the_limits_allow_and_no_more(data: st.DataObject, limits: list[Limit]) -> None:
    before: dict[tuple[str, int | bytes], int] = {}

    def counted(per: str, key: int | bytes) -> int:
        if (per, key) not in before:
            before[per, key] = data.draw(st.integers(0, 4))
        return before[per, key]

    people = data.draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from((b"a", b"b", b"c"))), max_size=20))
    candidates = [
        Candidate(profile, address, tuple(counted(x.per, address if x.per == "contact" else profile) for x in limits))
        for profile, address in people
    ]
    verdicts = rules.decide(limits, candidates)
    now: Counter[tuple[str, int | bytes]] = Counter()
    for candidate, verdict in zip(candidates, verdicts, strict=True):
        keys = {x.per: candidate.contact_hash if x.per == "contact" else candidate.profile_id for x in limits}
        full = [x for x in limits if before[x.per, keys[x.per]] + now[x.per, keys[x.per]] >= x.most]
        assert verdict == (full[0] if full else None)
        if verdict is None:
            now.update((x.per, keys[x.per]) for x in limits)


def test_limits_in_words() -> None:
    assert rules.text(Limit("profile", 1, 1)) == "at most 1 message in a day per person"
    assert rules.text(Limit("contact", 3, 7)) == "at most 3 messages in 7 days per address"
    twice = [Limit("profile", 1, 1), Limit("profile", 2, 7)]
    assert [fault.pointer for fault in rules.faults(twice)] == ["/limits/1/per"]
