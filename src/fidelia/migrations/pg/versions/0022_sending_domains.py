"""Keys that sign mails (DKIM), one active key for a domain."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table dkim_key (
            id integer generated always as identity primary key,
            domain text not null,
            selector text not null,
            algorithm text not null check (algorithm in ('rsa-sha256', 'ed25519-sha256')),
            private_key text not null,
            record text not null,
            active boolean not null default false,
            checks jsonb not null default '[]',
            checked_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (domain, selector)
        );
        create unique index ux_dkim_key_active on dkim_key (domain) where active;
        """
    )
