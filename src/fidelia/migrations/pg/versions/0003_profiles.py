"""Profiles: databases and fields, resources and subscriptions, suppression lists, receipts of erasure."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create extension if not exists pg_trgm;

        create table profile_database (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            timezone text not null default 'UTC',
            last_profile_id bigint not null default 0 check (last_profile_id between 0 and 4294967295),
            profile_count bigint not null default 0 check (profile_count >= 0),
            schema_version integer not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_profile_database_name on profile_database (lower(name));

        create table profile_field (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            label text not null default '',
            type text not null,
            options text[] not null default '{}',
            validator text,
            is_unique boolean not null default false,
            required boolean not null default false,
            description text not null default '',
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_profile_field_database_id_name unique (database_id, name)
        );

        create table resource (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            website text not null default '',
            channels text[] not null default '{email}',
            database_ids integer[] not null default '{}',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_resource_name on resource (lower(name)) where archived_at is null;

        create table subscription (
            id bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            profile_id bigint not null,
            resource_id integer not null references resource (id),
            channel text not null,
            contact text not null,
            status text not null check (
                status in ('subscribed', 'unconfirmed', 'unsubscribed', 'suspended', 'bounced', 'complained')
            ),
            priority integer not null default 0,
            opt_in_at timestamptz,
            opt_in_ip text,
            opt_in_source text,
            status_reason text,
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_subscription_profile unique (database_id, profile_id, resource_id, channel, contact)
        ) with (fillfactor = 85);
        create index ix_subscription_contact on subscription (database_id, contact);
        create index ix_subscription_resource on subscription (resource_id, database_id, channel, status);

        create table suppression_list (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            is_global boolean not null default false,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_suppression_list_name on suppression_list (lower(name)) where archived_at is null;
        create unique index uq_suppression_list_global on suppression_list (is_global) where is_global;
        insert into suppression_list (name, description, is_global, created_at, updated_at)
        values ('Global', 'Nothing is ever sent to these addresses', true, now(), now());

        create table suppression_entry (
            list_id integer not null references suppression_list (id) on delete cascade,
            kind text not null check (kind in ('email', 'phone', 'domain')),
            value text not null,
            reason text not null default '',
            created_at timestamptz not null,
            primary key (list_id, kind, value)
        );
        create index ix_suppression_entry_value on suppression_entry (kind, value);

        create table erasure (
            id bigint generated always as identity primary key,
            database_id integer not null,
            profile_ids bytea not null,
            count integer not null,
            actor text not null,
            erased_at timestamptz not null,
            history_erased_at timestamptz,
            details jsonb not null default '{}'
        );
        create index ix_erasure_open on erasure (database_id) where history_erased_at is null;
        """
    )
    _imports()


def _imports() -> None:
    op.execute(
        """
        create table profile_import (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            file_name text not null,
            file_key text not null,
            file_size bigint not null,
            state text not null default 'new' check (
                state in ('new', 'checking', 'checked', 'queued', 'running', 'done', 'failed', 'cancelled')
            ),
            format jsonb not null,
            columns jsonb not null,
            header_hash text not null,
            mapping jsonb not null default '[]',
            options jsonb not null default '{}',
            total bigint,
            position integer not null default 0,
            rows bigint not null default 0,
            created bigint not null default 0,
            updated bigint not null default 0,
            unchanged bigint not null default 0,
            rejected bigint not null default 0,
            duplicates bigint not null default 0,
            kept_consents bigint not null default 0,
            reasons jsonb not null default '[]',
            check_result jsonb,
            people bytea,
            error text,
            job_id text,
            actor text not null,
            created_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz
        );
        create index ix_profile_import_database_id on profile_import (database_id, id desc);
        create index ix_profile_import_header on profile_import (database_id, header_hash, id desc);

        create table profile_import_chunk (
            import_id integer not null references profile_import (id) on delete cascade,
            number integer not null,
            created bytea not null,
            updated bytea not null,
            unchanged bytea not null,
            rejected bytea,
            duplicates bytea,
            notes bytea,
            primary key (import_id, number)
        );

        -- What a check has seen: keys of new people, so that it counts each once, and whose unique values are.
        create unlogged table profile_import_key (
            import_id integer not null references profile_import (id) on delete cascade,
            key_hash bigint not null,
            owner bigint not null default 0,
            primary key (import_id, key_hash)
        );
        """
    )
