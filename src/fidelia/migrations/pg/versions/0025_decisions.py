"""Tests of multivariate mailings: when a run's winner is chosen, and what was decided and why."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # decide_at is null where there is no test, before all of the test was written to, and once it is decided.
    op.execute(
        """
        alter table mailing_run
            add column decide_at timestamptz,
            add column decision jsonb;
        create index ix_mailing_run_decides on mailing_run (id) where decision is not null;
        """
    )
