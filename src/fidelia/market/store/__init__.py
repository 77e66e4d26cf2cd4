"""Queries of the market."""
