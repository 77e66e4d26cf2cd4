"""Fidelia: a self-hosted marketing platform on one set of data."""

__version__ = "0.1.0"
