"""Tables of bulk updates: what was asked for with its figures, and the people who were refused."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


bulk_update = sa.Table(
    "bulk_update",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("audience", JSONB, nullable=False),
    sa.Column("operations", JSONB, nullable=False),
    # What the operations are called, in their order.
    sa.Column("titles", JSONB, nullable=False),
    sa.Column("skip_triggers", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Whom it is about, from the start to the end.
    sa.Column("people", BYTEA),
    # Of those who are done, who was changed, who stayed as they were, who was refused; null when it is not known (any
    # more).
    sa.Column("changed_people", BYTEA),
    sa.Column("unchanged_people", BYTEA),
    sa.Column("refused_people", BYTEA),
    sa.Column("total", sa.BigInteger),
    # The highest id that is done; written with the chunk that it ends.
    _count("position"),
    _count("done"),
    _count("changed"),
    _count("unchanged"),
    _count("refused"),
    _count("gone"),
    _count("events"),
    sa.Column("steps", JSONB, nullable=False, server_default="[]"),
    sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
    sa.Column("error", sa.Text),
    sa.Column("job_id", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
)

bulk_update_refused = sa.Table(
    "bulk_update_refused",
    metadata,
    sa.Column("bulk_id", sa.ForeignKey("bulk_update.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("people", BYTEA, nullable=False),
    sa.Column("rows", BYTEA, nullable=False),
)
