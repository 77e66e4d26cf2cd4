"""Queries of campaigns."""
