"""Segments: membership history, runs, recalculation."""

from alembic import op
from pyroaring import BitMap

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- What the list was worked out from; the same again means the same list.
        alter table segment add column fingerprint text, add column fingerprint_at timestamptz;

        -- Everybody who was ever on the list.
        alter table segment_bitmap add column ever bytea;
        alter table segment_bitmap alter column ever set storage external;
        update segment_bitmap set ever = members;
        alter table segment_bitmap alter column ever set not null;

        alter table segment_run
            add column skipped boolean not null default false,
            add column attempts integer not null default 0,
            add column joined bytea,
            add column gone bytea;
        update segment_run r set state = 'failed', error = 'A later run took its place', finished_at = now()
        where state in ('queued', 'running') and exists (
            select from segment_run l where l.segment_id = r.segment_id and l.id > r.id
            and l.state in ('queued', 'running'));
        drop index ix_segment_run_open;
        -- Two runs of a segment never overlap, whatever happens to the processes.
        create unique index uq_segment_run_open on segment_run (segment_id) where state in ('queued', 'running');
        create index ix_segment_run_job_id on segment_run (job_id);

        -- Who was erased lately: a list that is being worked out must not bring them back.
        create table segment_erasure (
            id bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            at timestamptz not null,
            people bytea not null
        );
        create index ix_segment_erasure_database_id_at on segment_erasure (database_id, at);

        -- Columns of previews, remembered for each person.
        create table segment_columns (
            actor text not null,
            database_id integer not null references profile_database (id) on delete cascade,
            columns jsonb not null,
            updated_at timestamptz not null,
            primary key (actor, database_id)
        );

        create table segment_export (
            id bigint generated always as identity primary key,
            segment_id integer not null references segment (id) on delete cascade,
            database_id integer not null references profile_database (id) on delete cascade,
            format text not null check (format in ('csv', 'xlsx')),
            columns jsonb not null,
            file_name text not null,
            actor text not null,
            job_id text,
            people bytea,
            rows bigint,
            file_key text,
            size bigint,
            created_at timestamptz not null,
            finished_at timestamptz
        );
        create index ix_segment_export_segment_id on segment_export (segment_id, id desc);
        """
    )
    # Lists are written to ClickHouse again, where they get the new column.
    connection = op.get_bind()
    found: dict[int, BitMap] = {}
    for database, segment in connection.exec_driver_sql(
        "select s.database_id, s.id from segment s join segment_bitmap b on b.segment_id = s.id"
    ):
        found.setdefault(database, BitMap()).add(segment)
    for database, ids in found.items():
        connection.exec_driver_sql(
            "update segment_bitmap set version = version + 1 where segment_id = any(%s)", (list(ids),)
        )
        connection.exec_driver_sql(
            "insert into dirty (stream, database_id, rows, ids) values ('segments', %s, %s, %s)",
            (database, len(ids), ids.serialize()),
        )
