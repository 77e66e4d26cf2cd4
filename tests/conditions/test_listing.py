"""Whatever the language has is generated for the agreement test: this fails when something is not."""

from __future__ import annotations

import types
import typing
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fidelia.conditions import nodes
from fidelia.conditions.check_figures import COMPARED, COUNTED, MEASURES, PLAIN
from fidelia.conditions.check_member import KINDS as MEMBER_KINDS
from fidelia.conditions.check_sources import CHOICES
from fidelia.conditions.memberships import BASES
from fidelia.conditions.moments import CALENDARS
from fidelia.conditions.nodes import KINDS
from fidelia.conditions.operators import OPERATORS
from fidelia.conditions.types import TYPES

from .drawing import EVENT_TYPES, ROW_TYPES, seeded
from .generator import condition
from .universe import vocabulary

#: What the universe registers no kind of: it is refused, and so cannot be generated.
NOT_YET = {"scenario", "program"}
PARTS = (nodes.Compare, nodes.Occurred, nodes.Related, nodes.Member, nodes.MemberOf)
INNER = (nodes.Within, nodes.Since, nodes.Take, nodes.Count, nodes.Measure, nodes.Figure)


def parts(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield every name and value below a node."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield name, value
            yield from parts(value)
    elif isinstance(node, list):
        for item in node:
            yield from parts(item)


@pytest.fixture(scope="module")
def drawn() -> Counter[str]:
    """What fifteen hundred generated conditions have."""
    found: Counter[str] = Counter()

    draw = seeded("listing")
    for _ in range(1500):
        node = condition(draw)
        for name, value in [("", node), *parts(node)]:
            found[name] += 1
            if isinstance(value, str):
                found[f"{name}={value}"] += 1
            if name in ("count", "measure") and "figure" in str(value.get("value")):
                found[f"{name} beside a figure"] += 1
            if name == "count" and "distinct" in value:
                found[f"distinct {ROW_TYPES.get(value['distinct'], EVENT_TYPES.get(value['distinct']))}"] += 1
            if name in ("count", "measure", "figure", "compare"):
                found[f"{name} {value.get('op', value.get('fn'))}"] += 1
            if isinstance(value, dict) and "kind" in value:
                found[f"kind={value['kind']}"] += 1
    return found


def fields_of(struct: Any) -> list[str]:
    """The names a part has in JSON."""
    return [field.encode_name for field in msgspec.structs.fields(struct)]


def choices_of(struct: Any, name: str) -> list[str]:
    """The texts that a member may be."""
    hint = typing.get_type_hints(struct, vars(nodes))[name]
    hints = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
    return [str(text) for h in hints if typing.get_origin(h) is typing.Literal for text in typing.get_args(h)]


@pytest.mark.parametrize("struct", [*PARTS, *INNER], ids=lambda s: s.__name__)
def test_every_member_of_every_part_is_generated(drawn: Counter[str], struct: Any) -> None:
    """A new field of a node, a window, a choice … has to be drawn too."""
    assert {name for name in fields_of(struct) if not drawn[name]} <= NOT_YET


def test_every_part_of_the_tree_is_listed_here() -> None:
    known = {s for s in vars(nodes).values() if isinstance(s, type) and issubclass(s, msgspec.Struct)}
    listed = {*PARTS, *INNER, nodes.AllOf, nodes.AnyOf, nodes.Not, nodes.Always}
    assert {s.__name__ for s in known - listed if not s.__name__.startswith("_")} == set()


def test_every_kind_and_choice_is_generated(drawn: Counter[str]) -> None:
    wanted = [f"kind={kind}" for kind in KINDS]
    wanted += [f"calendar={period}" for period in CALENDARS]
    wanted += [f"fn={fn}" for fn in ("count", *MEASURES)]
    wanted += [f"state={state}" for state in ("ever", "left")]
    wanted += [f"which={which}" for which in choices_of(nodes.Since, "which")]
    wanted += [f"group={group}" for group in choices_of(nodes.MemberOf, "group")]
    wanted += [*CHOICES, *(key for key in MEMBER_KINDS if key not in NOT_YET)]
    wanted += ["count beside a figure", "measure beside a figure"]
    assert [what for what in wanted if not drawn[what]] == []
    assert list(CALENDARS) == choices_of(nodes.Within, "calendar")


def test_every_operator_is_generated(drawn: Counter[str]) -> None:
    wanted = [f"op={key}" for key in OPERATORS]
    wanted += [f"count {key}" for key in COUNTED | COMPARED]
    assert [what for what in wanted if not drawn[what]] == []


def test_every_type_has_a_field(drawn: Counter[str]) -> None:
    """The categories of fields: each type has fields in the universe, and values that are told apart."""
    words = vocabulary(0)
    there = {f.type for s in words.subjects for f in s.fields} | {f.type for e in words.events for f in e.properties}
    assert set(TYPES) - there <= {"time", "any"}  # of the moment itself, and of what nobody declared
    assert [f"distinct {type_}" for type_ in PLAIN if not drawn[f"distinct {type_}"]] == []


def test_what_is_not_generated_is_refused_by_the_universe() -> None:
    assert set(MEMBER_KINDS) - set(vocabulary(0).membership) == NOT_YET
    # What a segment of products is numbered by stands beside: in a condition it is a segment, of another subject.
    assert set(BASES) == set(MEMBER_KINDS) - {"segment"} | {"product_segment"}
