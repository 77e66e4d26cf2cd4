"""Documentation that cannot drift: settings, operators, commands and the OpenAPI document are all described."""

from __future__ import annotations

import msgspec
import pytest

from fidelia.conditions import OPERATORS
from fidelia.settings import Settings

from .test_tree import ROOT

DOCS = ROOT / "docs"


def test_every_setting_is_described() -> None:
    text = (DOCS / "guide" / "settings.md").read_text()
    missing = [
        f"{section.name}.{key.name}"
        for section in msgspec.structs.fields(Settings)
        for key in msgspec.structs.fields(section.type)
        if f"`{key.name}`" not in text and f"`{section.name}.{key.name}`" not in text
    ]
    assert missing == []


def test_every_operator_is_described() -> None:
    text = (DOCS / "guide" / "conditions.md").read_text()
    keys = OPERATORS if not isinstance(OPERATORS, dict) else OPERATORS.keys()
    assert [str(k) for k in keys if f"`{k}`" not in text] == []


def test_the_web_client_is_made_from_this_api(tmp_path: object) -> None:
    from pathlib import Path

    from fidelia.api.openapi import write

    target = Path(str(tmp_path)) / "openapi.json"
    write(target)
    kept = ROOT / "web" / "src" / "api" / "openapi.json"
    assert kept.read_bytes() == target.read_bytes(), "run `make api` and commit what it writes"


@pytest.mark.parametrize("number", range(1, 6))
def test_the_founding_decisions_are_written(number: int) -> None:
    assert list((DOCS / "decisions").glob(f"{number:04d}-*.md"))
