"""Configuration tables of messages. The ledger and what is written at speed is addressed by SQL in ``store``."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TIMESTAMP

from fidelia.platform.postgres import metadata

STAMP = TIMESTAMP(timezone=True)
Id = sa.Identity(always=True)

template = sa.Table(
    "template",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("database_id", sa.Integer),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("preheader", sa.Text, nullable=False, server_default=""),
    sa.Column("body", sa.Text, nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("variables", JSONB, nullable=False),
    sa.Column("problems", JSONB, nullable=False),
    # Of a template for a channel that is a definition: its content fields, each a template of its own.
    sa.Column("channel", sa.Text, nullable=False, server_default="email"),
    sa.Column("fields", JSONB, nullable=False, server_default="{}"),
    # What the draft names: fragments, segments, feeds; and its files. See ``content``.
    sa.Column("refers", JSONB, nullable=False, server_default="{}"),
    sa.Column("attachments", JSONB, nullable=False, server_default="[]"),
    # Raised by every save of the draft; an editor sends the one it read, so that nobody overwrites another's work.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("published_version_id", sa.Integer),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

template_version = sa.Table(
    "template_version",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("template_id", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("preheader", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("variables", JSONB, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default="email"),
    sa.Column("fields", JSONB, nullable=False, server_default="{}"),
    sa.Column("compiled", JSONB, nullable=False),
    sa.Column("problems", JSONB, nullable=False),
    sa.Column("refers", JSONB, nullable=False, server_default="{}"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("published_at", STAMP, nullable=False),
    sa.Column("published_by", sa.Text, nullable=False),
)

template_link = sa.Table(
    "template_link",
    metadata,
    sa.Column("version_id", sa.Integer, primary_key=True),
    sa.Column("no", sa.SmallInteger, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("dynamic", sa.Boolean, nullable=False),
)

mailing = sa.Table(
    "mailing",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("type", sa.Text, nullable=False, server_default="broadcast"),
    sa.Column("channel", sa.Text, nullable=False, server_default="email"),
    sa.Column("database_id", sa.Integer, nullable=False),
    # The campaign it is part of: who of those it is aimed at gets it is that campaign's to say.
    sa.Column("campaign_id", sa.Integer),
    sa.Column("segment_id", sa.Integer),
    sa.Column("resource_id", sa.Integer),
    sa.Column("template_id", sa.Integer),
    sa.Column("from_email", sa.Text, nullable=False, server_default=""),
    sa.Column("from_name", sa.Text, nullable=False, server_default=""),
    sa.Column("reply_to", sa.Text, nullable=False, server_default=""),
    sa.Column("variables", JSONB, nullable=False),
    sa.Column("suppression_lists", ARRAY(sa.Integer), nullable=False),
    sa.Column("send_at", STAMP),
    sa.Column("undo_seconds", sa.Integer, nullable=False, server_default="30"),
    sa.Column("utm", JSONB, nullable=False),
    sa.Column("track_opens", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("track_clicks", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("rate", sa.Integer, nullable=False, server_default="0"),
    sa.Column("policy_id", sa.Integer),
    sa.Column("virtual_sender_id", sa.Integer),
    # What its kind is set up with, and when its messages are sent; see ``kinds``.
    sa.Column("timing", JSONB, nullable=False, server_default="{}"),
    sa.Column("schedule", JSONB(none_as_null=True)),
    sa.Column("next_launch_at", STAMP),
    # Why it paused by itself although no run of it did.
    sa.Column("held", sa.Text),
    sa.Column("triggers", JSONB, nullable=False, server_default="[]"),
    sa.Column("split", JSONB),
    sa.Column("placement", JSONB(none_as_null=True)),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    sa.Column("starts_at", STAMP),
    # Kept by Fidelia itself: its runs carry the mails that ask to confirm a subscription.
    sa.Column("is_system", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

mailing_run = sa.Table(
    "mailing_run",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("mailing_id", sa.Integer, nullable=False),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("version_id", sa.Integer),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("selected", sa.Integer),
    sa.Column("audience", sa.Integer),
    # Who is written to, as a bitmap, and up to which id rows of the ledger are made: a killed job goes on there.
    sa.Column("profiles", BYTEA),
    sa.Column("prepared_to", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("trouble", sa.Text),
    sa.Column("trouble_at", STAMP),
    sa.Column("error", sa.Text),
    # For which moment of a schedule it was launched, and by whom.
    sa.Column("due_at", STAMP),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    # When the winner of its test is chosen, and where that stands.
    sa.Column("decide_at", STAMP),
    sa.Column("decision", JSONB),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("started_at", STAMP),
    sa.Column("finished_at", STAMP),
)

run_exclusion = sa.Table(
    "run_exclusion",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("profiles", BYTEA, nullable=False),
)

captured_mail = sa.Table(
    "captured_mail",
    metadata,
    sa.Column("id", sa.BigInteger, Id, primary_key=True),
    sa.Column("received_at", STAMP, nullable=False),
    sa.Column("envelope_from", sa.Text, nullable=False),
    sa.Column("recipients", ARRAY(sa.Text), nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("mailing_id", sa.Integer),
    sa.Column("run_id", sa.Integer),
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("source", BYTEA, nullable=False),
)

send_policy = sa.Table(
    "send_policy",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("limits", JSONB, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)
resource_policy = sa.Table(
    "resource_policy",
    metadata,
    sa.Column("resource_id", sa.Integer, primary_key=True),
    sa.Column("policy_id", sa.Integer, nullable=False),
)

dkim_key = sa.Table(
    "dkim_key",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("domain", sa.Text, nullable=False),
    sa.Column("selector", sa.Text, nullable=False),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("private_key", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("checks", JSONB, nullable=False, server_default="[]"),
    sa.Column("checked_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

returned_mail = sa.Table(
    "returned_mail",
    metadata,
    sa.Column("id", sa.BigInteger, Id, primary_key=True),
    sa.Column("received_at", STAMP, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("hard", sa.Boolean),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("run_id", sa.Integer),
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("occasion", sa.BigInteger),
    sa.Column("mailing_id", sa.Integer),
    sa.Column("database_id", sa.Integer),
    sa.Column("sender", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("content", BYTEA),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("icon", sa.Text, nullable=False, server_default=""),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("definition", JSONB, nullable=False),
    sa.Column("settings", JSONB, nullable=False, server_default="{}"),
    # Encrypted: the values of secret settings, and what the inbound address ends with.
    sa.Column("secrets", sa.Text),
    sa.Column("inbound_secret", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("last_inbound_at", STAMP),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

placement_slot = sa.Table(
    "placement_slot",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("domains", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("width", sa.Integer),
    sa.Column("fallback", sa.Text, nullable=False, server_default=""),
    sa.Column("by_link", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

site_secret = sa.Table(
    "site_secret",
    metadata,
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("former", sa.Text),
    sa.Column("former_until", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
)

placement_run = sa.Table(
    "placement_run",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("mailing_id", sa.Integer, nullable=False),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("slot_id", sa.Integer, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("ends_at", STAMP),
    sa.Column("refresh_minutes", sa.Integer, nullable=False, server_default="0"),
    # Raised whenever its audience is worked out: what a process keeps of the audience is of one version.
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_refresh_at", STAMP),
)
