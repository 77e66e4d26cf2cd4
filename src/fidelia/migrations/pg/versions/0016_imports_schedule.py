"""Scheduled imports: where their rows come from, when they run, and their runs."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table import_schedule (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            active boolean not null,
            source jsonb not null,
            secret text,
            format jsonb,
            mapping jsonb not null,
            options jsonb not null,
            segment_id integer,
            segment_mode text not null default 'add' check (segment_mode in ('add', 'replace')),
            skip_triggers boolean not null default false,
            skip_unchanged boolean not null,
            stop_after integer not null check (stop_after between 1 and 100),
            schedule jsonb,
            next_run_at timestamptz,
            failures integer not null default 0,
            stopped text,
            etag text,
            last_modified text,
            content_hash text,
            version integer not null default 1,
            created_by text not null,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_import_schedule_name on import_schedule (database_id, lower(name));
        create index ix_import_schedule_next_run_at on import_schedule (next_run_at) where next_run_at is not null;
        create index ix_import_schedule_segment_id on import_schedule (segment_id) where segment_id is not null;

        create table import_schedule_run (
            id bigint generated always as identity primary key,
            schedule_id integer not null references import_schedule (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'skipped', 'failed', 'cancelled')),
            dry_run boolean not null,
            force boolean not null,
            source text not null,
            actor text not null,
            job_id text,
            import_id integer references profile_import (id) on delete set null,
            queued_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz,
            size bigint,
            counts jsonb,
            entered bigint,
            left_count bigint,
            note text,
            error text,
            etag text,
            last_modified text,
            content_hash text,
            version integer not null
        );
        create index ix_import_schedule_run_schedule_id on import_schedule_run (schedule_id, id desc);
        create index ix_import_schedule_run_import_id on import_schedule_run (import_id) where import_id is not null;
        create unique index uq_import_schedule_run_open on import_schedule_run (schedule_id)
            where state in ('queued', 'running');
        """
    )
