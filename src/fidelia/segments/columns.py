"""Columns that segments of people and of products have in common: of their lists, runs and changes by hand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA

MOMENT = sa.DateTime(timezone=True)


def list_columns(owner: str, *more: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    """Return the columns of the lists of a table's segments; ``more`` stand beside who is on them."""
    return (
        sa.Column("segment_id", sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("members", BYTEA, nullable=False),
        *more,
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )


def run_columns(owner: str, *more: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    """Return the columns of the fillings of a table's segments."""
    return (
        *_of(owner),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("took_ms", sa.Integer),
        sa.Column("size", sa.BigInteger),
        sa.Column("entered", sa.BigInteger),
        sa.Column("left_count", sa.BigInteger),
        sa.Column("error", sa.Text),
        *more,
    )


def log_columns(owner: str, *more: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    """Return the columns of the changes by hand of a table's lists."""
    return (
        *_of(owner),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("left_count", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        *more,
    )


def _of(owner: str) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("segment_id", sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"), nullable=False),
    )
