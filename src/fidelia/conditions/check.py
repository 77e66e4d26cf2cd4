"""Checking a condition against a vocabulary: every name, type and value, all errors in one go.

What comes out is the typed tree both readings work on, and the list of what it refers to.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec

from fidelia.kernel.errors import FieldError, invalid

from . import nodes
from .check_figures import BAD
from .check_member import member
from .check_rows import occurred, related
from .check_values import compare
from .cycles import SegmentLookup, SegmentRef, way_back
from .names import Frame, nearest
from .nodes import MAX_DEPTH, MAX_NODES, Condition
from .operands import BadValue, literal
from .operators import OPERATORS, Operator
from .plan import (
    Checked,
    Group,
    Negation,
    Plan,
    References,
    Truth,
)
from .sources import SourceKey
from .types import TYPES
from .vocabulary import Field, Subject, Vocabulary

#: Steps of a pointer that lead a level down.
STEPS = ("/of", "/where", "/among", "/figure")


MAX_ERRORS = 100


class _Enough(Exception):
    """There are as many errors as are told."""


def check(
    condition: Condition,
    vocabulary: Vocabulary,
    *,
    subject: str = "profile",
    live_only: bool = False,
    segments: SegmentLookup | None = None,
    own: int | None = None,
    pointer: str = "",
) -> Checked:
    """Type a condition. Raises a ``Problem`` 422 with a JSON pointer (below ``pointer``) for each error.

    ``subject`` is what is selected; ``live_only`` refuses history; ``segments`` looks up segments that are referred to
    (without it none may be); ``own`` is the id of the segment being saved, which the condition must not lead back to.
    """
    checker = Checker(vocabulary, live_only, segments, own)
    home = vocabulary.subject.get(subject)
    if home is None or not home.table:
        raise ValueError(f"The vocabulary has no subject {subject}")
    root = None
    with suppress(_Enough):
        root = checker.start(condition, home)
    if checker.errors or root is None:
        raise invalid(*(FieldError(pointer + e.pointer, e.message) for e in checker.errors))
    return Checked(
        condition=condition,
        subject=subject,
        root=root,
        vocabulary=vocabulary,
        references=References(
            frozenset(checker.fields),
            frozenset(checker.events),
            frozenset(checker.links),
            frozenset(checker.names),
            frozenset(checker.groups),
            frozenset(checker.ever),
            sources=frozenset(checker.sources),
            members=frozenset(checker.members),
        ),
        live=checker.live,
        segment_names=checker.names,
    )


class Checker:
    """Walks the tree: collects errors, and what the condition refers to."""

    def __init__(
        self, vocabulary: Vocabulary, live_only: bool, segments: SegmentLookup | None, own: int | None
    ) -> None:
        self.vocabulary = vocabulary
        self.live_only = live_only
        self.segments = segments
        self.own = own
        self.errors: list[FieldError] = []
        self.fields: set[str] = set()
        self.events: set[str] = set()
        self.links: set[str] = set()
        self.names: dict[int, str] = {}
        self.sources: set[SourceKey] = set()
        self.groups: set[int] = set()
        self.ever: set[int] = set()
        self.members: set[int] = set()
        self.live = True

    def start(self, condition: Condition, home: Subject) -> Plan | None:
        """Check the size of the tree first: what follows recurses."""
        for number, (path, _) in enumerate(nodes.walk(condition), 1):
            if sum(map(path.count, STEPS)) >= MAX_DEPTH:
                self.bad(path, f"A condition may nest {MAX_DEPTH} levels at most")
                return None
            if number > MAX_NODES:
                self.bad(path, f"A condition may have {MAX_NODES:,} nodes at most")
                return None
        return self.node(condition, "", (Frame(subject=home),))

    def bad(self, pointer: str, message: str) -> None:
        """Note an error; the walk ends when there are more than anybody reads."""
        self.errors.append(FieldError(pointer, message))
        if len(self.errors) >= MAX_ERRORS:
            raise _Enough

    def history(self, pointer: str, live: bool, what: str) -> None:
        """Note that something is history, unless it is live."""
        if not live:
            self.live = False
            if self.live_only:
                self.bad(pointer, f"{what} is history, which is not at hand here: only live facts can be tested")

    def node(self, node: Condition, path: str, frames: Sequence[Frame]) -> Plan | None:  # noqa: PLR0911 one per kind
        """Check a node; ``None`` when it has errors."""
        match node:
            case nodes.AllOf(of=of) | nodes.AnyOf(of=of):
                if not of:
                    self.bad(f"{path}/of", "A group needs at least one rule")
                    return None
                parts = [self.node(child, f"{path}/of/{i}", frames) for i, child in enumerate(of)]
                if any(part is None for part in parts):
                    return None
                return Group(path, isinstance(node, nodes.AllOf), cast("tuple[Plan, ...]", tuple(parts)))
            case nodes.Not(of=inner):
                part = self.node(inner, f"{path}/of", frames)
                return None if part is None else Negation(path, part)
            case nodes.Always():
                return Truth(path)
            case nodes.Compare():
                return compare(self, node, path, frames)
            case nodes.Occurred():
                return occurred(self, node, path, frames)
            case nodes.Related():
                return related(self, node, path, frames)
            case nodes.Member():
                return member(self, node, path, frames)

    def operator(self, key: str, pointer: str, field: Field | None, type_: str = "") -> Operator | None:
        """Find an operator that fits a type."""
        operator = OPERATORS.get(key)
        if operator is None:
            self.bad(pointer, f"There is no operator {key}{nearest(key, list(OPERATORS))}")
            return None
        type_ = type_ or (field.type if field else "")
        if type_ and type_ not in operator.types:
            fitting = ", ".join(o.key for o in OPERATORS.values() if type_ in o.types)
            what = f"{field.name} is a {TYPES[type_].label}" if field else f"This is a {TYPES[type_].label}"
            self.bad(pointer, f"{what}; {key} does not fit, one of these does: {fitting}")
            return None
        return operator

    def value(self, operator: Operator, type_: str, raw: Any, pointer: str, field: Field | None = None) -> Any:
        """Give the value of an operator its type; ``BAD`` when it does not fit."""
        if operator.shape == "none":
            if raw is not msgspec.UNSET:
                self.bad(pointer, f"{operator.key} takes no value")
                return BAD
            return None
        if raw is msgspec.UNSET or raw is None:
            self.bad(pointer, f"{operator.key} needs a value")
            return BAD
        try:
            value = literal(operator, type_, raw)
        except BadValue as exc:
            self.bad(pointer + exc.step, str(exc))
            return BAD
        if field is not None and field.type == "enum":
            return self.choices(field, value, pointer)
        return value

    def choices(self, field: Field, value: Any, pointer: str) -> Any:
        """Put the option's own spelling in the place of what was sent."""
        known = {option.value.lower(): option.value for option in field.options}
        many = isinstance(value, tuple)
        values = value if many else (value,)
        for index, item in enumerate(values if known else ()):
            if item.lower() not in known:
                at = f"{pointer}/{index}" if many else pointer
                options = ", ".join(option.value for option in field.options[:20])
                self.bad(at, f"{field.name} has no choice {item}; it has: {options}")
                return BAD
        spelt = tuple(known.get(item.lower(), item) for item in values)
        return spelt if many else spelt[0]

    def segment(self, id_: int, pointer: str) -> SegmentRef | None:
        """Look a segment up and follow it, and those it refers to, for a way back; ``None`` after an error."""
        ref = self.segments(id_) if self.segments else None
        if ref is None:
            self.bad(pointer, f"There is no segment {id_} here")
            return None
        if ref.subject != "profile":
            self.bad(pointer, f"{ref.name} is no segment of profiles")
            return None
        self.names[id_] = ref.name
        if self.segments and (trail := way_back(id_, self.own, self.segments)):
            names = " → ".join(trail)
            self.bad(pointer, f"A segment cannot lead back to itself: {names}")
            return None
        return ref
