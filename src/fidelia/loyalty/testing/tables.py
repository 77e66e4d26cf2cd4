"""The table of saved cases."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

loyalty_test_case = sa.Table(
    "loyalty_test_case",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("program_id", sa.ForeignKey("loyalty_program.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # The order as it was tried, and what came of it when somebody last called that right.
    sa.Column("asked", JSONB, nullable=False),
    sa.Column("expected", JSONB, nullable=False),
    sa.Column("expected_at", _Moment, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)
