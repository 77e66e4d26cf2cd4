"""Placements: content in slots of one's own sites, for visitors who are known."""
