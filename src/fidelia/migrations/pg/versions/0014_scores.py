"""Scores of people: what fills fields of a database, and the runs that did; fields know who keeps them."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table profile_field add column keeper text;

        create table score (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            kind text not null check (kind in ('rfm', 'quantile')),
            prefix text not null,
            groups integer not null check (groups between 1 and 10),
            days integer check (days > 0),
            currency text,
            figure jsonb,
            schedule jsonb,
            next_run_at timestamptz,
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_score_database_id_name on score (database_id, lower(name));
        create index ix_score_next_run_at on score (next_run_at) where next_run_at is not null;

        create table score_run (
            id bigint generated always as identity primary key,
            score_id integer not null references score (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            finished_at timestamptz,
            as_of timestamptz,
            took_ms integer,
            people bigint,
            without bigint,
            changed bigint,
            currency text,
            other_orders bigint,
            parts jsonb not null default '[]',
            error text
        );
        create index ix_score_run_score_id on score_run (score_id, id desc);
        create unique index uq_score_run_open on score_run (score_id) where state in ('queued', 'running');
        """
    )
