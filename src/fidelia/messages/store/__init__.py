"""Queries of messages; the only place that holds any."""
