"""Ingest: group commit, own events, learning of types."""
