"""Queries of events: ids seen, types, write keys, visitors, history."""
