"""Who is assigned where, over all epochs of a group: the split of newcomers, the strata, the warnings. Pure.

Global control groups and the local ones of campaigns share it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec
from pyroaring import BitMap

from . import rules
from . import strata as strata_rules
from .model import ControlWarning, StratumOut
from .strata import Division, label_of

#: Everybody assigned: label and people by (epoch, stratum).
Strata = Mapping[tuple[int, str], tuple[str, BitMap]]


class Drawing(Protocol):
    """How a group is drawn: its share in millionths, the most there may be, its salt, and the present epoch."""

    @property
    def share(self) -> int:
        """The share in millionths."""
        ...

    @property
    def cap(self) -> int | None:
        """The most there may be."""
        ...

    @property
    def salt(self) -> str:
        """What the order of people hangs on."""
        ...

    @property
    def epoch(self) -> int:
        """The epoch in which people are assigned now."""
        ...


def assign(
    group: Drawing, before: Strata, control: BitMap, found: Mapping[str, BitMap], label: Callable[[str], str]
) -> tuple[int, rules.Split, dict[tuple[int, str], tuple[str, BitMap]]]:
    """Split the newcomers; return their epoch, the split, and everybody assigned by (epoch, stratum) after it.

    Somebody stays in the stratum they were assigned in. Whoever comes while the cap keeps the group from growing has
    another chance of being drawn than those before, so they are an epoch of their own.
    """
    everybody = BitMap.union(BitMap(), *(people for _, people in before.values()))
    newcomers = {key: people - everybody for key, people in found.items()}

    def of_epoch(number: int) -> rules.Split:
        present = {key: BitMap(people) for (epoch, key), (_, people) in before.items() if epoch == number}
        inside = BitMap.union(BitMap(), *present.values())
        audience = {key: present.get(key, BitMap()) | people for key, people in newcomers.items()}
        audience |= {key: people for key, people in present.items() if key not in audience}
        cap = None if group.cap is None else max(0, group.cap - len(control - inside))
        return rules.split(audience, group.share, group.salt, cap=cap, control=control & inside, rest=inside - control)

    epoch, made = group.epoch, of_epoch(group.epoch)
    old = BitMap.union(BitMap(), *(people for (number, _), (_, people) in before.items() if number == epoch))
    drawn = len(old & control)
    closed = drawn == 0 and rules.target_size(len(old), group.share) > 0
    full = group.cap is not None and len(control) >= group.cap
    if old and made.joined and ((made.capped and not (full and closed)) or (closed and not full)):
        epoch, made = epoch + 1, of_epoch(epoch + 1)
    after = dict(before)
    for key, people in newcomers.items():
        if people:
            _, inside = after.get((epoch, key), ("", BitMap()))
            after[epoch, key] = (label(key), inside | people)
    whole = msgspec.structs.replace(made, control=control | made.added)
    return epoch, whole, after


def summary(after: Strata, members: BitMap, share: int, before: BitMap) -> list[StratumOut]:
    """Return every stratum over all epochs, as it stands."""
    labels: dict[str, str] = {}
    people: dict[str, BitMap] = {}
    for (_, key), (label, inside) in after.items():
        labels[key] = label
        people[key] = people.get(key, BitMap()) | inside
    added = members - before
    return [
        StratumOut(
            key=key,
            label=labels[key],
            people=len(inside),
            expected=len(inside) * share / rules.MILLION,
            control=inside.intersection_cardinality(members),
            added=inside.intersection_cardinality(added),
        )
        for key, inside in sorted(people.items(), key=lambda item: order_of(item[0]))
    ]


def words(made: rules.Split, parts: list[Division], cap: int | None) -> list[ControlWarning]:
    """Return warnings of a split as sentences."""
    found = []
    for warning in made.warnings:
        label = label_of(warning.key, parts)
        if warning.kind == "too_small":
            text = (
                f"{label} has {warning.people:,} people and should give {warning.expected:.2f} of them: less than one, "
                "so it cannot be represented reliably"
            )
        else:
            text = f"{label} gives {warning.control:,} people where it should give {warning.expected:,.2f}"
        found.append(ControlWarning(kind=warning.kind, message=text, stratum=label))
    if made.warnings and cap is not None:
        needed = rules.cap_needed(made.strata)
        text = (
            f"The cap of {cap:,} keeps the group from mirroring everybody. Raise the cap and the share so that at "
            f"least {needed:,} people are kept back, or use fewer strata"
        )
        found.insert(0, ControlWarning(kind="cap", message=text))
    return found


def order_of(key: str) -> list[int]:
    """Return where a stratum stands among others."""
    return [int(part) for part in key.split(".")] if key != strata_rules.EVERYBODY else []
