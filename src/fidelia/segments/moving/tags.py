"""Tags of a definition: those that can be carried, and what to tell of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fidelia.platform.tags import MOST_TAGS, clean_tags, tag_errors

from .model import Outcome


def tags_of(given: Any, outcome: Outcome) -> tuple[tuple[str, ...], list[str]]:
    """Return the tags a segment gets, and the notes on them. ``given``: names, or objects with a name, or one text."""
    if not given:
        return (), []
    entries = given if isinstance(given, list) else [part for part in str(given).split(",") if part.strip()]
    names = [str(e.get("name", e.get("title", ""))) if isinstance(e, Mapping) else str(e) for e in entries]
    fit = [name for name in names if not tag_errors([name])]
    kept, bad = clean_tags(fit)[:MOST_TAGS], [name for name in names if name not in fit]
    over = clean_tags(fit)[MOST_TAGS:]
    if outcome != "converted":
        return (), [f"Give what you make instead its tags: {', '.join(kept)}"] if kept else []
    notes = [f"It keeps its tags: {', '.join(kept)}"] if kept else []
    if over:
        notes.append(f"A segment has {MOST_TAGS} tags at most, so these stay behind: {', '.join(over)}")
    if bad:
        listed = ", ".join(repr(name)[:80] for name in bad)
        notes.append(f"These tags are empty, too long or no text, and stay behind: {listed}")
    return kept, notes
