"""Queries of promotions."""
