"""Feeds of products; product segments."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table market_feed (
            id integer generated always as identity primary key,
            name text not null,
            active boolean not null,
            source jsonb not null,
            secret text,
            -- Of a feed that is a file: where it lies.
            file_key text,
            format text check (format in ('yml', 'google_xml', 'google_table')),
            entity text not null check (entity in ('products', 'skus')),
            mode text not null check (mode in ('upsert', 'add', 'update')),
            currency text,
            mapping jsonb not null default '[]',
            categories text not null check (categories in ('add', 'overwrite', 'ignore')),
            unknown text not null check (unknown in ('keep', 'create', 'ignore', 'refuse')),
            skip_unchanged boolean not null,
            stop_after integer not null,
            schedule jsonb,
            next_run_at timestamptz,
            failures integer not null default 0,
            stopped text,
            -- Of what was loaded last: the server's marks, and what the content was.
            etag text,
            last_modified text,
            content_hash text,
            version integer not null default 1,
            created_by text not null,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_market_feed_name on market_feed (lower(name));
        create index ix_market_feed_next_run_at on market_feed (next_run_at) where next_run_at is not null;

        create table feed_run (
            id bigint generated always as identity primary key,
            feed_id integer not null references market_feed (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'skipped', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz,
            force boolean not null,
            -- The feed's version when the run began: what it found belongs to that one.
            version integer not null,
            -- fetch, read, categories, products, skus: what is done next when the process dies.
            stage text not null default 'fetch',
            -- The last item that is written, of this stage.
            position integer not null default 0,
            file_key text,
            size bigint,
            etag text,
            last_modified text,
            content_hash text,
            format text,
            offers integer not null default 0,
            created integer not null default 0,
            updated integer not null default 0,
            unchanged integer not null default 0,
            skipped integer not null default 0,
            rejected integer not null default 0,
            products integer not null default 0,
            skus integer not null default 0,
            category_count integer not null default 0,
            categories jsonb not null default '[]',
            unknown jsonb not null default '[]',
            reasons jsonb not null default '[]',
            note text,
            error text
        );
        create index ix_feed_run_feed_id on feed_run (feed_id, id desc);
        create unique index uq_feed_run_open on feed_run (feed_id) where state in ('queued', 'running');

        -- Offers on their way: read from the file in one transaction, written to the catalogue some at a time.
        create table feed_item (
            run_id bigint not null references feed_run (id) on delete cascade,
            n integer not null,
            line integer not null,
            external_id text not null,
            -- The product that an offer is a variant of.
            parent text,
            body bytea not null,
            primary key (run_id, n)
        );
        create index ix_feed_item_parent on feed_item (run_id, parent, n) where parent is not null;
        create index ix_feed_item_external_id on feed_item (run_id, external_id) where parent is null;

        create table feed_reject (
            run_id bigint not null references feed_run (id) on delete cascade,
            id bigint generated always as identity,
            line integer not null,
            offer text not null,
            field text not null,
            value text not null,
            reason text not null,
            primary key (run_id, id)
        );

        create table product_segment (
            id integer generated always as identity primary key,
            entity text not null check (entity in ('product', 'sku')),
            name text not null,
            description text not null default '',
            type text not null check (type in ('static', 'updatable')),
            condition jsonb,
            most integer check (most > 0),
            schedule jsonb,
            -- Switched off: the schedule rests, the list stays as it is.
            active boolean not null default true,
            next_run_at timestamptz,
            size bigint not null default 0,
            calculated_at timestamptz,
            version bigint not null default 1,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            check ((type = 'updatable') = (condition is not null))
        );
        create unique index uq_product_segment_name on product_segment (lower(name)) where archived_at is null;
        create index ix_product_segment_next_run_at on product_segment (next_run_at) where next_run_at is not null;

        create table product_segment_list (
            segment_id integer primary key references product_segment (id) on delete cascade,
            members bytea not null,
            version bigint not null,
            updated_at timestamptz not null
        );
        alter table product_segment_list alter column members set storage external;

        create table product_segment_run (
            id bigint generated always as identity primary key,
            segment_id integer not null references product_segment (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'skipped', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            started_at timestamptz,
            finished_at timestamptz,
            took_ms integer,
            size bigint,
            entered bigint,
            left_count bigint,
            error text
        );
        create index ix_product_segment_run_segment_id on product_segment_run (segment_id, id desc);
        create unique index uq_product_segment_run_open on product_segment_run (segment_id)
            where state in ('queued', 'running');

        -- Changes of static lists by hand and API.
        create table product_segment_log (
            id bigint generated always as identity primary key,
            segment_id integer not null references product_segment (id) on delete cascade,
            at timestamptz not null,
            action text not null check (action in ('add', 'remove', 'clear')),
            source text not null,
            actor text not null,
            entered bigint not null,
            left_count bigint not null,
            size bigint not null
        );
        create index ix_product_segment_log_segment_id on product_segment_log (segment_id, id desc);
        """
    )
