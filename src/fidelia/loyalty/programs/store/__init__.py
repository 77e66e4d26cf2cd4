"""Queries of programs and what they are made of."""
