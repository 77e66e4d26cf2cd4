"""Checking membership: of segments, and of whatever else capabilities registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import msgspec

from . import nodes
from .check_figures import count
from .check_row_member import row_member
from .check_sources import Source, chosen
from .memberships import MembershipKind
from .names import Frame
from .operands import literal
from .operators import OPERATORS
from .plan import Belonging, Membership, Plan, Rows, Test
from .vocabulary import Subject

if TYPE_CHECKING:
    from .check import Checker

#: What may be named in ``of``; those that nobody registered are told to be not available yet.
KINDS = {
    "segment": "segment",
    "campaign": "campaign",
    "scenario": "scenario",
    "program": "loyalty program",
    "global_control": "global control group",
}


def member(checker: Checker, node: nodes.Member, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check belonging to something: now, ever, no longer; and how often it was entered."""
    before = len(checker.errors)
    given = [name for name in KINDS if getattr(node.of, name) is not None]
    if len(given) != 1:
        checker.bad(f"{path}/of", f"Give exactly one of these: {', '.join(KINDS)}")
        return None
    if node.subject != "profile":
        return row_member(checker, node, given[0], path, frames)
    home = cast(Subject, frames[0].subject).name
    if home != "profile" and checker.vocabulary.link.get((home, "profile")) is None:
        checker.bad(f"{path}/subject", "Nobody is at hand here whose belonging could be tested: name a row in subject")
    kind = checker.vocabulary.membership.get(given[0])
    if given == ["segment"]:
        now = _segment(checker, node, path, frames)
    elif kind is None:
        checker.bad(
            f"{path}/of/{given[0]}", f"Belonging to a {KINDS[given[0]]} cannot be tested here: not available yet"
        )
        return None
    else:
        now = _other(checker, node, kind, path, frames)
    entries = _entries(checker, node, kind, path, frames) if node.count or node.within else None
    if now is None or len(checker.errors) > before:
        return None
    if node.state == "now" and entries is None:
        return now
    if entries is None or node.state == "left":
        checker.ever.add(now.segment)
    return Belonging(path, now.depth, node.state, now, entries)


def _segment(checker: Checker, node: nodes.Member, path: str, frames: Sequence[Frame]) -> Membership | None:
    id_ = cast(int, node.of.segment)
    if node.of.group is not None:
        checker.bad(f"{path}/of/group", "A segment has no groups")
    ref = checker.segment(id_, f"{path}/of/segment")
    if ref is None:
        return None
    if not ref.stored and (node.state != "now" or node.count is not None or node.within is not None):
        step = "state" if node.state != "now" else "count" if node.count is not None else "within"
        what = f"{ref.name} is dynamic and keeps no list: who was in it before is not known, only who is now"
        checker.bad(f"{path}/{step}", what)
        return None
    return Membership(path, len(frames) - 1, id_)


def _other(
    checker: Checker, node: nodes.Member, kind: MembershipKind, path: str, frames: Sequence[Frame]
) -> Membership | None:
    raw = getattr(node.of, kind.key)
    pointer = f"{path}/of/{kind.key}"
    if raw is False:
        checker.bad(pointer, f"This must be true; for people outside of the {KINDS[kind.key]} use not")
        return None
    id_ = 0 if raw is True else raw
    if kind.names and id_ not in kind.names:
        checker.bad(pointer, f"There is no {KINDS[kind.key]} {id_} here")
        return None
    group = node.of.group
    if group is not None and group not in kind.groups:
        what = f"it has: {', '.join(kind.groups)}" if kind.groups else "it has none"
        checker.bad(f"{path}/of/group", f"A {KINDS[kind.key]} has no group {group}; {what}")
        return None
    try:
        number = kind.number(id_, group if group is not None else next(iter(kind.groups), None))
    except ValueError as exc:
        checker.bad(pointer, str(exc))
        return None
    if node.state != "now" and not kind.past:
        checker.bad(f"{path}/state", f"Of the {KINDS[kind.key]} only the present is known: state must be now")
        return None
    checker.groups.add(number)
    name = kind.names.get(id_, "")
    part = f"the {group} group of " if group in ("test", "control") else ""
    title = f"{part}the {KINDS[kind.key]} {name}".rstrip()
    return Membership(path, len(frames) - 1, number, title=title)


def _entries(
    checker: Checker, node: nodes.Member, kind: MembershipKind | None, path: str, frames: Sequence[Frame]
) -> Rows | None:
    step = "count" if node.count is not None else "within"
    name = "" if kind is None else kind.left if node.state == "left" else kind.entered
    if kind is None or not name:
        checker.bad(f"{path}/{step}", "When it was entered and left is not recorded here")
        return None
    if node.of.group not in (None, "any"):
        checker.bad(f"{path}/of/group", "Entries are recorded of the whole, not of its groups")
        return None
    event = checker.vocabulary.event.get(name)
    field = None if event is None else event.by_name.get(f"event.{kind.property}")
    if event is None or field is None:
        checker.bad(f"{path}/{step}", f"The event {name} is not known here")
        return None
    checker.events.add(name)
    checker.fields.add(field.name)
    checker.history(f"{path}/{step}", event.live, f"The event {name}")
    depth = len(frames) - 1
    source = Source(depth, event=event)
    rows = chosen(checker, nodes.Occurred(name, within=node.within), source, path, frames)
    number = count(checker, node.count or nodes.Count(), f"{path}/count", source, frames)
    if rows is None or number is None:
        return None
    operator = OPERATORS["eq"]
    id_ = literal(operator, field.type, getattr(node.of, kind.key))
    own = Test(path, field, kind.property, 0, None, operator, id_, False)
    return msgspec.structs.replace(rows, where=own, count=number)
