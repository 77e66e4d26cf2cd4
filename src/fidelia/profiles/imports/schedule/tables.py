"""Tables of scheduled imports."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

import_schedule = sa.Table(
    "import_schedule",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("source", JSONB, nullable=False),
    # Encrypted; never leaves the store but for a fetch.
    sa.Column("secret", sa.Text),
    sa.Column("format", JSONB(none_as_null=True)),
    sa.Column("mapping", JSONB, nullable=False),
    sa.Column("options", JSONB, nullable=False),
    sa.Column("segment_id", sa.Integer),
    sa.Column("segment_mode", sa.Text, nullable=False),
    sa.Column("skip_triggers", sa.Boolean, nullable=False),
    sa.Column("skip_unchanged", sa.Boolean, nullable=False),
    sa.Column("stop_after", sa.Integer, nullable=False),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_run_at", _Moment),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("stopped", sa.Text),
    # Of what was imported last: the server's marks, and what the content was.
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("content_hash", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

import_schedule_run = sa.Table(
    "import_schedule_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("schedule_id", sa.ForeignKey("import_schedule.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("force", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("import_id", sa.ForeignKey("profile_import.id", ondelete="SET NULL")),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
    sa.Column("size", sa.BigInteger),
    sa.Column("counts", JSONB(none_as_null=True)),
    sa.Column("entered", sa.BigInteger),
    sa.Column("left_count", sa.BigInteger),
    sa.Column("note", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("content_hash", sa.Text),
    # The schedule's version when the run began: what it found belongs to that one.
    sa.Column("version", sa.Integer, nullable=False),
)
