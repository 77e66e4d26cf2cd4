"""Queries of value lists and data tables."""
