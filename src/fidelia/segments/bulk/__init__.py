"""Bulk updates: the same operations on everybody of an audience, as a job, with a preview before."""

from .service import forget_people

__all__ = ["forget_people"]
