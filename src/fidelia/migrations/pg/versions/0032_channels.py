"""Channels that are definitions, what providers call messages by, and templates of such channels."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table channel (
            id integer generated always as identity primary key,
            key text not null unique,
            name text not null,
            icon text not null default '',
            description text not null default '',
            definition jsonb not null,
            settings jsonb not null default '{}',
            -- Encrypted: the values of secret settings as JSON, and what the inbound address ends with.
            secrets text,
            inbound_secret text not null,
            -- Raised by every change; what a process keeps of a channel is of one revision.
            revision integer not null default 1,
            last_inbound_at timestamptz,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_channel_name on channel (lower(name)) where archived_at is null;
        -- What was told, so that it counts once; an item is kept while the message that it is about is not known yet.
        create table channel_inbound (
            channel_id integer not null references channel (id) on delete cascade,
            hash bytea not null,
            at timestamptz not null,
            item jsonb,
            primary key (channel_id, hash)
        );
        create index ix_channel_inbound_at on channel_inbound (at);
        create index ix_channel_inbound_waiting on channel_inbound (channel_id, at) where item is not null;
        alter table delivery add column provider_id text;
        create index ix_delivery_provider on delivery (provider_id) where provider_id is not null;
        alter table template add column channel text not null default 'email';
        alter table template add column fields jsonb not null default '{}';
        alter table template_version add column channel text not null default 'email';
        alter table template_version add column fields jsonb not null default '{}';
        create index ix_template_channel on template (channel) where channel <> 'email';
        create index ix_mailing_channel on mailing (channel) where channel <> 'email';
        """
    )
