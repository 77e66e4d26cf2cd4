"""Placements: places of sites, what is shown there and to whom, and the secrets by which sites sign visitors."""

from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table placement_slot (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            key text not null,
            name text not null,
            description text not null default '',
            -- Of the domains of the site's key, where it may be filled; all of them when empty.
            domains text[] not null default '{}',
            width integer,
            fallback text not null default '',
            -- Whether who came by a link of a mail is known here without a signature.
            by_link boolean not null default true,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (database_id, key)
        );
        -- By what a site signs its visitors: encrypted; the former one holds for a while after a change.
        create table site_secret (
            key_id integer primary key references write_key (id) on delete cascade,
            secret text not null,
            former text,
            former_until timestamptz,
            created_at timestamptz not null
        );
        alter table mailing add column placement jsonb;
        -- What every request of a page asks first: what is live in a slot, and which version its audience has.
        create table placement_run (
            run_id integer primary key references mailing_run (id) on delete cascade,
            mailing_id integer not null references mailing (id) on delete cascade,
            database_id integer not null,
            slot_id integer not null references placement_slot (id) on delete cascade,
            live boolean not null default false,
            priority smallint not null,
            ends_at timestamptz,
            refresh_minutes integer not null default 0,
            version integer not null default 0,
            next_refresh_at timestamptz,
            check (not live or version > 0)
        );
        create index ix_placement_run_slot on placement_run (slot_id) where live;
        create index ix_placement_run_mailing on placement_run (mailing_id);
        -- A row for each time that somebody has seen it, or holds the right to: where showings are counted, a right is
        -- given with the content and ends when nothing is seen for some minutes.
        create table placement_show (
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            nonce bigint not null,
            served_at timestamptz not null,
            shown_at timestamptz,
            closed_at timestamptz,
            primary key (run_id, profile_id, nonce)
        ) with (fillfactor = 85);
        create index ix_placement_show_held on placement_show (served_at) where shown_at is null;
        """
    )
