"""Queries of profiles: the only place that knows the tables."""
