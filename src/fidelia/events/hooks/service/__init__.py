"""Use cases of hooks."""
