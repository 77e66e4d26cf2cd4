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


class Since(_Part, frozen=True):
    """The moment of the subject's ``last`` or ``first`` event of a type, of those for which ``where`` holds."""

    event: str
    which: Literal["last", "first"] = "last"
    where: Condition | None = None


class Within(_Part, frozen=True, rename={"from_": "from"}):
    """A window in time, one of these.

    ``last``: closed, from now − duration to now. ``from``/``to``: half-open. ``calendar``: the present day, week,
    month, quarter or year, or the one ``offset`` further. ``since``: after an event, up to now.
    ``by`` names the date or moment of a row that is looked at (only for ``related``).
    """

    last: str | None = None
    from_: str | None = None
    to: str | None = None
    calendar: Literal["day", "week", "month", "quarter", "year"] | None = None
    offset: int = 0
    since: Since | None = None
    by: str | None = None


class Take(_Part, frozen=True):
    """Which rows of the window are looked at, in the order of time and id: exactly one of the first three.

    ``among`` is a condition on the rows that are chosen from; ``by`` names another date or moment that orders them.
    """

    latest: int | None = None
    first: int | None = None
    nth: int | None = None
    among: Condition | None = None
    by: str | None = None


class Count(_Part, frozen=True):
    """How many rows there must be, or how many ``distinct`` values of a property; zero counts too.

    ``value`` may be ``{"figure": …}``.
    """

    op: str = "gte"
    value: Any = 1
    distinct: str | None = None


class Measure(_Part, frozen=True):
    """A figure over the rows that have the property ``of``, compared with ``value``; false with no such row.

    ``value`` may be ``{"figure": …}``.
    """

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


class Compare(_Node, frozen=True, tag="compare", rename={"as_": "as"}):
    """A field against a value; false when the field has none.

    ``value`` may be ``{"field": …}``, ``{"list": …}`` or ``{"table": …, "column": …}``. ``as_`` is the type under which
    a property that nobody declared is compared.
    """

    field: str
    op: str
    value: Any | UnsetType = UNSET
    case: bool = False
    as_: str | None = None


class Occurred(_Node, frozen=True, tag="occurred"):
    """What happened: events of one type in the history."""

    event: str
    within: Within | None = None
    take: Take | None = None
    where: Condition | None = None
    count: Count | None = None
    measure: Measure | None = None


class Related(_Node, frozen=True, tag="related"):
    """What is: rows reached by a link, as they stand now."""

    link: str
    within: Within | None = None
    take: Take | None = None
    where: Condition | None = None
    count: Count | None = None
    measure: Measure | None = None


class Member(_Node, frozen=True, tag="member"):
    """Belonging to a segment (or campaign, scenario, program, control group): ``now``, ``ever``, or ``left`` since.

    ``count`` and ``within`` speak of entries (of exits with ``left``).
    """

    of: MemberOf
    subject: str = "profile"
    state: Literal["now", "ever", "left"] = "now"
    count: Count | None = None
    within: Within | None = None


Condition = AllOf | AnyOf | Not | Always | Compare | Occurred | Related | Member


class Figure(_Part, frozen=True):
    """Another figure of the same subject, as a value: rows of an ``event`` or over a ``link``, and what of them.

    ``fn`` is ``count`` or the function of a measure, ``of`` the property it takes.
    """

    event: str | None = None
    link: str | None = None
    within: Within | None = None
    take: Take | None = None
    where: Condition | None = None
    fn: str = "count"
    of: str | None = None


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
        condition: Condition = (
            msgspec.convert(data, Condition, strict=True) if isinstance(data, dict) else _decoder.decode(data)
        )
    except msgspec.ValidationError as exc:
        raise _located(str(exc), pointer) from None
    except RecursionError:
        raise invalid(FieldError(pointer, f"A condition may nest {MAX_DEPTH} levels at most")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise malformed(f"The condition is not valid JSON: {exc}") from None
    for _ in walk(condition, pointer):  # reads the figures in values, which are conditions too
        pass
    return condition


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


def figure(value: Any, pointer: str = "") -> Figure | None:
    """Read a value of the form ``{"figure": …}``; ``None`` for any other; 422 when it is no figure."""
    if not isinstance(value, dict) or "figure" not in value:
        return None
    more = sorted(value.keys() - {"figure"})
    if more:
        raise invalid(FieldError(f"{pointer}/{more[0]}", f"Object contains unknown field `{more[0]}`"))
    try:
        return msgspec.convert(value["figure"], Figure, strict=True)
    except msgspec.ValidationError as exc:
        raise _located(str(exc), f"{pointer}/figure") from None
    except RecursionError:
        raise invalid(FieldError(pointer, f"A condition may nest {MAX_DEPTH} levels at most")) from None


def children(node: Condition, pointer: str = "") -> Iterator[tuple[str, Condition]]:
    """Yield the nodes right below with the step that leads to each (``/of/0``, ``/of``, ``/where``).

    Raises 422 with a pointer (below ``pointer``) for a value that is a figure and cannot be read.
    """
    match node:
        case AllOf(of=of) | AnyOf(of=of):
            for index, child in enumerate(of):
                yield f"/of/{index}", child
        case Not(of=inner):
            yield "/of", inner
        case Occurred() | Related():
            yield from _of_rows(node, pointer)
        case Member(within=within, count=count):
            yield from _of_rows(Occurred("", within=within, count=count), pointer)
        case _:
            return


def _of_rows(node: Occurred | Related | Figure, pointer: str) -> Iterator[tuple[str, Condition]]:
    """Yield the conditions on rows: of the window, the choice, ``where``, and of figures they are compared with."""
    if node.within is not None and node.within.since is not None and node.within.since.where is not None:
        yield "/within/since/where", node.within.since.where
    if node.take is not None and node.take.among is not None:
        yield "/take/among", node.take.among
    if node.where is not None:
        yield "/where", node.where
    if isinstance(node, Figure):
        return
    for step, part in (("/count/value", node.count), ("/measure/value", node.measure)):
        other = None if part is None else figure(part.value, pointer + step)
        if other is not None:
            for inner, child in _of_rows(other, pointer + step):
                yield f"{step}/figure{inner}", child


def walk(root: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Yield every node with its JSON pointer, parents first. Safe on trees of any depth."""
    stack = [(path, root)]
    while stack:
        at, node = stack.pop()
        yield at, node
        stack.extend((at + step, child) for step, child in reversed(list(children(node, at))))
