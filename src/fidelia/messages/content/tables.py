"""Tables of fragments, feeds and attached files."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from fidelia.platform.postgres import metadata

from ..tables import STAMP, Id

fragment = sa.Table(
    "fragment",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("problems", JSONB, nullable=False, server_default="[]"),
    sa.Column("refers", JSONB, nullable=False, server_default="{}"),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

fragment_version = sa.Table(
    "fragment_version",
    metadata,
    sa.Column("fragment_id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("saved_at", STAMP, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
)

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("personal", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("header_names", ARRAY(sa.Text), nullable=False),
    # Encrypted.
    sa.Column("headers", sa.Text),
    sa.Column("cache_minutes", sa.Integer, nullable=False),
    sa.Column("timeout_seconds", sa.Integer, nullable=False),
    sa.Column("on_failure", sa.Text, nullable=False),
    sa.Column("fetched_at", STAMP),
    sa.Column("failed_at", STAMP),
    sa.Column("error", sa.Text),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

feed_copy = sa.Table(
    "feed_copy",
    metadata,
    sa.Column("feed_id", sa.Integer, primary_key=True),
    sa.Column("address", BYTEA, primary_key=True),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("fetched_at", STAMP, nullable=False),
)

run_feed = sa.Table(
    "run_feed",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("feed_id", sa.Integer, primary_key=True),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("fetched_at", STAMP),
)

run_segment = sa.Table(
    "run_segment",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("segment_id", sa.Integer, primary_key=True),
    sa.Column("members", BYTEA, nullable=False),
    sa.Column("known", BYTEA, nullable=False),
    sa.Column("at", STAMP, nullable=False),
)

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("digest", BYTEA, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("content", BYTEA, nullable=False),
    sa.Column("created_at", STAMP, nullable=False),
)
