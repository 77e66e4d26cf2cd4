"""Tables of scores and of the runs that filled their fields."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

score = sa.Table(
    "score",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # What the names of its fields begin with.
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("groups", sa.Integer, nullable=False),
    # How far back is looked; null: everything there ever was.
    sa.Column("days", sa.Integer),
    # Of amounts; null: the one most orders are in.
    sa.Column("currency", sa.Text),
    sa.Column("figure", JSONB(none_as_null=True)),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_run_at", _Moment),
    # Raised by every change of the definition, so that nobody overwrites somebody else's.
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

score_run = sa.Table(
    "score_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("score_id", sa.ForeignKey("score.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
    # The moment that "now" was for it.
    sa.Column("as_of", _Moment),
    sa.Column("took_ms", sa.Integer),
    sa.Column("people", sa.BigInteger),
    sa.Column("without", sa.BigInteger),
    sa.Column("changed", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("other_orders", sa.BigInteger),
    sa.Column("parts", JSONB, nullable=False, server_default="[]"),
    sa.Column("error", sa.Text),
)
