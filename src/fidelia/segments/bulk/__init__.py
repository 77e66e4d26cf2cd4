"""Bulk updates: the same operations on everybody of an audience, as a job, with a preview before."""

from .people import counted, merge_people
from .service import forget_people

__all__ = ["counted", "forget_people", "merge_people"]
