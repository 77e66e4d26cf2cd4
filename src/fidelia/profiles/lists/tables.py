"""Configuration of value lists and data tables. Their rows lie in tables of their own (``store/content``)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)


def _content() -> list[sa.Column[int]]:
    """What says where the rows lie: replacing them makes another ``generation`` and turns to it at the end."""
    return [
        sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
        # Numbers of generations are never given twice, also not to a load that was killed.
        sa.Column("last_generation", sa.Integer, nullable=False, server_default="1"),
        # Raised when a column is added or deleted.
        sa.Column("schema_version", sa.Integer, nullable=False, server_default="1"),
    ]


def _moments() -> list[sa.Column[object]]:
    return [
        sa.Column("changed_at", _Moment, nullable=False),
        sa.Column("created_at", _Moment, nullable=False),
        sa.Column("updated_at", _Moment, nullable=False),
    ]


value_list = sa.Table(
    "value_list",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False),
    # Whether "Oslo" and "oslo" are two values.
    sa.Column("case_sensitive", sa.Boolean, nullable=False, server_default=sa.false()),
    *_content(),
    *_moments(),
)

data_table = sa.Table(
    "data_table",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    *_content(),
    *_moments(),
    sa.UniqueConstraint("database_id", "name"),
)

data_column = sa.Table(
    "data_column",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("table_id", sa.ForeignKey("data_table.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("is_key", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("table_id", "name"),
)

list_load = sa.Table(
    "list_load",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("list_id", sa.ForeignKey("value_list.id", ondelete="CASCADE")),
    sa.Column("table_id", sa.ForeignKey("data_table.id", ondelete="CASCADE")),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_key", sa.Text, nullable=False),
    sa.Column("file_size", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="new"),
    sa.Column("mode", sa.Text, nullable=False, server_default="add"),
    sa.Column("format", JSONB, nullable=False),
    sa.Column("columns", JSONB, nullable=False),
    # Column of the file → column of the table; of a list the one column has no name.
    sa.Column("mapping", JSONB, nullable=False, server_default="{}"),
    # How its cells are written: dates, the decimal sign, the country of phone numbers.
    sa.Column("reading", JSONB, nullable=False, server_default="{}"),
    sa.Column("total", sa.BigInteger),
    sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("added", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("updated", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("duplicates", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rejected", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("empty", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
    sa.Column("error", sa.Text),
    sa.Column("job_id", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
)

list_load_reject = sa.Table(
    "list_load_reject",
    metadata,
    sa.Column("load_id", sa.ForeignKey("list_load.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("block", BYTEA, nullable=False),
)
