"""Tables of segments: definitions, stored members, runs, manual changes, files."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata
from fidelia.platform.tags import Tags

from .columns import MOMENT, list_columns, log_columns, run_columns

segment = sa.Table(
    "segment",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("condition", JSONB(none_as_null=True)),
    # The part of the database looked at (API: range) and the most members kept (API: limit).
    sa.Column("sample", JSONB(none_as_null=True)),
    sa.Column("most", sa.Integer),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_run_at", MOMENT),
    sa.Column("size", sa.BigInteger),
    sa.Column("calculated_at", MOMENT),
    # What an updatable list was worked out from; the same again means the same list.
    sa.Column("fingerprint", sa.Text),
    sa.Column("fingerprint_at", MOMENT),
    # Raised by every change of the definition, so that nobody overwrites somebody else's.
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", MOMENT),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
)

TAGS = Tags(segment)

segment_bitmap = sa.Table(
    "segment_bitmap",
    metadata,
    # Beside those on the list everybody who was ever on it, those on it included.
    *list_columns("segment", sa.Column("ever", BYTEA, nullable=False)),
)

segment_run = sa.Table(
    "segment_run",
    metadata,
    *run_columns(
        "segment",
        # Nothing that it reads had changed.
        sa.Column("skipped", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("joined", BYTEA),
        sa.Column("gone", BYTEA),
    ),
)

segment_log = sa.Table(
    "segment_log",
    metadata,
    *log_columns(
        "segment",
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        # Those who entered or left.
        sa.Column("members", BYTEA, nullable=False),
    ),
)

segment_erasure = sa.Table(
    "segment_erasure",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("people", BYTEA, nullable=False),
)

segment_columns = sa.Table(
    "segment_columns",
    metadata,
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("columns", JSONB, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
)

segment_export = sa.Table(
    "segment_export",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("segment_id", sa.ForeignKey("segment.id", ondelete="CASCADE")),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("audience", JSONB),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("columns", JSONB, nullable=False),
    sa.Column("subscriptions", JSONB, nullable=False, server_default="[]"),
    # Segments with a column of their own, and who is in each, in the same order.
    sa.Column("segments", JSONB, nullable=False, server_default="[]"),
    sa.Column("marks", sa.ARRAY(BYTEA)),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    # Whom the file holds, once that is known.
    sa.Column("people", BYTEA),
    sa.Column("rows", sa.BigInteger),
    sa.Column("file_key", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("finished_at", MOMENT),
)
