"""Texts as PostgreSQL's COPY takes them: whole batches are written as one piece, quicker than row by row."""

from __future__ import annotations


def copied(text: str | None) -> str:
    """Return a text as a value of COPY's text format; ``None`` is null."""
    if text is None:
        return "\\N"
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
