"""Feeds: JSON from an address, shown in messages."""
