"""Segments: definitions, stored members, runs, manual changes."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table segment (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            description text not null default '',
            type text not null check (type in ('static', 'dynamic', 'updatable')),
            condition jsonb check (type = 'static' or condition is not null),
            sample jsonb,
            most integer check (most > 0),
            schedule jsonb check (schedule is null or type = 'updatable'),
            next_run_at timestamptz,
            size bigint,
            calculated_at timestamptz,
            version bigint not null default 1,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_segment_name on segment (database_id, lower(name)) where archived_at is null;
        create index ix_segment_next_run_at on segment (next_run_at) where archived_at is null;
        create table segment_bitmap (
            segment_id integer primary key references segment (id) on delete cascade,
            members bytea not null,
            version bigint not null,
            updated_at timestamptz not null
        );
        alter table segment_bitmap alter column members set storage external;
        create table segment_run (
            id bigint generated always as identity primary key,
            segment_id integer not null references segment (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz,
            took_ms integer,
            size bigint,
            entered bigint,
            left_count bigint,
            error text
        );
        create index ix_segment_run_segment_id on segment_run (segment_id, id desc);
        create index ix_segment_run_open on segment_run (segment_id) where state in ('queued', 'running');
        create table segment_log (
            id bigint generated always as identity primary key,
            segment_id integer not null references segment (id) on delete cascade,
            at timestamptz not null,
            action text not null check (action in ('add', 'remove', 'fill', 'clear')),
            source text not null,
            actor text not null,
            entered bigint not null,
            left_count bigint not null,
            size bigint not null,
            note text not null default '',
            members bytea not null
        );
        create index ix_segment_log_segment_id on segment_log (segment_id, id desc);
        """
    )
