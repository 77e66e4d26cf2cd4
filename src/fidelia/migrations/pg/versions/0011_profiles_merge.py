"""Profiles: merges and what people were known by before, relations, notices and the quota, exports of one person."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table profile_merge (
            id bigint generated always as identity primary key,
            kind text not null check (kind in ('merge', 'split')),
            database_id integer not null references profile_database (id) on delete cascade,
            profile_id bigint not null,
            options jsonb not null default '{}',
            summary jsonb not null default '{}',
            actor text not null,
            merged_at timestamptz not null
        );
        create index ix_profile_merge_profile on profile_merge (database_id, profile_id, id desc);

        -- Who somebody became by a merge. Always points at the last one: a chain of merges is one step.
        create table profile_alias (
            database_id integer not null references profile_database (id) on delete cascade,
            profile_id bigint not null,
            into_database_id integer not null references profile_database (id) on delete cascade,
            into_profile_id bigint not null,
            merge_id bigint not null references profile_merge (id),
            history boolean not null,
            before jsonb not null,
            primary key (database_id, profile_id)
        );
        create index ix_profile_alias_into on profile_alias (into_database_id, into_profile_id);
        create index ix_profile_alias_merge on profile_alias (merge_id);

        -- What people were known by before a merge; "field" is the column of the profiles' table.
        create table profile_identity (
            database_id integer not null references profile_database (id) on delete cascade,
            field text not null,
            value text not null,
            profile_id bigint not null,
            primary key (database_id, field, value)
        );
        create index ix_profile_identity_profile on profile_identity (database_id, profile_id);

        -- Histories that a split copies; the drain does it and removes the row.
        create table profile_history_copy (
            id bigint generated always as identity primary key,
            from_database_id integer not null,
            from_profile_id bigint not null,
            to_database_id integer not null references profile_database (id) on delete cascade,
            to_profile_id bigint not null,
            until timestamptz not null
        );

        alter table profile_field add column path_validators jsonb not null default '{}';

        create table relation_type (
            id integer generated always as identity primary key,
            name text not null,
            label text not null default '',
            inverse_label text not null default '',
            description text not null default '',
            database_a integer not null references profile_database (id) on delete cascade,
            database_b integer not null references profile_database (id) on delete cascade,
            properties jsonb not null default '[]',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_relation_type_name on relation_type (lower(name)) where archived_at is null;
        create table relation (
            id bigint generated always as identity primary key,
            type_id integer not null references relation_type (id) on delete cascade,
            profile_a bigint not null,
            profile_b bigint not null,
            properties jsonb not null default '{}',
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_relation_profiles unique (type_id, profile_a, profile_b)
        ) with (fillfactor = 85);
        create index ix_relation_b on relation (type_id, profile_b);

        create table notice (
            id bigint generated always as identity primary key,
            kind text not null,
            level text not null check (level in ('info', 'warning', 'critical')),
            title text not null,
            body text not null default '',
            link text not null default '',
            created_at timestamptz not null,
            dismissed_at timestamptz,
            dismissed_by text
        );
        create index ix_notice_open on notice (id desc) where dismissed_at is null;
        create table profile_quota_state (
            id smallint primary key check (id = 1),
            level smallint not null
        );

        create table personal_export (
            id bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            profile_id bigint not null,
            job_id text,
            file_key text,
            size bigint,
            actor text not null,
            created_at timestamptz not null,
            finished_at timestamptz
        );
        create index ix_personal_export_profile on personal_export (database_id, profile_id, id desc);
        """
    )
