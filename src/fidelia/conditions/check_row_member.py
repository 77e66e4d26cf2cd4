"""Checking the membership of rows: whether the product of an order line, say, is in a list of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import nodes
from .names import Frame, nearest
from .plan import Membership, Plan
from .vocabulary import Field, Subject

if TYPE_CHECKING:
    from .check import Checker


def row_member(checker: Checker, node: nodes.Member, key: str, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check that something a row names belongs to a list; only the present is known of these."""
    of = node.subject.rpartition(".")[2]
    kind = checker.vocabulary.row_membership.get((of, key))
    if kind is None:
        known = sorted({f"line.{subject}" for subject, _ in checker.vocabulary.row_membership})
        hint = f"; one of these can: {', '.join(known)}" if known else ""
        what = f"Belonging to a {key} can be tested here of people, not of {node.subject}{hint}"
        checker.bad(f"{path}/subject", what)
        return None
    for step in ("count", "within"):
        if getattr(node, step) is not None:
            checker.bad(f"{path}/{step}", "When rows came on a list is not recorded: only the present can be asked")
            return None
    if node.state != "now" or node.of.group is not None:
        step = "state" if node.state != "now" else "of/group"
        checker.bad(f"{path}/{step}", "Of rows only the present is known, and their lists have no groups")
        return None
    found = _where(frames, node.subject)
    if found is None:
        hint = nearest(node.subject, [f"{f.subject.name}.{of}" for f in frames if f.subject is not None])
        checker.bad(f"{path}/subject", f"There is no {node.subject} here{hint}")
        return None
    id_ = getattr(node.of, key)
    if id_ not in kind.names:
        checker.bad(f"{path}/of/{key}", f"There is no {kind.label.lower()} {id_} here")
        return None
    depth, field, name = found
    number = kind.number(id_, None)
    checker.members.add(number)
    title = f"the {kind.label.lower()} {kind.names[id_]}"
    return Membership(path, depth, number, title=title, id=field, key=name)


def names_row(row: Subject, name: str) -> Field | None:
    """Return the field of a row that holds the id of another: ``line.product_id``, or ``line.product`` itself."""
    for full in (f"{name}_id", name):
        field = row.by_name.get(full)
        if field is not None and field.type == "integer":
            return field
    return None


def _where(frames: Sequence[Frame], subject: str) -> tuple[int, Field, str] | None:
    """Find where the id is read: how many rows outwards, by which column, by which key of facts."""
    for depth, frame in enumerate(reversed(frames)):
        row = frame.subject
        if row is None:
            continue
        if row.name == subject:
            return depth, Field(name=subject, type="integer", label=row.label or row.name, sql=row.id), ""
        field = names_row(row, subject)
        if field is not None:
            return depth, field, row.key(field.name)
    return None
