"""Tables of campaigns: the container, its people, strata, entries, activities and runs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from fidelia.platform.postgres import metadata
from fidelia.platform.tags import Tags

_Moment = sa.DateTime(timezone=True)

campaign = sa.Table(
    "campaign",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("segment_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    # The local control group; no share, no group. In millionths, as percentages have four decimals.
    sa.Column("share", sa.Integer),
    sa.Column("cap", sa.Integer),
    sa.Column("strata", JSONB, nullable=False, server_default="[]"),
    sa.Column("salt", sa.Text, nullable=False),
    # People assigned while nothing changed their chance of being kept back; the present group began with first_epoch.
    sa.Column("epoch", sa.Integer, nullable=False, server_default="1"),
    sa.Column("first_epoch", sa.Integer, nullable=False, server_default="1"),
    sa.Column("controlled_since", _Moment),
    # What counts as success: orders, or a goal by its name; and for how long after the end.
    sa.Column("goal", sa.Text),
    sa.Column("window_days", sa.Integer, nullable=False, server_default="7"),
    sa.Column("cost", sa.Numeric(18, 4)),
    sa.Column("currency", sa.Text),
    # Raised by every change of the settings, so that nobody overwrites somebody else's.
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("started_at", _Moment),
    sa.Column("completed_at", _Moment),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

TAGS = Tags(campaign)

# Lists of people: what sendings, conditions and reports read. See ``store.people`` for what each of them is.
campaign_people = sa.Table(
    "campaign_people",
    metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("assigned", BYTEA, nullable=False),
    sa.Column("audience", BYTEA, nullable=False),
    sa.Column("control", BYTEA, nullable=False),
    sa.Column("guests", BYTEA, nullable=False),
    sa.Column("withheld", BYTEA, nullable=False),
    # How many are in at present: all, those of them kept back, those of them who came by an activity; and withheld.
    sa.Column("audience_size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("control_size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("guests_size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("withheld_size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("segment_version", sa.BigInteger),
    sa.Column("updated_at", _Moment, nullable=False),
)

# Everybody who was assigned, by the stratum they were in at that moment: a later move changes neither side nor stratum.
campaign_stratum = sa.Table(
    "campaign_stratum",
    metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("people", BYTEA, nullable=False),
)

# How people came in, by day of the database, source, and activity (0 where none brought them).
campaign_entry = sa.Table(
    "campaign_entry",
    metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("activity", sa.Integer, primary_key=True),
    sa.Column("people", BYTEA, nullable=False),
)

campaign_activity = sa.Table(
    "campaign_activity",
    metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Integer, primary_key=True),
    sa.Column("widens", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("exempt", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attached_at", _Moment, nullable=False),
)

campaign_run = sa.Table(
    "campaign_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
    sa.Column("took_ms", sa.Integer),
    sa.Column("audience", sa.BigInteger),
    sa.Column("joined", sa.BigInteger),
    sa.Column("kept_back", sa.BigInteger),
    sa.Column("gone", sa.BigInteger),
    sa.Column("warnings", JSONB, nullable=False, server_default="[]"),
    sa.Column("error", sa.Text),
)
