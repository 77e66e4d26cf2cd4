"""Tables of product segments: definitions, lists, runs, changes by hand."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

from ..columns import MOMENT, list_columns, log_columns, run_columns

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
    sa.Column("next_run_at", MOMENT),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("calculated_at", MOMENT),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", MOMENT),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
)

product_segment_list = sa.Table("product_segment_list", metadata, *list_columns("product_segment"))
product_segment_run = sa.Table("product_segment_run", metadata, *run_columns("product_segment"))
product_segment_log = sa.Table("product_segment_log", metadata, *log_columns("product_segment"))
