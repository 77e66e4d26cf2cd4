"""Goals, the domains of sites, and what is counted as the doing of a message."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table goal (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            key text not null,
            name text not null,
            description text not null default '',
            -- What one reaching is worth when none is told; with a currency it counts as money.
            default_value numeric(18, 4),
            currency text,
            -- Conditions that the site script looks at, any of which will do.
            conditions jsonb not null default '[]',
            active boolean not null default true,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (database_id, key)
        );
        -- Hosts of the sites a key is for, and whether it heeds a browser that asks not to be tracked.
        alter table write_key add column domains text[] not null default '{}';
        alter table write_key add column heeds_privacy boolean not null default true;
        -- How what has no message's token is attributed: one row for the installation.
        create table attribution (
            id smallint primary key check (id = 1),
            window_days smallint not null check (window_days between 1 and 90),
            ways text[] not null,
            updated_at timestamptz not null
        );
        insert into attribution (id, window_days, ways, updated_at) values (1, 7, '{click,open,delivery}', now());
        -- A goal or an order that a message led to. An order that is taken back has a further row that takes it off,
        -- one that is put back another. profile_id is the message's recipient, reached_by whose goal or order it is.
        create table conversion (
            id bigint generated always as identity primary key,
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            occasion bigint not null default 0,
            reached_by bigint not null,
            event_id text not null,
            kind text not null check (kind in ('goal', 'order')),
            goal text not null default '',
            order_id bigint,
            sign smallint not null default 1 check (sign in (1, -1)),
            value numeric(18, 4),
            currency text,
            at timestamptz not null,
            by text not null check (by in ('token', 'click', 'open', 'delivery')),
            touched_at timestamptz not null
        );
        create index ix_conversion_run on conversion (run_id, profile_id);
        create index ix_conversion_order on conversion (order_id) where order_id is not null;
        create index ix_conversion_reached_by on conversion (reached_by);
        create index ix_conversion_profile on conversion (profile_id);
        """
    )
