"""A campaign as plain Python sets: every rule of who is in it and who receives what, without a bitmap or a query.

Which of the newcomers are kept back is the split's affair (it has proofs of its own); the model is told, and the test
checks that nobody else was moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

INTERACTIONS = {"opened", "clicked", "goal", "order"}


@dataclass
class Activity:
    """A mailing of the campaign: whom it is aimed at (``None``: everybody), by what it widens, whether it is exempt."""

    aimed_at: frozenset[int] | None = None
    widens: frozenset[str] = frozenset()
    exempt: bool = False
    #: It is an exception of the global control group by itself.
    excepted: bool = False


@dataclass
class Model:
    """The campaign, the global control group, and who may be written to at all."""

    everybody: frozenset[int]
    listed: set[int]
    activities: list[Activity]
    state: str = "draft"
    assigned: set[int] = field(default_factory=set)
    audience: set[int] = field(default_factory=set)
    control: set[int] = field(default_factory=set)
    guests: set[int] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)
    globally_kept: frozenset[int] = frozenset()
    campaign_excepted: bool = False
    unsubscribed: set[int] = field(default_factory=set)
    stopped: set[int] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return self.state == "active"

    # -- who is in it -----------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """The segment's people and the guests are in; who is new and kept back by the global group is not."""
        if not self.is_open:
            return
        wanted = self.listed | self.guests
        self.withheld = (wanted - self.assigned) & self._outranked()
        self.audience = wanted - self.withheld
        self.assigned |= self.audience

    def admit(self, people: Iterable[int], *, stale: bool = False) -> set[int]:
        """People come by an activity; return who is in by that. Somebody on the segment's list came by that instead."""
        if not self.is_open or set(people) <= self.audience:
            return set()
        if stale:
            self.sync()
        new = set(people) - self.audience
        held = (new - self.assigned) & self._outranked()
        self.guests |= new
        self.withheld |= held
        self.audience |= new - held
        self.assigned |= self.audience
        return new - held

    def _outranked(self) -> set[int]:
        return set() if self.campaign_excepted else set(self.globally_kept)

    def start(self) -> None:
        self.state = "active"
        self.sync()

    # -- who receives -----------------------------------------------------------------------------------------------

    def aimed_at(self, number: int) -> set[int]:
        chosen = self.activities[number].aimed_at
        return set(self.everybody if chosen is None else chosen)

    def outcome(self, number: int) -> dict[str, set[int]]:
        """Return whom an activity reaches ("receives") and why the others whom it is aimed at get nothing."""
        found: dict[str, set[int]] = {}
        for person in self.aimed_at(number):
            found.setdefault(self._why(person, self.activities[number]), set()).add(person)
        return found

    def _why(self, person: int, activity: Activity) -> str:
        lifted = activity.exempt or activity.excepted or self.campaign_excepted
        if person in self.globally_kept and not lifted:
            return "control_group"
        if not self.is_open:
            return "campaign_over"
        if person in self.audience:
            if person in self.control and not activity.exempt:
                return "campaign_control"
        elif not self._reached_outside(person, activity):
            return "not_in_campaign"
        if person in self.unsubscribed:
            return "status"
        return "suppressed" if person in self.stopped else "receives"

    def _reached_outside(self, person: int, activity: Activity) -> bool:
        """Somebody who is not in the campaign gets what is exempt, or what widens it by how people react."""
        if activity.exempt and person in self.withheld:
            return True
        return bool(activity.widens & INTERACTIONS) and person not in self.assigned
