"""Mails that came back: what was returned, soft bounces by address, and the stop list of hard bounces."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- Lists with a purpose are kept by Fidelia itself and obeyed by every send.
        alter table suppression_list add column purpose text check (purpose in ('bounces'));
        create unique index uq_suppression_list_purpose on suppression_list (purpose) where purpose is not null;
        insert into suppression_list (name, description, purpose, created_at, updated_at)
        select case when exists (
                select from suppression_list where lower(name) = 'hard bounces' and archived_at is null)
            then 'Hard bounces (kept by Fidelia)' else 'Hard bounces' end,
            'Addresses that mails came back from for good. Take one off to write to it again.', 'bounces', now(), now();

        -- Everything that came in, newest kept; the content only of what a person has to look at.
        create table returned_mail (
            id bigint generated always as identity primary key,
            received_at timestamptz not null,
            source text not null check (source in ('smtp', 'api', 'provider')),
            outcome text not null
                check (outcome in ('bounced', 'complained', 'ignored', 'unmatched', 'unreadable')),
            hard boolean,
            code text not null default '',
            reason text not null default '',
            run_id integer references mailing_run (id) on delete cascade,
            profile_id bigint,
            occasion bigint,
            mailing_id integer,
            database_id integer,
            sender text not null default '',
            subject text not null default '',
            size integer not null,
            content bytea
        );
        create index ix_returned_mail_outcome on returned_mail (outcome, id desc);
        create index ix_returned_mail_run on returned_mail (run_id, profile_id);

        -- One row per message that came back softly: what is counted before an address is taken for dead.
        create table soft_bounce (
            contact_hash bytea not null,
            run_id integer not null references mailing_run (id) on delete cascade,
            profile_id bigint not null,
            occasion bigint not null,
            at timestamptz not null,
            primary key (contact_hash, run_id, profile_id, occasion)
        );
        create index ix_soft_bounce_at on soft_bounce (at);
        """
    )
