"""Frequency policies: how many messages somebody may get in how many days."""
