"""Tables of imports."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

profile_import = sa.Table(
    "profile_import",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_key", sa.Text, nullable=False),
    sa.Column("file_size", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="new"),
    sa.Column("format", JSONB, nullable=False),
    sa.Column("columns", JSONB, nullable=False),
    # The same for files with the same header: the mapping of the last one is suggested for the next.
    sa.Column("header_hash", sa.Text, nullable=False),
    sa.Column("mapping", JSONB, nullable=False, server_default="[]"),
    sa.Column("options", JSONB, nullable=False, server_default="{}"),
    sa.Column("total", sa.BigInteger),
    # Chunks of rows that are written; together with the counts it changes in the transaction that writes the rows.
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("created", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("updated", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rejected", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("duplicates", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("kept_consents", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
    sa.Column("check_result", JSONB),
    # Everybody whom a row was about, once the import is done.
    sa.Column("people", BYTEA),
    # Of them those who were created and who were changed; null when that is not known, or no more.
    sa.Column("created_people", BYTEA),
    sa.Column("updated_people", BYTEA),
    sa.Column("error", sa.Text),
    sa.Column("job_id", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
)

profile_import_chunk = sa.Table(
    "profile_import_chunk",
    metadata,
    sa.Column("import_id", sa.ForeignKey("profile_import.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    # Roaring bitmaps of people, from which the counts are worked out whatever the chunks were.
    sa.Column("created", BYTEA, nullable=False),
    sa.Column("updated", BYTEA, nullable=False),
    sa.Column("unchanged", BYTEA, nullable=False),
    # Rejected rows, rows about somebody a second time, and what else is worth knowing; packed (``report``).
    sa.Column("rejected", BYTEA),
    sa.Column("duplicates", BYTEA),
    sa.Column("notes", BYTEA),
)
