"""Pure decisions: the order people are sampled in, what may be stored, whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from fidelia.conditions import Compare, Condition, Measure, Member, Occurred, Related, walk
from fidelia.kernel.errors import FieldError
from fidelia.platform.schedules import next_run, schedule_errors

from .model import MAX_LIMIT, SegmentRange

__all__ = [
    "description_errors",
    "edges",
    "limit_errors",
    "name_errors",
    "names_event",
    "names_field",
    "next_run",
    "position",
    "range_errors",
    "sampling_key",
    "schedule_errors",
    "turns",
]

MAX_NAME = 200
MAX_DESCRIPTION = 2000
_STEPS = 10_000
_ALL = 2**64


# -- sampling -------------------------------------------------------------------------------------------------------


def sampling_key(database_id: int) -> int:
    """Return the key of a database's order: the same on every machine, unlike those of other databases."""
    return int.from_bytes(blake2b(f"segment:{database_id}".encode(), digest_size=8).digest(), "little")


def position(key: int, profile_id: int) -> int:
    """Return where a profile stands in the order of a key: 64 bits, never the same for two profiles.

    The same function as ClickHouse's ``intHash64(bitXor(toUInt64(id), key))``, where it runs for many at once.
    """
    x = profile_id ^ key ^ 0x4CF2D2BAAE6DA887
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD % _ALL
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 % _ALL
    return x ^ x >> 33


def edges(part: SegmentRange | None) -> tuple[int, int]:
    """Return the first and the last position of a range, both included; everybody without one."""
    if part is None:
        return 0, _ALL - 1
    first, last = (round(percent * _STEPS / 100) for percent in (part.from_, part.to))
    return -(-first * _ALL // _STEPS), -(-last * _ALL // _STEPS) - 1


# -- what may be stored ---------------------------------------------------------------------------------------------


def name_errors(name: str) -> list[FieldError]:
    """Return what is wrong with a segment's name."""
    if not name.strip():
        return [FieldError("/name", "Enter a name for the segment")]
    if len(name) > MAX_NAME or "\x00" in name:
        return [FieldError("/name", f"A name may have {MAX_NAME} characters at most")]
    return []


def description_errors(text: str) -> list[FieldError]:
    """Return what is wrong with a description."""
    if len(text) > MAX_DESCRIPTION or "\x00" in text:
        return [FieldError("/description", f"A description may have {MAX_DESCRIPTION} characters at most")]
    return []


def range_errors(part: SegmentRange | None) -> list[FieldError]:
    """Return what is wrong with a range."""
    if part is None:
        return []
    errors = [
        FieldError(f"/range/{name}", "A range has steps of 0.01 %")
        for name, value in (("from", part.from_), ("to", part.to))
        if abs(value * 100 - round(value * 100)) > 1e-6
    ]
    if not errors and part.from_ >= part.to:
        errors.append(FieldError("/range/to", "The end of the range must lie above its start"))
    return errors


def limit_errors(limit: int | None, pointer: str = "/limit") -> list[FieldError]:
    """Return what is wrong with the most members to be kept."""
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        return [FieldError(pointer, f"The limit must lie between 1 and {MAX_LIMIT:,}")]
    return []


# -- what a condition speaks of -------------------------------------------------------------------------------------


def names_field(condition: Condition, field: str) -> bool:
    """Tell whether a condition speaks of a field (``profile.city``), also of a path inside of it."""

    def same(name: str | None) -> bool:
        return name is not None and (name == field or name.startswith(f"{field}["))

    for _, node in walk(condition):
        if isinstance(node, Compare) and same(node.field):
            return True
        if isinstance(node, Occurred | Related):
            measure: Measure | None = node.measure
            if (measure and same(measure.of)) or (node.within and same(node.within.by)):
                return True
    return False


def names_event(condition: Condition, type_: str) -> bool:
    """Tell whether a condition speaks of a type of event, also as the start of a window."""
    for _, node in walk(condition):
        if isinstance(node, Occurred) and node.event == type_:
            return True
        since = node.within.since if isinstance(node, Occurred | Related | Member) and node.within else None
        if since is not None and since.event == type_:
            return True
    return False


def turns(due: Mapping[int, frozenset[int]], busy: frozenset[int]) -> list[list[int]]:
    """Return the segments that may be filled now, in groups: each reads only lists of the groups before it.

    ``due`` maps each to the segments it reads, at any depth. One that is being filled, or reads a list that is,
    waits. Should some read each other in a circle, they come last, one by one.
    """
    left = {id_: reads - {id_} for id_, reads in due.items() if id_ not in busy and not reads & busy}
    groups: list[list[int]] = []
    while left:
        ready = sorted(id_ for id_, reads in left.items() if not reads & left.keys()) or [min(left)]
        groups.append(ready)
        left = {id_: reads for id_, reads in left.items() if id_ not in ready}
    return groups
