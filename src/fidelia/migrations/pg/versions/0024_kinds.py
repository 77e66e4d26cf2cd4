"""What mailings of each kind are set up with, and when."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table mailing
            add column timing jsonb not null default '{}',
            add column schedule jsonb,
            add column next_launch_at timestamptz,
            add column triggers jsonb not null default '[]',
            add column split jsonb;
        create index ix_mailing_launch on mailing (next_launch_at) where next_launch_at is not null;
        """
    )
