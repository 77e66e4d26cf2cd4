"""What segments add to conditions: the table of stored members. ``member`` itself is part of the language."""

from __future__ import annotations

from fidelia.conditions import Vocabulary
from fidelia.platform.postgres import Tx

from .projection import TABLE

CATEGORY = "Segments and campaigns"


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what segments offer to conditions of a database."""
    return Vocabulary(segments=TABLE, categories=(CATEGORY,))
