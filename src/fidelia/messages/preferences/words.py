"""The words of the pages, in every language that they speak: ``locales/*.json``, each with the same keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

from fidelia.profiles import LANGUAGES

Words = Callable[..., str]


@cache
def table(language: str) -> dict[str, str]:
    """Return the words of a language by key."""
    return msgspec.json.decode(
        (Path(__file__).parent / "locales" / f"{language}.json").read_bytes(), type=dict[str, str]
    )


def words(language: str) -> Words:
    """Return a function that gives a word by its key, with values put in; an unknown language is English."""
    known = table(language if language in LANGUAGES else "en")

    def say(key: str, **values: object) -> str:
        return known[key].format(**values) if values else known[key]

    return say


def named(say: Words, kind: str, key: str, otherwise: str) -> str:
    """Return the word for a field or an option that everybody has, or its own name."""
    name = f"{kind}_{key}"
    return say(name) if name in table("en") else otherwise


def day(say: Words, at: datetime) -> str:
    """Write a day in words."""
    return say("date", day=at.day, month=say("months").split()[at.month - 1], year=at.year)
