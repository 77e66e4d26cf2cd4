"""Messages: templates, mailings, the send ledger, reactions, and the capture mailbox."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table template (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            database_id integer references profile_database (id) on delete set null,
            format text not null check (format in ('mjml', 'html')),
            subject text not null default '',
            preheader text not null default '',
            body text not null default '',
            text text not null default '',
            variables jsonb not null default '{}',
            problems jsonb not null default '[]',
            revision integer not null default 1,
            published_version_id integer,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create table template_version (
            id integer generated always as identity primary key,
            template_id integer not null references template (id) on delete cascade,
            number integer not null,
            format text not null,
            subject text not null,
            preheader text not null,
            body text not null,
            text text not null,
            variables jsonb not null,
            compiled jsonb not null,
            problems jsonb not null,
            revision integer not null,
            published_at timestamptz not null,
            published_by text not null,
            unique (template_id, number)
        );
        alter table template add foreign key (published_version_id) references template_version (id);
        create table template_link (
            version_id integer not null references template_version (id) on delete cascade,
            no smallint not null,
            url text not null,
            dynamic boolean not null,
            primary key (version_id, no)
        );
        create table mailing (
            id integer generated always as identity primary key,
            name text not null,
            description text not null default '',
            type text not null default 'broadcast'
                check (type in ('broadcast', 'recurring', 'trigger', 'multivariate', 'placement')),
            channel text not null default 'email',
            database_id integer not null references profile_database (id),
            segment_id integer,
            resource_id integer references resource (id),
            template_id integer references template (id),
            from_email text not null default '',
            from_name text not null default '',
            reply_to text not null default '',
            variables jsonb not null default '{}',
            suppression_lists integer[] not null default '{}',
            send_at timestamptz,
            undo_seconds integer not null default 30,
            utm jsonb not null default '{}',
            track_opens boolean not null default true,
            track_clicks boolean not null default true,
            rate integer not null default 0,
            state text not null default 'draft' check (state in
                ('draft', 'scheduled', 'starting', 'sending', 'paused', 'done', 'stopped', 'failed')),
            starts_at timestamptz,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create index ix_mailing_due on mailing (starts_at) where state in ('scheduled', 'starting');
        create table mailing_run (
            id integer generated always as identity primary key,
            mailing_id integer not null references mailing (id) on delete cascade,
            database_id integer not null,
            version_id integer not null references template_version (id),
            plan jsonb not null,
            phase text not null check (phase in ('audience', 'sending', 'paused', 'done', 'stopped', 'failed')),
            selected integer,
            audience integer,
            profiles bytea,
            prepared_to bigint not null default 0,
            trouble text,
            trouble_at timestamptz,
            error text,
            created_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz
        );
        create index ix_mailing_run_mailing on mailing_run (mailing_id, id desc);
        create index ix_mailing_run_active on mailing_run (phase) where phase in ('audience', 'sending');
        create table run_exclusion (
            run_id integer not null references mailing_run (id) on delete cascade,
            reason text not null,
            count integer not null,
            profiles bytea not null,
            primary key (run_id, reason)
        );
        create type delivery_state as enum ('queued', 'leased', 'handed', 'sent', 'failed', 'blocked', 'unknown');
        -- One row per recipient of a run: the only memory of who was written to. Both unique keys begin with the run, so
        -- that the table may be cut into ranges of runs. Only next_at is indexed beside the keys: it is null as soon as
        -- a row is leased, so that the later changes of a row stay within its page (HOT).
        create table delivery (
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            state delivery_state not null default 'queued',
            attempts smallint not null default 0,
            variant smallint not null default 0,
            code smallint,
            lease bigint,
            at timestamptz not null,
            next_at timestamptz,
            contact_hash bytea not null,
            reason text,
            primary key (run_id, profile_id),
            unique (run_id, contact_hash),
            check ((next_at is null) = (state <> 'queued'))
        ) with (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);
        create index ix_delivery_due on delivery (run_id, next_at) where next_at is not null;
        create table sender_session (
            id bigint generated always as identity primary key,
            run_id integer not null references mailing_run (id) on delete cascade,
            host text not null,
            pid integer not null,
            started_at timestamptz not null
        );
        create index ix_sender_session_run on sender_session (run_id);
        -- What recipients did. link is -1 where no link is concerned; bot hits are kept apart, never dropped.
        create table reaction (
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            kind text not null,
            link smallint not null default -1,
            bot boolean not null default false,
            hits integer not null,
            first_at timestamptz not null,
            last_at timestamptz not null,
            reason text,
            primary key (run_id, profile_id, kind, link, bot)
        ) with (fillfactor = 85);
        create index ix_reaction_kind on reaction (run_id, kind, profile_id);
        create table message_key (
            id smallint primary key check (id = 1),
            key bytea not null
        );
        create table captured_mail (
            id bigint generated always as identity primary key,
            received_at timestamptz not null,
            envelope_from text not null,
            recipients text[] not null,
            sender text not null,
            subject text not null,
            size integer not null,
            mailing_id integer,
            run_id integer,
            profile_id bigint,
            source bytea not null
        );
        create index ix_captured_mail_mailing on captured_mail (mailing_id, id desc);
        create table mailbox_server (
            id smallint primary key check (id = 1),
            host text not null,
            port integer not null,
            started_at timestamptz not null
        );
        """
    )
