"""Frequency policies: how much somebody may be sent, and the sends that they count."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table send_policy (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            limits jsonb not null,
            is_default boolean not null default false,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index ux_send_policy_name on send_policy (lower(name));
        create unique index ux_send_policy_default on send_policy (is_default) where is_default;
        create table resource_policy (
            resource_id integer primary key references resource (id) on delete cascade,
            policy_id integer not null references send_policy (id) on delete cascade
        );
        create index ix_resource_policy on resource_policy (policy_id);
        alter table mailing add column policy_id integer references send_policy (id);
        create index ix_mailing_policy on mailing (policy_id) where policy_id is not null;
        -- One row per message that was sent, or is about to be: what policies count. Rows older than the longest
        -- period are deleted by night.
        create table send_mark (
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            occasion bigint not null,
            database_id integer not null,
            resource_id integer,
            channel text not null,
            contact_hash bytea not null,
            at timestamptz not null,
            primary key (run_id, profile_id, occasion)
        );
        create index ix_send_mark_profile on send_mark (database_id, profile_id, at);
        create index ix_send_mark_contact on send_mark (contact_hash, at);
        create index ix_send_mark_at on send_mark using brin (at);
        """
    )
