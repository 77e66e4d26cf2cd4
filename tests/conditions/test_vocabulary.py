from __future__ import annotations

import pytest

from fidelia.conditions import EventTable, EventType, Field, Link, Subject, Vocabulary, json_property, merge

CITY = Field(name="profile.city", type="string", label="City", sql="city")
AGE = Field(name="profile.age", type="integer", label="Age", sql="age")
PEOPLE = Vocabulary(subjects=(Subject(name="profile", table="p_1", fields=(CITY,)),))


def test_a_subject_gets_the_fields_of_everybody_and_one_table() -> None:
    more = Vocabulary(subjects=(Subject(name="profile", fields=(AGE,)),))
    for whole in (merge(PEOPLE, more), merge(more, PEOPLE)):
        assert whole.subject["profile"].table == "p_1"
        assert set(whole.subject["profile"].by_name) == {"profile.city", "profile.age"}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (PEOPLE, "declared twice"),
        (Vocabulary(subjects=(Subject(name="profile", table="p_2"),)), "two tables"),
        (Vocabulary(links=(Link(name="orders", to="order", key="profile"),)), "needs the subject order"),
        (Vocabulary(events=(EventType(name="a", label="A"), EventType(name="a", label="B"))), "event type a"),
        (Vocabulary(event_table=EventTable(table="e_2")), "events table"),
    ],
)
def test_claims_that_clash_are_refused(part: Vocabulary, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        merge(PEOPLE, Vocabulary(event_table=EventTable(table="e_1")), part)


def test_unknown_types_and_names_that_are_no_paths_are_refused() -> None:
    with pytest.raises(ValueError, match="no field type"):
        Field(name="profile.x", type="text", label="X")
    for name in ("a`b", "a b", "", ".a", "a..b", "1a", "a\n"):
        with pytest.raises(ValueError, match="property name"):
            json_property(name, "string")
    with pytest.raises(ValueError, match="decimal"):
        json_property("a", "decimal")
