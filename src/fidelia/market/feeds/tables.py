"""Tables of feeds: what is loaded from where, each run, offers on their way, offers that were refused."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


feed = sa.Table(
    "market_feed",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("source", JSONB, nullable=False),
    # Encrypted; never leaves the store but for a fetch.
    sa.Column("secret", sa.Text),
    sa.Column("file_key", sa.Text),
    sa.Column("format", sa.Text),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("currency", sa.Text),
    sa.Column("mapping", JSONB, nullable=False, server_default="[]"),
    sa.Column("categories", sa.Text, nullable=False),
    sa.Column("unknown", sa.Text, nullable=False),
    sa.Column("skip_unchanged", sa.Boolean, nullable=False),
    sa.Column("stop_after", sa.Integer, nullable=False),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_run_at", _Moment),
    _number("failures"),
    sa.Column("stopped", sa.Text),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("content_hash", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

feed_run = sa.Table(
    "feed_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("feed_id", sa.ForeignKey("market_feed.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("started_at", _Moment),
    sa.Column("finished_at", _Moment),
    sa.Column("force", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # What is done next when the process dies, and the last item of it that is written.
    sa.Column("stage", sa.Text, nullable=False, server_default="fetch"),
    _number("position"),
    sa.Column("file_key", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("content_hash", sa.Text),
    sa.Column("format", sa.Text),
    _number("offers"),
    _number("created"),
    _number("updated"),
    _number("unchanged"),
    _number("skipped"),
    _number("rejected"),
    _number("products"),
    _number("skus"),
    _number("category_count"),
    sa.Column("categories", JSONB, nullable=False, server_default="[]"),
    sa.Column("unknown", JSONB, nullable=False, server_default="[]"),
    sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
    sa.Column("note", sa.Text),
    sa.Column("error", sa.Text),
)

feed_item = sa.Table(
    "feed_item",
    metadata,
    sa.Column("run_id", sa.ForeignKey("feed_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("parent", sa.Text),
    sa.Column("body", BYTEA, nullable=False),
)

feed_reject = sa.Table(
    "feed_reject",
    metadata,
    sa.Column("run_id", sa.ForeignKey("feed_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("offer", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
