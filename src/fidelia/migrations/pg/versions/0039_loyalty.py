"""Loyalty programs, point types, levels, members, partners."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table loyalty_program (
            id integer generated always as identity primary key,
            -- Fixed: members are profiles of this database.
            database_id integer not null references profile_database (id) on delete cascade,
            -- How others name it, in conditions and templates too; it never changes.
            external_id text not null,
            name text not null,
            description text not null default '',
            state text not null default 'draft' check (state in ('draft', 'active', 'inactive', 'archived')),
            audience text not null check (audience in ('everybody', 'segment', 'manual')),
            segment_id integer,
            -- How promotions are weighed against each other, and from which price a percentage is taken.
            mode text not null default 'priority' check (mode in ('priority', 'best')),
            base text not null default 'discounted' check (base in ('discounted', 'initial')),
            -- What a refund does when the points it takes back are spent: the member owes them, what is there is taken, or only
            -- what could not be spent yet.
            claw_back text not null default 'allow_negative'
                check (claw_back in ('allow_negative', 'floor_zero', 'only_pending')),
            -- Raised by every change of the settings, and by every change of points, levels and partners.
            version bigint not null default 1,
            -- The version of the segment's list that members were last taken from.
            segment_version bigint,
            activated_at timestamptz,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            check ((audience = 'segment') = (segment_id is not null))
        );
        create unique index uq_loyalty_program_active on loyalty_program (database_id) where state = 'active';
        create unique index uq_loyalty_program_external_id on loyalty_program (external_id);
        create index ix_loyalty_program_database_id on loyalty_program (database_id);
        create index ix_loyalty_program_segment_id on loyalty_program (segment_id) where segment_id is not null;

        create table loyalty_point_type (
            id integer generated always as identity primary key,
            program_id integer not null references loyalty_program (id) on delete cascade,
            key text not null,
            name text not null,
            kind text not null check (kind in ('standard', 'qualification')),
            places smallint not null default 2 check (places between 0 and 4),
            -- One point is worth so much money.
            ratio numeric(18, 8) check (ratio > 0),
            ratio_currency text,
            initial numeric(18, 4) not null default 0 check (initial >= 0),
            -- ISO 8601 durations: how long after the accrual points become usable, and when they lapse.
            delay text,
            expiry jsonb not null default '{"kind": "never"}',
            rounding text not null default 'down' check (rounding in ('down', 'half_up', 'up')),
            max_balance numeric(18, 4) check (max_balance > 0),
            max_accrual numeric(18, 4) check (max_accrual > 0),
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            check ((ratio is null) = (ratio_currency is null)),
            unique (program_id, key)
        );

        create table loyalty_level_group (
            id integer generated always as identity primary key,
            program_id integer not null references loyalty_program (id) on delete cascade,
            key text not null,
            name text not null,
            point_type_id integer not null references loyalty_point_type (id),
            mode text not null check (mode in ('cumulative', 'period')),
            upgrade text not null check (upgrade in ('immediate', 'at_review')),
            downgrade text not null check (downgrade in ('none', 'one_step', 'to_earned')),
            review jsonb not null default '{"kind": "none"}',
            reset jsonb not null default '{"when": "none", "how": "keep"}',
            grace_days integer not null default 0 check (grace_days between 0 and 3650),
            -- The level members begin on; null: on none.
            entry_level_id integer,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (program_id, key)
        );
        create table loyalty_level (
            id integer generated always as identity primary key,
            group_id integer not null references loyalty_level_group (id) on delete cascade,
            key text not null,
            name text not null,
            position integer not null check (position >= 0),
            threshold numeric(18, 4) not null check (threshold >= 0),
            benefits jsonb not null default '[]',
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (group_id, key),
            unique (group_id, position) deferrable initially deferred
        );
        alter table loyalty_level_group add foreign key (entry_level_id) references loyalty_level (id) on delete set null;

        create table loyalty_partner (
            id integer generated always as identity primary key,
            program_id integer not null references loyalty_program (id) on delete cascade,
            external_id text not null,
            name text not null,
            -- Which lines of an order are the partner's: a condition on a line, null: all.
            products jsonb,
            multiplier numeric(9, 4) not null default 1 check (multiplier >= 0),
            -- How much of the points' value the partner pays, in percent.
            share numeric(7, 4) not null default 0 check (share between 0 and 100),
            currency text,
            starts_on date,
            ends_on date,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            unique (program_id, external_id)
        );

        create table loyalty_member (
            program_id integer not null references loyalty_program (id) on delete cascade,
            profile_id bigint not null,
            state text not null check (state in ('active', 'removed')),
            source text not null check (source in ('everybody', 'segment', 'order', 'manual', 'api', 'scenario')),
            joined_at timestamptz not null,
            removed_at timestamptz,
            updated_at timestamptz not null,
            primary key (program_id, profile_id)
        );
        create index ix_loyalty_member_joined_at on loyalty_member (program_id, joined_at, profile_id);
        create index ix_loyalty_member_profile_id on loyalty_member (profile_id);

        -- Where a member stands in a group. counted is what had been earned when counting last began anew: what counts is
        -- what has been earned since. floor_id is the level at that moment; what is taken back never leads below it.
        create table loyalty_standing (
            group_id integer not null references loyalty_level_group (id) on delete cascade,
            profile_id bigint not null,
            level_id integer references loyalty_level (id),
            floor_id integer references loyalty_level (id),
            reached_at timestamptz not null,
            counted numeric(18, 4) not null default 0,
            counted_since timestamptz not null,
            -- Days of the database's time zone; null: never.
            review_on date,
            reset_on date,
            -- The last day reviewed, and whether the member has until review_on to reach the level again.
            reviewed_on date,
            in_grace boolean not null default false,
            primary key (group_id, profile_id)
        ) with (fillfactor = 80);
        create index ix_loyalty_standing_level_id on loyalty_standing (level_id);
        create index ix_loyalty_standing_review_on on loyalty_standing (group_id, review_on, profile_id)
            where review_on is not null;
        create index ix_loyalty_standing_reset_on on loyalty_standing (group_id, reset_on, profile_id)
            where reset_on is not null;

        -- Every move of a member from one level to another; append-only.
        create table loyalty_level_move (
            id bigint generated always as identity primary key,
            group_id integer not null references loyalty_level_group (id) on delete cascade,
            profile_id bigint not null,
            from_id integer,
            to_id integer,
            at timestamptz not null,
            cause text not null check (cause in ('joined', 'points', 'review', 'grant', 'settings', 'merge')),
            -- What counted at that moment, and who or what it was by.
            points numeric(18, 4) not null,
            reason text
        );
        create index ix_loyalty_level_move_member on loyalty_level_move (group_id, profile_id, id);
        create index ix_loyalty_level_move_at on loyalty_level_move (group_id, at);

        -- The days on which a group was reviewed or reset, and how far that has come: one row a day and kind.
        create table loyalty_review (
            id bigint generated always as identity primary key,
            group_id integer not null references loyalty_level_group (id) on delete cascade,
            day date not null,
            kind text not null check (kind in ('review', 'reset')),
            reviewed bigint not null default 0,
            raised bigint not null default 0,
            lowered bigint not null default 0,
            kept bigint not null default 0,
            graced bigint not null default 0,
            started_at timestamptz not null,
            finished_at timestamptz,
            unique (group_id, day, kind)
        );
        """
    )
