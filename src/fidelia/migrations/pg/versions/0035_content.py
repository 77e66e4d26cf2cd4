"""What templates are made with: fragments, feeds, attachments, and segments that a run has looked at."""

from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table fragment (
            id integer generated always as identity primary key,
            -- What templates include it by; it never changes.
            key text not null unique,
            name text not null,
            description text not null default '',
            format text not null check (format in ('text', 'html', 'mjml')),
            body text not null default '',
            version integer not null default 1,
            problems jsonb not null default '[]',
            -- What its body names: fragments by key, segments by id, feeds by key.
            refers jsonb not null default '{}',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create table fragment_version (
            fragment_id integer not null references fragment (id) on delete cascade,
            number integer not null,
            format text not null,
            body text not null,
            saved_at timestamptz not null,
            saved_by text not null,
            primary key (fragment_id, number)
        );
        -- What a draft names, and what a version was made with ({"fragments": {"footer": 3}, "segments": [12], …}).
        alter table template add column refers jsonb not null default '{}';
        alter table template_version add column refers jsonb not null default '{}';
        -- Files of the draft, in order; those of a version stand in what it was compiled to.
        alter table template add column attachments jsonb not null default '[]';
        -- The content of attached files, once whatever number of templates and versions have them.
        create table attachment (
            digest bytea primary key,
            size integer not null,
            content bytea not null,
            created_at timestamptz not null
        );
        alter table attachment alter column content set storage external;
        create table feed (
            id integer generated always as identity primary key,
            -- What templates name it by; it never changes.
            key text not null unique,
            name text not null,
            description text not null default '',
            url text not null,
            -- Values of profiles stand in the address: it is fetched for each recipient.
            personal boolean not null default false,
            header_names text[] not null default '{}',
            headers text,
            cache_minutes integer not null,
            timeout_seconds integer not null,
            on_failure text not null check (on_failure in ('block', 'last', 'empty')),
            fetched_at timestamptz,
            failed_at timestamptz,
            error text,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        -- The last good answer of each address; the address itself may hold personal data and is kept as its hash.
        create table feed_copy (
            feed_id integer not null references feed (id) on delete cascade,
            address bytea not null,
            body bytea not null,
            etag text,
            last_modified text,
            fetched_at timestamptz not null,
            primary key (feed_id, address)
        );
        create index ix_feed_copy_fetched_at on feed_copy (fetched_at);
        -- What all recipients of a run see.
        create table run_feed (
            run_id integer not null references mailing_run (id) on delete cascade,
            feed_id integer not null references feed (id) on delete cascade,
            body bytea not null,
            fetched_at timestamptz,
            primary key (run_id, feed_id)
        );
        -- Who of a run's people was in a segment when it was looked at, and who was looked at.
        create table run_segment (
            run_id integer not null references mailing_run (id) on delete cascade,
            segment_id integer not null,
            members bytea not null,
            known bytea not null,
            at timestamptz not null,
            primary key (run_id, segment_id)
        );
        """
    )
