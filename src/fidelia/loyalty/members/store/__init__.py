"""Queries of members, standings, moves and reviews."""
