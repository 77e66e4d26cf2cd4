"""Launches of recurring mailings: when a run was due and who began it, those that were skipped, what holds a mailing."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table mailing add column held text;
        -- A skipped launch is a run that wrote to nobody: it has a reason in "error" and no version.
        alter table mailing_run
            alter column version_id drop not null,
            add column due_at timestamptz,
            add column actor text not null default '',
            drop constraint mailing_run_phase_check,
            add constraint mailing_run_phase_check
                check (phase in ('audience', 'sending', 'paused', 'done', 'stopped', 'failed', 'skipped')),
            add constraint mailing_run_version_check check ((version_id is null) = (phase = 'skipped'));
        -- Whatever is killed and however many processes look at the clock: a moment launches one run.
        create unique index uq_mailing_run_due on mailing_run (mailing_id, due_at) where due_at is not null;
        """
    )
