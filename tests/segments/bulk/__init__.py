"""Bulk updates."""
