"""Platform: outbox, jobs, idempotency, and the job queue's own schema."""

from alembic import op
from procrastinate import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create sequence event_batch;
        create table event_inbox (
            seq bigint generated always as identity primary key,
            database_id integer not null,
            rows integer not null,
            payload text not null,
            profiles bytea,
            batch bigint
        ) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
        -- Read once and deleted: compressing the lines would cost more than it saves.
        alter table event_inbox alter payload set storage external, alter profiles set storage external;
        create index ix_event_inbox_batch on event_inbox (batch) where batch is not null;
        create table event_quarantine (
            id bigint generated always as identity primary key,
            database_id integer not null,
            rows integer not null,
            payload text not null,
            profiles bytea,
            reason text not null,
            quarantined_at timestamptz not null default now()
        );
        create table dirty (
            seq bigint generated always as identity primary key,
            stream text not null,
            database_id integer not null,
            rows integer not null,
            ids bytea not null
        ) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
        create table idempotency (
            actor text not null,
            key text not null,
            digest text not null,
            status integer,
            headers jsonb,
            reply bytea,
            created_at timestamptz not null,
            primary key (actor, key)
        );
        create index ix_idempotency_created_at on idempotency (created_at);
        create table job (
            id text primary key,
            kind text not null,
            title text not null,
            state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            done bigint not null default 0,
            total bigint,
            args jsonb not null,
            result jsonb,
            error text,
            cancel_requested boolean not null default false,
            database_id integer,
            link text,
            actor text not null,
            attempts integer not null default 0,
            lock text,
            queue_id bigint,
            created_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz,
            heartbeat_at timestamptz
        );
        create index ix_job_created_at on job (created_at desc, id desc);
        create index ix_job_link on job (link, kind);
        create index ix_job_active on job (state) where state in ('queued', 'running');
        """
    )
    raw = op.get_bind().connection.dbapi_connection
    assert raw is not None
    cursor = raw.cursor()
    cursor.execute(schema.SchemaManager.get_schema().replace("%%", "%"))
    cursor.close()
