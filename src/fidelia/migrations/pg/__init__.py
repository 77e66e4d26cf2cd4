"""Alembic's migrations of PostgreSQL."""
