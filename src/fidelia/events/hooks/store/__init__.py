"""Queries of hooks: what is set up, what waits, what was delivered."""
