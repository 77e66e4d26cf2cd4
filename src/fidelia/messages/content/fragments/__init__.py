"""Fragments: parts that several templates include."""
