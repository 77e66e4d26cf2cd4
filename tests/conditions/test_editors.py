"""The web editor knows every node and member of the language: it keeps a list, and has a control for each of it.

The list is compared with the nodes here, the controls with the list in ``web/src/conditions/language.test.tsx``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from fidelia.conditions import nodes
from fidelia.conditions.check_values import _Column, _Field, _List
from fidelia.conditions.operators import OPERATORS

LISTED = Path(__file__).parents[2] / "web/src/conditions/language.json"
PARTS: dict[str, Any] = {
    "within": nodes.Within,
    "since": nodes.Since,
    "take": nodes.Take,
    "count": nodes.Count,
    "measure": nodes.Measure,
    "figure": nodes.Figure,
    "member_of": nodes.MemberOf,
    "value_field": _Field,
    "value_list": _List,
    "value_column": _Column,
}


def members(struct: Any) -> list[str]:
    """The names a struct has in JSON."""
    return sorted(field.encode_name for field in msgspec.structs.fields(struct))


def test_the_editor_lists_the_whole_language() -> None:
    whole = {name: members(struct) for name, struct in (nodes.KINDS | PARTS).items()}
    whole["shapes"] = sorted({operator.shape for operator in OPERATORS.values()})
    assert json.loads(LISTED.read_text()) == whole, (
        "the language has changed: write this into language.json and give each new member a control in the editor:\n"
        + json.dumps(whole, indent=2)
    )
