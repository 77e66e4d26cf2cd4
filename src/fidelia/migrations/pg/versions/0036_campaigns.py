"""Campaigns: who is in them and on which side, what they are made of, how they came in."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table campaign (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            segment_id integer not null,
            name text not null,
            description text not null default '',
            state text not null default 'draft' check (state in ('draft', 'building', 'active', 'completed')),
            -- The local control group: null share while there is none. Strata are fixed once somebody is kept back.
            share integer check (share > 0 and share < 1000000),
            cap integer check (cap > 0),
            strata jsonb not null default '[]',
            salt text not null,
            -- People assigned while nothing changed their chance of being kept back are one epoch; the present control
            -- group began with first_epoch.
            epoch integer not null default 1,
            first_epoch integer not null default 1,
            controlled_since timestamptz,
            -- What counts as success: orders, or a goal by its name; and for how long after the end.
            goal text,
            window_days integer not null default 7 check (window_days between 0 and 90),
            cost numeric(18, 4) check (cost >= 0),
            currency text,
            version bigint not null default 1,
            started_at timestamptz,
            completed_at timestamptz,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create index ix_campaign_database_id on campaign (database_id);
        create index ix_campaign_segment_id on campaign (segment_id);

        -- One row a campaign, read with every chunk that is sent. assigned: everybody ever given a side; audience: who of
        -- them is in now; control: who is kept back; guests: who came by an activity; withheld: whom the global control
        -- group keeps out. segment_version is the list's that all this was worked out from.
        create table campaign_people (
            campaign_id integer primary key references campaign (id) on delete cascade,
            assigned bytea not null,
            audience bytea not null,
            control bytea not null,
            guests bytea not null,
            withheld bytea not null,
            -- How many are in at present: all, those of them kept back, those of them who came by an activity; and withheld.
            audience_size bigint not null default 0,
            control_size bigint not null default 0,
            guests_size bigint not null default 0,
            withheld_size bigint not null default 0,
            segment_version bigint,
            updated_at timestamptz not null
        );
        alter table campaign_people alter column assigned set storage external;
        alter table campaign_people alter column audience set storage external;
        alter table campaign_people alter column control set storage external;
        alter table campaign_people alter column guests set storage external;
        alter table campaign_people alter column withheld set storage external;

        create table campaign_stratum (
            campaign_id integer not null references campaign (id) on delete cascade,
            epoch integer not null,
            key text not null,
            label text not null,
            people bytea not null,
            primary key (campaign_id, epoch, key)
        );
        alter table campaign_stratum alter column people set storage external;

        -- How people came in, by day, source and activity.
        create table campaign_entry (
            campaign_id integer not null references campaign (id) on delete cascade,
            day date not null,
            source text not null check (source in ('segment', 'audience', 'opened', 'clicked', 'goal', 'order')),
            -- 0 where no activity brought them.
            activity integer not null,
            people bytea not null,
            primary key (campaign_id, day, source, activity)
        );
        alter table campaign_entry alter column people set storage external;

        create table campaign_activity (
            campaign_id integer not null references campaign (id) on delete cascade,
            kind text not null check (kind in ('mailing', 'scenario')),
            object_id integer not null,
            -- By what the activity widens the audience: audience, opened, clicked, goal, order.
            widens text[] not null default '{}',
            exempt boolean not null default false,
            attached_at timestamptz not null,
            primary key (kind, object_id)
        );
        create index ix_campaign_activity_campaign_id on campaign_activity (campaign_id);

        create table campaign_run (
            id bigint generated always as identity primary key,
            campaign_id integer not null references campaign (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            finished_at timestamptz,
            took_ms integer,
            audience bigint,
            joined bigint,
            kept_back bigint,
            gone bigint,
            warnings jsonb not null default '[]',
            error text
        );
        create index ix_campaign_run_campaign_id on campaign_run (campaign_id, id desc);
        create unique index uq_campaign_run_open on campaign_run (campaign_id) where state in ('queued', 'running');

        create table campaign_tag (
            campaign_id integer not null references campaign (id) on delete cascade,
            tag_id integer not null references tag (id) on delete cascade,
            primary key (campaign_id, tag_id)
        );
        create index ix_campaign_tag_tag_id on campaign_tag (tag_id);

        -- The campaign a mailing belongs to; no campaign is deleted while it has one.
        alter table mailing add column campaign_id integer references campaign (id) on delete set null;
        create index ix_mailing_campaign_id on mailing (campaign_id) where campaign_id is not null;
        """
    )
