"""Mail servers, virtual senders, and by which of them each message went."""

from alembic import op

revision = "0033"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table mail_server (
            id integer generated always as identity primary key,
            name text not null,
            host text not null,
            port integer not null check (port between 1 and 65535),
            tls text not null check (tls in ('none', 'starttls', 'tls')),
            username text not null default '',
            -- Encrypted; null: the server wants none.
            password text,
            connections smallint not null,
            -- Messages a second, 0 for no limit; and those of some recipients' domains.
            rate integer not null default 0,
            domain_rates jsonb not null default '[]',
            active boolean not null default true,
            -- What came of the last test of the connection: empty is well.
            tested_at timestamptz,
            test_error text,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_mail_server_name on mail_server (lower(name)) where archived_at is null;
        create table virtual_sender (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            rules jsonb not null,
            is_default boolean not null default false,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_virtual_sender_name on virtual_sender (lower(name)) where archived_at is null;
        create unique index uq_virtual_sender_default on virtual_sender (is_default) where is_default;
        alter table mailing add column virtual_sender_id integer references virtual_sender (id);
        create index ix_mailing_virtual_sender on mailing (virtual_sender_id) where virtual_sender_id is not null;
        -- The numbers by which the ledger names a server (0: that of the settings file) and who mails come from.
        create table sent_by (
            id integer generated always as identity primary key,
            server_id integer not null,
            from_email text not null,
            from_name text not null,
            reply_to text not null,
            unique (server_id, from_email, from_name, reply_to)
        );
        alter table delivery add column sender integer;
        """
    )
