"""Promotions, their versions and limits; calculated orders."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    create table loyalty_rules (
        program_id int primary key references loyalty_program (id) on delete cascade,
        revision bigint not null default 1,
        accrue_on text not null default 'committed' check (accrue_on in ('committed', 'paid', 'delivered')),
        return_days int not null default 0 check (return_days between 0 and 3650),
        updated_at timestamptz not null
    )
    """,
    """
    create table promotion_group (
        id int generated always as identity primary key,
        program_id int not null references loyalty_program (id) on delete cascade,
        name text not null,
        per text not null default 'order' check (per in ('order', 'line')),
        archived_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null
    )
    """,
    "create unique index promotion_group_name on promotion_group (program_id, lower(name)) where archived_at is null",
    """
    create table promotion (
        id int generated always as identity primary key,
        program_id int not null references loyalty_program (id) on delete cascade,
        external_id text,
        kind text not null check (kind in ('trigger', 'discount', 'points')),
        state text not null default 'draft' check (state in ('draft', 'active', 'paused', 'archived')),
        place int not null,
        versions int not null default 1,
        revision bigint not null default 1,
        archived_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null
    )
    """,
    """
    create table promotion_usage (
        promotion_id int not null references promotion (id) on delete cascade,
        shard smallint not null,
        uses bigint not null,
        money numeric(18, 4) not null,
        points numeric(18, 4) not null,
        primary key (promotion_id, shard)
    ) with (fillfactor = 50)
    """,
    "create unique index promotion_external_id on promotion (program_id, external_id) where external_id is not null",
    "create index promotion_place on promotion (program_id, place, id)",
    """
    create table promotion_version (
        promotion_id int not null references promotion (id) on delete cascade,
        number int not null,
        definition jsonb not null,
        sentence text not null,
        author text not null,
        published_at timestamptz,
        effective_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (promotion_id, number),
        check ((published_at is null) = (effective_at is null))
    )
    """,
    # There is one draft at most.
    "create unique index promotion_draft on promotion_version (promotion_id) where published_at is null",
    """
    create table promotion_log (
        id bigint generated always as identity primary key,
        promotion_id int not null references promotion (id) on delete cascade,
        at timestamptz not null,
        who text not null,
        what text not null,
        version int,
        detail jsonb not null default '{}'
    )
    """,
    "create index promotion_log_of on promotion_log (promotion_id, id desc)",
    """
    create table promotion_counter (
        id bigint generated always as identity primary key,
        promotion_id int not null references promotion (id) on delete cascade,
        what text not null check (what in ('uses', 'points', 'money')),
        profile_id bigint not null,
        period text not null check (period in ('ever', 'day', 'week', 'month', 'year')),
        since date not null,
        used numeric(18, 4) not null default 0 check (used >= 0),
        unique (promotion_id, what, profile_id, period, since)
    ) with (fillfactor = 50)
    """,
    "create index promotion_counter_of on promotion_counter (profile_id) where profile_id > 0",
    """
    create table promotion_firing (
        promotion_id int not null references promotion (id) on delete cascade,
        reference text not null,
        profile_id bigint not null,
        asked text not null,
        reply jsonb not null,
        at timestamptz not null,
        primary key (promotion_id, reference)
    )
    """,
    "create index promotion_firing_of on promotion_firing (profile_id)",
    """
    create table order_segment (
        id int generated always as identity primary key,
        database_id int not null references profile_database (id) on delete cascade,
        name text not null,
        description text not null default '',
        condition jsonb not null,
        sentence text not null,
        revision bigint not null default 1,
        archived_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null
    )
    """,
    "create unique index order_segment_name on order_segment (database_id, lower(name)) where archived_at is null",
    """
    create table order_calculation (
        id bigint generated always as identity primary key,
        database_id int not null references profile_database (id) on delete cascade,
        external_id text not null,
        order_id bigint references sales_order (id) on delete cascade,
        program_id int references loyalty_program (id) on delete set null,
        profile_id bigint,
        asked bytea not null,
        reply jsonb not null default '{}',
        currency text not null,
        discount numeric(18, 4) not null default 0,
        final numeric(18, 4) not null default 0,
        accrue_on text check (accrue_on in ('committed', 'paid', 'delivered')),
        accrued_at timestamptz,
        codes_given_back boolean not null default false,
        at timestamptz not null,
        unique (database_id, external_id)
    ) with (fillfactor = 85)
    """,
    "create unique index order_calculation_order on order_calculation (order_id)",
    "create index order_calculation_profile on order_calculation (database_id, profile_id)",
    """
    create table order_share (
        calculation_id bigint not null references order_calculation (id) on delete cascade,
        what text not null check (what in ('discount', 'accrue', 'redeem')),
        promotion_id int not null,
        point_type_id int not null,
        line int not null,
        amount numeric(18, 4) not null,
        returned numeric(18, 4) not null default 0 check (returned between 0 and amount),
        primary key (calculation_id, what, promotion_id, point_type_id, line)
    )
    """,
    """
    create table order_entry (
        calculation_id bigint not null references order_calculation (id) on delete cascade,
        transaction_id uuid not null,
        what text not null check (what in ('accrue', 'held', 'redeem')),
        promotion_id int not null,
        point_type_id int not null,
        amount numeric(18, 4) not null,
        returned numeric(18, 4) not null default 0 check (returned between 0 and amount),
        primary key (calculation_id, transaction_id)
    )
    """,
    """
    create table order_use (
        calculation_id bigint not null references order_calculation (id) on delete cascade,
        promotion_id int not null,
        uses int not null,
        money numeric(18, 4) not null,
        points numeric(18, 4) not null,
        returned_uses int not null default 0,
        returned_money numeric(18, 4) not null default 0,
        returned_points numeric(18, 4) not null default 0,
        counters bigint[] not null default '{}',
        primary key (calculation_id, promotion_id)
    )
    """,
    "create index order_use_promotion on order_use (promotion_id, calculation_id)",
    """
    create table order_trace (
        calculation_id bigint primary key references order_calculation (id) on delete cascade,
        trace bytea not null
    )
    """,
)
