"""The job table: one row per public job; procrastinate's own tables hold the queue."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from ..postgres import metadata

STAMP = TIMESTAMP(timezone=True)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("total", sa.BigInteger),
    sa.Column("args", JSONB, nullable=False),
    sa.Column("result", JSONB),
    sa.Column("error", sa.Text),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("database_id", sa.Integer),
    sa.Column("link", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lock", sa.Text),
    sa.Column("queue_id", sa.BigInteger),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("started_at", STAMP),
    sa.Column("finished_at", STAMP),
    sa.Column("heartbeat_at", STAMP),
)
