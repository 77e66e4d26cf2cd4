"""The Segment HTTP protocol: what public client libraries send, as they send it."""
