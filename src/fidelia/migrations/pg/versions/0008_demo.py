"""Demo: which steps of loading are done."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table demo_state (
            step text primary key,
            value jsonb not null,
            done_at timestamptz not null
        );
        """
    )
