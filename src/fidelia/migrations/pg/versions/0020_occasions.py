"""Messages that are caused by something: a run may write to somebody once for each occasion."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table delivery add column occasion bigint not null default 0;
        alter table delivery drop constraint delivery_pkey;
        alter table delivery add primary key (run_id, profile_id, occasion);
        alter table delivery drop constraint delivery_run_id_contact_hash_key;
        alter table delivery add unique (run_id, contact_hash, occasion);
        alter table reaction add column occasion bigint not null default 0;
        alter table reaction drop constraint reaction_pkey;
        alter table reaction add primary key (run_id, profile_id, occasion, kind, link, bot);
        """
    )
