"""Outgoing hooks, what waits for them, and what was delivered."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table hook (
            id integer generated always as identity primary key,
            name text not null,
            url text not null,
            allow_http boolean not null default false,
            active boolean not null default true,
            -- Why it does not send while it is not active: person, gone (answered 410), failing (24 hours).
            paused_by text check (paused_by in ('person', 'gone', 'failing')),
            paused_at timestamptz,
            database_id integer,
            types text[] not null default '{}',
            filters jsonb not null default '{}',
            -- Encrypted: {"name": "value"}; null without any.
            headers text,
            header_names text[] not null default '{}',
            custom_data jsonb not null default '{}',
            batch_size integer not null check (batch_size between 1 and 500),
            max_delay integer not null check (max_delay between 0 and 3600),
            -- Encrypted; the one before signs too until its time is over.
            secret text not null,
            old_secret text,
            old_secret_until timestamptz,
            -- How the receiver does: tries in a row that failed, since when, why, and when the next one is.
            attempts integer not null default 0,
            failing_since timestamptz,
            trouble text,
            next_at timestamptz not null,
            delivered_at timestamptz,
            delivered_events bigint not null default 0,
            dropped_events bigint not null default 0,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index ux_hook_name on hook (lower(name));
        create table hook_delivery (
            id bigint generated always as identity primary key,
            hook_id integer not null references hook (id) on delete cascade,
            -- The receiver's: the same over all tries.
            message_id text not null unique,
            kind text not null check (kind in ('live', 'replay', 'test')),
            state text not null check (state in ('waiting', 'delivered', 'failed', 'dropped', 'skipped')),
            database_id integer,
            rows integer not null,
            -- Nothing is added any more: it is full, old enough, or was tried.
            sealed boolean not null default false,
            -- Lines of events while it waits; the body as it was sent the last time.
            events text,
            body text,
            -- Whose events it holds, so that erased people can be taken out.
            profiles bigint[] not null default '{}',
            job_id text,
            -- Where in the history the events of a replay end.
            position jsonb,
            due_at timestamptz not null,
            created_at timestamptz not null,
            attempts integer not null default 0,
            tried_at timestamptz,
            duration_ms integer,
            status integer,
            response text,
            error text
        );
        alter table hook_delivery alter events set storage external;
        create index ix_hook_delivery_waiting on hook_delivery (hook_id, kind, id) where state = 'waiting';
        create index ix_hook_delivery_log on hook_delivery (hook_id, id);
        create index ix_hook_delivery_created on hook_delivery (created_at);
        create index ix_hook_delivery_job on hook_delivery (job_id, id) where job_id is not null;
        """
    )
