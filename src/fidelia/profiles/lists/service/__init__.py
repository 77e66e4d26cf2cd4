"""Use cases of value lists and data tables."""
