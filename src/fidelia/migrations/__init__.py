"""Migrations of both engines, shipped in the wheel: Alembic for PostgreSQL, numbered SQL for ClickHouse."""
