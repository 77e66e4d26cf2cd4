"""Bulk updates of profiles with what was refused; files of people who are no segment's."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table bulk_update (
            id bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            title text not null,
            audience jsonb not null,
            operations jsonb not null,
            titles jsonb not null,
            skip_triggers boolean not null,
            state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            people bytea,
            total bigint,
            position bigint not null default 0,
            done bigint not null default 0,
            changed bigint not null default 0,
            unchanged bigint not null default 0,
            refused bigint not null default 0,
            gone bigint not null default 0,
            events bigint not null default 0,
            steps jsonb not null default '[]',
            reasons jsonb not null default '[]',
            error text,
            job_id text,
            actor text not null,
            created_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz
        );
        alter table bulk_update alter column people set storage external;
        create index ix_bulk_update_database_id on bulk_update (database_id, id desc);

        create table bulk_update_refused (
            bulk_id bigint not null references bulk_update (id) on delete cascade,
            number integer not null,
            people bytea not null,
            rows bytea not null,
            primary key (bulk_id, number)
        );

        alter table segment_export alter column segment_id drop not null;
        alter table segment_export drop constraint segment_export_format_check;
        alter table segment_export add constraint segment_export_format_check
            check (format in ('csv', 'xlsx', 'jsonl'));
        alter table segment_export add column audience jsonb;
        alter table segment_export add column title text not null default '';
        alter table segment_export add column subscriptions jsonb not null default '[]';
        alter table segment_export add column segments jsonb not null default '[]';
        alter table segment_export add column marks bytea[];
        create index ix_segment_export_database_id on segment_export (database_id, id desc);
        """
    )
