"""Events: ids seen, types, write keys, visitors that nobody knows yet and what they did."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table event_seen (
            database_id integer not null,
            hash uuid not null,
            seen_on date not null,
            primary key (database_id, hash)
        ) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
        create index ix_event_seen_day on event_seen using brin (seen_on) with (pages_per_range = 16);

        create table event_type (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            label text not null default '',
            description text not null default '',
            declared boolean not null default false,
            properties json not null default '{}',
            seen jsonb not null default '{}',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_event_type_database_id_name unique (database_id, name)
        );

        create table write_key (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            kind text not null check (kind in ('browser', 'server')),
            key text not null unique,
            rate integer check (rate > 0),
            created_at timestamptz not null,
            updated_at timestamptz not null,
            last_used_at timestamptz,
            revoked_at timestamptz
        );
        create index ix_write_key_database_id on write_key (database_id);
        create table write_key_count (
            key_id integer not null references write_key (id) on delete cascade,
            day date not null,
            kind text not null,
            name text not null,
            count bigint not null,
            primary key (key_id, day, kind, name)
        );

        create table visitor (
            database_id integer not null references profile_database (id) on delete cascade,
            visitor text not null,
            profile bigint,
            first_seen_at timestamptz not null,
            last_seen_at timestamptz not null,
            primary key (database_id, visitor)
        ) with (fillfactor = 85);
        create index ix_visitor_profile on visitor (database_id, profile) where profile is not null;
        create index ix_visitor_last_seen_at on visitor (last_seen_at);
        create table visitor_event (
            seq bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            visitor text not null,
            id text not null,
            type text not null,
            at timestamptz not null,
            properties text not null,
            received_at timestamptz not null
        );
        create index ix_visitor_event_visitor on visitor_event (database_id, visitor);
        create index ix_visitor_event_received_at on visitor_event using brin (received_at);
        """
    )
