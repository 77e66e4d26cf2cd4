"""Events: types, ingest by our own route and the Segment protocol, history."""

from .projection import drop_events, ensure_events, events_table

__all__ = ["drop_events", "ensure_events", "events_table"]
