"""Reading what a stored version of a promotion says."""

from __future__ import annotations

import msgspec

from ..model import PromotionDefinition
from ..store.promotions import VersionRow


def read_definition(row: VersionRow) -> PromotionDefinition:
    """Return what a stored version says."""
    return msgspec.convert(row.definition, PromotionDefinition)
