"""Saved cases of the test page: an order that was tried, and what came of it."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table loyalty_test_case (
            id integer generated always as identity primary key,
            program_id integer not null references loyalty_program (id) on delete cascade,
            name text not null,
            -- The order as it was tried, and what came of it when somebody last called that right.
            asked jsonb not null,
            expected jsonb not null,
            expected_at timestamptz not null,
            author text not null,
            revision bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_loyalty_test_case_name on loyalty_test_case (program_id, lower(name));
        """
    )
