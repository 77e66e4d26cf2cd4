"""Queries of promo codes."""
