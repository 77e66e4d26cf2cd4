"""Every condition that the guide shows can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fidelia.conditions import decode, encode

GUIDE = (Path(__file__).parents[2] / "docs/guide/conditions.md").read_text(encoding="utf-8")
BLOCKS = [text for text in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL) if '"kind"' in text]


@pytest.mark.parametrize("text", BLOCKS)
def test_examples_are_conditions(text: str) -> None:
    condition = decode(text)
    assert decode(encode(condition)) == condition


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 7
