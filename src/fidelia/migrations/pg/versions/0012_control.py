"""Global control groups: one a database, its strata with their people, its runs."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table control_group (
            id integer generated always as identity primary key,
            database_id integer not null unique references profile_database (id) on delete cascade,
            active boolean not null,
            share integer not null check (share > 0 and share < 1000000),
            cap integer check (cap > 0),
            strata jsonb not null,
            exceptions jsonb not null,
            schedule jsonb,
            next_refresh_at timestamptz,
            salt text not null,
            started_at timestamptz,
            switched_off_at timestamptz,
            active_since timestamptz not null,
            epoch integer not null default 1,
            size bigint not null default 0,
            people bigint not null default 0,
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create index ix_control_group_next_refresh_at on control_group (next_refresh_at)
            where next_refresh_at is not null;

        create table control_bitmap (
            group_id integer primary key references control_group (id) on delete cascade,
            members bytea not null,
            updated_at timestamptz not null
        );
        alter table control_bitmap alter column members set storage external;

        create table control_stratum (
            group_id integer not null references control_group (id) on delete cascade,
            epoch integer not null,
            key text not null,
            label text not null,
            people bytea not null,
            primary key (group_id, epoch, key)
        );
        alter table control_stratum alter column people set storage external;

        create table control_run (
            id bigint generated always as identity primary key,
            group_id integer not null references control_group (id) on delete cascade,
            state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            source text not null,
            actor text not null,
            job_id text,
            queued_at timestamptz not null,
            finished_at timestamptz,
            took_ms integer,
            people bigint,
            target bigint,
            size bigint,
            joined bigint,
            entered bigint,
            strata jsonb not null default '[]',
            warnings jsonb not null default '[]',
            error text,
            members bytea
        );
        alter table control_run alter column members set storage external;
        create index ix_control_run_group_id on control_run (group_id, id desc);
        create unique index uq_control_run_open on control_run (group_id) where state in ('queued', 'running');
        """
    )
