"""Mailings that things set off: what caused each message, and up to when dates were looked at."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- One row for a run that is set off by things. ``caught`` counts the messages they made, ``dates_to`` says up to
        -- which moment the triggers by date have been looked at.
        create table trigger_state (
            run_id integer primary key references mailing_run (id) on delete cascade,
            caught bigint not null default 0,
            dates_to timestamptz not null,
            caught_at timestamptz
        );
        -- What caused a message of the ledger; kept as long as somebody may want to look at the message again.
        create table message_cause (
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            occasion bigint not null,
            type text not null,
            at timestamptz not null,
            caught_at timestamptz not null,
            properties jsonb not null,
            primary key (run_id, profile_id, occasion)
        );
        create index ix_message_cause_occasion on message_cause (run_id, occasion);
        create index ix_message_cause_caught on message_cause (caught_at);
        """
    )
