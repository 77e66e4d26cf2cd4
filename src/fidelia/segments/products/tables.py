"""Tables of product segments: definitions, lists, runs, changes by hand."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

product_segment = sa.Table(
    "product_segment",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("condition", JSONB(none_as_null=True)),
    sa.Column("most", sa.Integer),
    sa.Column("schedule", JSONB(none_as_null=True)),
    # Switched off: the schedule rests, the list stays as it is.
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("next_run_at", _Moment),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("calculated_at", _Moment),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

product_segment_list = sa.Table(
    "product_segment_list",
    metadata,
    sa.Column("segment_id", sa.ForeignKey("product_segment.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("members", BYTEA, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

product_segment_run = sa.Table(
    "product_segment_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("segment_id", sa.ForeignKey("product_segment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
    sa.Column("took_ms", sa.Integer),
    sa.Column("size", sa.BigInteger),
    sa.Column("entered", sa.BigInteger),
    sa.Column("left_count", sa.BigInteger),
    sa.Column("error", sa.Text),
)

product_segment_log = sa.Table(
    "product_segment_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("segment_id", sa.ForeignKey("product_segment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("entered", sa.BigInteger, nullable=False),
    sa.Column("left_count", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)
