"""The points ledger: accounts, transactions that are only ever added, lots, and what was taken out of which lot."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- One row a member and point type: whoever writes points locks it first, in the order of ids.
        -- balance = what is left in the account's lots - debt. An account that was merged has an heir and stays empty.
        create table loyalty_account (
            id bigint generated always as identity primary key,
            database_id integer not null,
            program_id integer not null,
            point_type_id integer not null,
            profile_id bigint not null,
            balance numeric(18, 4) not null default 0,
            debt numeric(18, 4) not null default 0 check (debt >= 0),
            -- The number of the account's last transaction.
            seq bigint not null default 0,
            heir_id bigint references loyalty_account (id),
            created_at timestamptz not null,
            updated_at timestamptz not null
        ) with (fillfactor = 85);
        create unique index uq_loyalty_account_point_type_id_profile_id on loyalty_account (point_type_id, profile_id);
        create index ix_loyalty_account_database_id_profile_id on loyalty_account (database_id, profile_id);
        create index ix_loyalty_account_heir_id on loyalty_account (heir_id) where heir_id is not null;

        create table loyalty_transaction (
            id uuid primary key,
            program_id integer not null,
            account_id bigint not null references loyalty_account (id) on delete cascade,
            point_type_id integer not null,
            -- Whose it is now: the heir's after a merge.
            profile_id bigint not null,
            seq bigint not null,
            type text not null,
            state text not null
                check (state in ('final', 'held', 'committed', 'rolled_back', 'timed_out', 'cancelled')),
            amount numeric(18, 4) not null check (amount >= 0),
            change numeric(18, 4) not null,
            balance_before numeric(18, 4) not null,
            balance_after numeric(18, 4) not null,
            -- By how much the open debt grew or, repaid, shrank.
            debt_change numeric(18, 4) not null default 0,
            -- The transaction that this one commits, undoes, takes back or lets expire.
            of_id uuid,
            reference text,
            -- What was asked under the reference, to tell a repeat from another question.
            asked uuid,
            source_type text not null default '',
            source_id text not null default '',
            promotion_id integer,
            reason text not null default '',
            by_name text not null,
            by_key text not null,
            data jsonb,
            hold_until timestamptz,
            active_from timestamptz,
            expires_at timestamptz,
            -- When it counts from, and when it was written.
            at timestamptz not null,
            created_at timestamptz not null,
            check (balance_after = balance_before + change)
        );
        create unique index uq_loyalty_transaction_account_id_seq on loyalty_transaction (account_id, seq);
        create unique index uq_loyalty_transaction_program_id_reference
            on loyalty_transaction (program_id, reference) where reference is not null;
        create index ix_loyalty_transaction_program_id_id on loyalty_transaction (program_id, id desc);
        create index ix_loyalty_transaction_program_id_at on loyalty_transaction (program_id, at);
        create index ix_loyalty_transaction_profile_id on loyalty_transaction (profile_id, id desc);
        create index ix_loyalty_transaction_of_id on loyalty_transaction (of_id) where of_id is not null;
        create index ix_loyalty_transaction_hold_until on loyalty_transaction (hold_until) where state = 'held';
        create index ix_loyalty_transaction_held on loyalty_transaction (account_id) where state = 'held';
        create index ix_loyalty_transaction_source
            on loyalty_transaction (program_id, source_type, source_id) where source_id <> '';

        -- Nothing but the state of a hold, and whose a transaction is, may change; nothing goes unless a person is
        -- erased or a whole program or database is deleted, which says so in fidelia.ledger_purge.
        create function loyalty_transaction_stays() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' then
                if coalesce(current_setting('fidelia.ledger_purge', true), '') = 'on' then
                    return old;
                end if;
                raise exception 'The points ledger is append-only' using errcode = 'restrict_violation';
            end if;
            raise exception 'The points ledger is append-only' using errcode = 'restrict_violation';
        end $$;
        create trigger loyalty_transaction_unchanged
            before update of id, program_id, account_id, point_type_id, seq, type, amount, change, balance_before,
                balance_after, debt_change, of_id, reference, asked, promotion_id, hold_until, active_from, expires_at,
                at, created_at
            on loyalty_transaction for each row execute function loyalty_transaction_stays();
        create trigger loyalty_transaction_undeleted
            before delete on loyalty_transaction for each row execute function loyalty_transaction_stays();

        -- Points that came in together: remaining = amount - everything taken out (loyalty_consumption).
        create table loyalty_lot (
            id bigint generated by default as identity primary key,
            account_id bigint not null references loyalty_account (id) on delete cascade,
            transaction_id uuid not null,
            amount numeric(18, 4) not null check (amount > 0),
            remaining numeric(18, 4) not null check (remaining >= 0 and remaining <= amount),
            -- How much of the amount counts as taken back, how much of that was asked of the member, and how much expired.
            voided numeric(18, 4) not null default 0 check (voided >= 0 and voided <= amount),
            claimed numeric(18, 4) not null default 0 check (claimed >= 0 and claimed <= amount),
            lapsed numeric(18, 4) not null default 0 check (lapsed >= 0 and lapsed <= amount),
            active_from timestamptz not null,
            expires_at timestamptz,
            -- Not active yet when it was opened, and nobody has told since that it is.
            waiting boolean not null default false,
            version bigint not null default 1
        ) with (fillfactor = 85);
        create index ix_loyalty_lot_account_id on loyalty_lot (account_id) where remaining > 0;
        create index ix_loyalty_lot_account_id_active_from on loyalty_lot (account_id, active_from);
        create index ix_loyalty_lot_expires_at on loyalty_lot (expires_at) where remaining > 0;
        create index ix_loyalty_lot_waiting on loyalty_lot (active_from) where waiting;
        create index ix_loyalty_lot_transaction_id on loyalty_lot (transaction_id);

        -- What a transaction took out of a lot; negative: what it put back. Written with both by the ledger alone, a
        -- million at a time when points lapse, and therefore without foreign keys.
        create table loyalty_consumption (
            transaction_id uuid not null,
            lot_id bigint not null,
            -- It went into repaying a debt.
            repays boolean not null default false,
            amount numeric(18, 4) not null check (amount <> 0),
            primary key (transaction_id, lot_id, repays)
        );
        """
    )
