"""Tables of mail servers and virtual senders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

from ..tables import STAMP, Id

mail_server = sa.Table(
    "mail_server",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("tls", sa.Text, nullable=False),
    sa.Column("username", sa.Text, nullable=False, server_default=""),
    # Encrypted.
    sa.Column("password", sa.Text),
    sa.Column("connections", sa.SmallInteger, nullable=False),
    sa.Column("rate", sa.Integer, nullable=False, server_default="0"),
    sa.Column("domain_rates", JSONB, nullable=False, server_default="[]"),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("tested_at", STAMP),
    sa.Column("test_error", sa.Text),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)

virtual_sender = sa.Table(
    "virtual_sender",
    metadata,
    sa.Column("id", sa.Integer, Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("rules", JSONB, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("archived_at", STAMP),
    sa.Column("created_at", STAMP, nullable=False),
    sa.Column("updated_at", STAMP, nullable=False),
)
