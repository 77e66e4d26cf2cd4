"""Tables of promo codes: pools, batches of codes, codes, who has universal ones, uses, what runs gave."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fidelia.platform.postgres import metadata

_Moment = sa.DateTime(timezone=True)

promo_pool = sa.Table(
    "promo_pool",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.ForeignKey("profile_database.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    # What templates call the pool by.
    sa.Column("short_name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("pattern", sa.Text),
    sa.Column("remote_url", sa.Text),
    sa.Column("remote_headers", sa.Text),
    sa.Column("remote_header_names", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("remote_batch", sa.Integer, nullable=False, server_default="1000"),
    # Within these codes are made, attached and sent; what was sent stays usable.
    sa.Column("valid_from", _Moment),
    sa.Column("valid_until", _Moment),
    sa.Column("expiry", JSONB, nullable=False),
    # Uses of one code: in all and by one person; null: any number.
    sa.Column("max_uses", sa.Integer),
    sa.Column("max_uses_per_person", sa.Integer),
    sa.Column("code_limit", sa.Integer, nullable=False),
    sa.Column("warn_below", sa.Integer, nullable=False, server_default="0"),
    sa.Column("scenarios_create", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("mailings_create", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fields", JSONB, nullable=False, server_default="[]"),
    sa.Column("warned_at", _Moment),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("archived_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
)

promo_batch = sa.Table(
    "promo_batch",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("pool_id", sa.ForeignKey("promo_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("asked", sa.Integer),
    sa.Column("made", sa.Integer, nullable=False, server_default="0"),
    sa.Column("duplicated", sa.Integer, nullable=False, server_default="0"),
    sa.Column("discarded", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    # Chunks of the file that are dealt with.
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("file", sa.Text),
    sa.Column("expires_at", _Moment),
    sa.Column("job_id", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
)

# Lines of a file that became no code, and why.
promo_line = sa.Table(
    "promo_line",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("promo_batch.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
)

promo_code = sa.Table(
    "promo_code",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("pool_id", sa.ForeignKey("promo_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    # What two ways of typing one code have in common.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("batch_id", sa.Integer),
    # Whose a personal code is. One whose person was erased stays attached to nobody.
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("attached_at", _Moment),
    sa.Column("activated_at", _Moment),
    sa.Column("expires_at", _Moment),
    # Whether it expires by its own date; otherwise attaching says when, and detaching takes that back.
    sa.Column("own_expiry", sa.Boolean, nullable=False, server_default=sa.false()),
    # Whether it became somebody's by an order that uses it: giving it back undoes that, too.
    sa.Column("by_use", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("uses", sa.Integer, nullable=False, server_default="0"),
    sa.Column("extra", JSONB),
    sa.Column("created_at", _Moment, nullable=False),
)

# Who has a universal code.
promo_holder = sa.Table(
    "promo_holder",
    metadata,
    sa.Column("code_id", sa.ForeignKey("promo_code.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("profile_id", sa.BigInteger, primary_key=True),
    sa.Column("pool_id", sa.Integer, nullable=False),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("attached_at", _Moment, nullable=False),
    sa.Column("activated_at", _Moment),
    sa.Column("expires_at", _Moment),
    sa.Column("by_use", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("uses", sa.Integer, nullable=False, server_default="0"),
)

# Codes used by orders; a use that was given back stays, with the moment.
promo_use = sa.Table(
    "promo_use",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("pool_id", sa.ForeignKey("promo_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("code_id", sa.ForeignKey("promo_code.id", ondelete="CASCADE"), nullable=False),
    sa.Column("profile_id", sa.BigInteger),
    sa.Column("order_ref", sa.Text, nullable=False),
    sa.Column("used_at", _Moment, nullable=False),
    sa.Column("released_at", _Moment),
)

# Which code a run gave somebody: the same again when it is asked again.
promo_given = sa.Table(
    "promo_given",
    metadata,
    sa.Column("pool_id", sa.ForeignKey("promo_pool.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("profile_id", sa.BigInteger, primary_key=True),
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("code_id", sa.BigInteger, nullable=False),
    sa.Column("given_at", _Moment, nullable=False),
)
