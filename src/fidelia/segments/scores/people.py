"""Whom the figures of a score count: those who have a value in its fields (a source of figures)."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from . import rules, service
from .model import Score

_WORDS = {"recency": "recency", "frequency": "frequency", "monetary": "monetary value", "value": "group"}


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return whom a group of a score counts (``recency:5``), or everybody ``with`` or ``without`` a value.

    Raises 403, 404.
    """
    actor.require("databases:read")
    score = await service.read(tx, database_id, profiles.figure_number(parts[0] if parts else ""))
    title, having, figure = _meant(score, list(parts[1:]))
    done = score.last_done
    return profiles.Counted(
        title=title,
        link=f"/databases/{database_id}/scores/{score.id}",
        having=having,
        counted=figure if done is not None else None,
        as_of=done.as_of if done is not None else None,
        only_less=having[1] is not None and score.open_run is None,
    )


def _meant(score: Score, rest: list[str]) -> tuple[str, tuple[str, object], int | None]:
    """Return title, field with value, and the figure of the last computation."""
    done = score.last_done
    if rest == ["with"]:
        return f"{score.name}: has a score", (score.prefix, profiles.ANY), done.people if done else None
    if rest == ["without"]:
        return f"{score.name}: has no score", (score.prefix, None), done.without if done else None
    if len(rest) == 2 and rest[0] in rules.parts_of(score):
        group = profiles.figure_number(rest[1])
        if 0 < group <= score.groups:
            parts = done.parts if done is not None else []
            sizes = [g.people for part in parts if part.key == rest[0] for g in part.groups if g.group == group]
            field = score.prefix if rest[0] == "value" else f"{score.prefix}_{rest[0]}"
            return f"{score.name}: {_WORDS[rest[0]]} {group}", (field, group), sum(sizes)
    raise not_found("Figure", ":".join(("score", str(score.id), *rest)))
