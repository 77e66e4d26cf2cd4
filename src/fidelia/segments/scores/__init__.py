"""Scores: RFM and quantiles of a database's people, kept in fields of their own and refreshed on a schedule.

A score fills fields that nobody else can set; conditions, templates and exports read them as any other.
"""

from .people import counted
from .service import field_used_by

__all__ = ["counted", "field_used_by"]
