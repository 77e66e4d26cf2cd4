"""Double opt-in: requests to confirm a subscription; subscriptions that pause; the preference centre of a database."""

from alembic import op
from pyroaring import BitMap

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table subscription add column paused_until timestamptz;
        create table double_opt_in (
            resource_id integer primary key references resource (id) on delete cascade,
            enabled boolean not null default false,
            template_id integer references template (id),
            from_email text not null default '',
            from_name text not null default '',
            expires_days integer not null default 7 check (expires_days between 1 and 90),
            daily_limit integer not null default 3 check (daily_limit between 1 and 20),
            updated_at timestamptz not null
        );
        -- One row per mail that asks somebody to confirm. run_id is the run of the send ledger that carries it: it is
        -- set in the transaction that makes the ledger's row, so that a request is never sent twice. No foreign key: a
        -- request whose run is gone must not look like one that waits.
        create table opt_in_request (
            id bigint generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            profile_id bigint not null,
            subscription_id bigint not null,
            resource_id integer not null references resource (id),
            contact text not null,
            by_person boolean not null default false,
            source text not null,
            requested_at timestamptz not null,
            expires_at timestamptz not null,
            run_id integer,
            version_id integer,
            text_version text,
            confirmed_at timestamptz,
            confirmed_ip text,
            confirmed_agent text
        );
        create index ix_opt_in_request_waiting on opt_in_request (resource_id, database_id)
            where run_id is null and confirmed_at is null;
        create index ix_opt_in_request_profile on opt_in_request (database_id, profile_id);
        create index ix_opt_in_request_subscription on opt_in_request (subscription_id);
        create index ix_opt_in_request_resource on opt_in_request (resource_id, requested_at);
        create index ix_opt_in_request_contact on opt_in_request (contact, resource_id, requested_at);
        create index ix_opt_in_request_run on opt_in_request (run_id, profile_id) where run_id is not null;
        -- Mailings that Fidelia itself keeps, such as the one whose runs carry a resource's confirmation mails.
        alter table mailing add column is_system boolean not null default false;
        create unique index uq_mailing_system on mailing (resource_id, database_id) where is_system;
        alter table mailing drop constraint mailing_database_id_fkey;
        alter table mailing add constraint mailing_database_id_fkey
            foreign key (database_id) references profile_database (id) on delete cascade;
        create table preference_center (
            database_id integer primary key references profile_database (id) on delete cascade,
            title text not null default '',
            logo_text text not null default '',
            intro text not null default '',
            language text not null default 'en',
            fields jsonb not null default '[]',
            updated_at timestamptz not null
        );
        """
    )
    # The tables in ClickHouse get their new column with the next projection of each database.
    op.get_bind().exec_driver_sql(
        "insert into dirty (stream, database_id, rows, ids) select 'databases', id, 1, %s from profile_database",
        (BitMap([1]).serialize(),),
    )
