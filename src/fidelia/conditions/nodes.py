"""The tree of a condition: frozen nodes told apart by ``kind``, and how they are read from and written to JSON.

The nodes hold what was sent, nothing more; ``check`` gives it types. Unknown members are refused while reading.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.kernel.errors import FieldError, Problem, invalid, malformed

MAX_DEPTH = 64
MAX_NODES = 1000


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a node."""


class _Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """A node; ``kind`` is its tag."""


class Within(_Part, frozen=True, rename={"from_": "from"}):
    """A window in time: ``last`` (closed, from now − duration to now) or ``from``/``to`` (half-open).

    ``by`` names the date or moment of a row that is looked at (only for ``related``).
    """

    last: str | None = None
    from_: str | None = None
    to: str | None = None
    by: str | None = None


class Count(_Part, frozen=True):
    """How many rows there must be; zero counts too."""

    op: str = "gte"
    value: Any = 1


class Measure(_Part, frozen=True):
    """A figure over the rows that have the property ``of``, compared with ``value``; false with no such row."""

    fn: str
    of: str
    op: str
    value: Any = UNSET


class MemberOf(_Part, frozen=True):
    """What is belonged to: exactly one of these."""

    segment: int | None = None
    campaign: int | None = None
    group: Literal["test", "control", "any"] | None = None
    scenario: int | None = None
    program: int | None = None
    global_control: bool | None = None


class AllOf(_Node, frozen=True, tag="all"):
    """True when every condition is."""

    of: tuple[Condition, ...]


class AnyOf(_Node, frozen=True, tag="any"):
    """True when at least one condition is."""

    of: tuple[Condition, ...]


class Not(_Node, frozen=True, tag="not"):
    """The exact complement."""

    of: Condition


class Always(_Node, frozen=True, tag="always"):
    """True for everybody."""


class Compare(_Node, frozen=True, tag="compare"):
    """A field against a value; false when the field has none."""

    field: str
    op: str
    value: Any | UnsetType = UNSET
    case: bool = False


class Occurred(_Node, frozen=True, tag="occurred"):
    """What happened: events of one type in the history."""

    event: str
    within: Within | None = None
    where: Condition | None = None
    count: Count | None = None
    measure: Measure | None = None


class Related(_Node, frozen=True, tag="related"):
    """What is: rows reached by a link, as they stand now."""

    link: str
    within: Within | None = None
    where: Condition | None = None
    count: Count | None = None
    measure: Measure | None = None


class Member(_Node, frozen=True, tag="member"):
    """Belonging to a segment (or campaign, scenario, program, control group)."""

    of: MemberOf
    subject: str = "profile"
    state: Literal["now", "ever", "left"] = "now"
    count: Count | None = None
    within: Within | None = None


Condition = AllOf | AnyOf | Not | Always | Compare | Occurred | Related | Member

KINDS: dict[str, type[_Node]] = {
    "all": AllOf,
    "any": AnyOf,
    "not": Not,
    "always": Always,
    "compare": Compare,
    "occurred": Occurred,
    "related": Related,
    "member": Member,
}


_decoder: msgspec.json.Decoder[Condition] = msgspec.json.Decoder(Condition)
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def decode(data: bytes | str | dict[str, Any], pointer: str = "") -> Condition:
    """Read a condition from JSON text, or from the plain dict a JSON column gives.

    Raises a ``Problem``: 400 when it is no JSON, 422 with a JSON pointer (below ``pointer``) when it is no condition.
    """
    try:
        if isinstance(data, dict):
            converted: Condition = msgspec.convert(data, Condition, strict=True)
            return converted
        return _decoder.decode(data)
    except msgspec.ValidationError as exc:
        raise _located(str(exc), pointer) from None
    except RecursionError:
        raise invalid(FieldError(pointer, f"A condition may nest {MAX_DEPTH} levels at most")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise malformed(f"The condition is not valid JSON: {exc}") from None


def _located(message: str, prefix: str) -> Problem:
    text, _, where = message.partition(" - at `")
    steps = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", where.rstrip("`").removeprefix("$"))
    pointer = prefix + steps.replace(".", "/")
    missing = re.fullmatch(r"Object (?:contains unknown|missing required) field `(.+)`", text)
    if missing:
        return invalid(FieldError(f"{pointer}/{missing[1]}", text))
    return invalid(FieldError(pointer, text))


def encode(condition: Condition) -> dict[str, Any]:
    """Return the condition as plain JSON values, defaults left out: what is stored."""
    plain: dict[str, Any] = msgspec.json.decode(_encoder.encode(condition))
    return plain


def fingerprint(condition: Condition) -> str:
    """Return a short text that is equal for equal trees; for keys of caches."""
    return hashlib.blake2b(_encoder.encode(condition), digest_size=16).hexdigest()


def children(node: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield the nodes right below with the step that leads to each (``/of/0``, ``/of``, ``/where``)."""
    match node:
        case AllOf(of=of) | AnyOf(of=of):
            for index, child in enumerate(of):
                yield f"/of/{index}", child
        case Not(of=inner):
            yield "/of", inner
        case Occurred(where=where) | Related(where=where) if where is not None:
            yield "/where", where
        case _:
            return


def walk(root: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Yield every node with its JSON pointer, parents first. Safe on trees of any depth."""
    stack = [(path, root)]
    while stack:
        at, node = stack.pop()
        yield at, node
        stack.extend((at + step, child) for step, child in reversed(list(children(node))))
