"""Promo codes: pools, codes, who has them, who used them, who was given one by which run."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table promo_pool (
            id integer generated always as identity primary key,
            database_id integer not null references profile_database (id) on delete cascade,
            name text not null,
            description text not null default '',
            -- What templates call the pool by: loyalty.codes.<short_name>.
            short_name text not null,
            kind text not null check (kind in ('personal', 'universal')),
            way text not null check (way in ('template', 'remote', 'file')),
            pattern text,
            remote_url text,
            remote_headers text,
            remote_header_names text[] not null default '{}',
            remote_batch integer not null default 1000 check (remote_batch between 1 and 10000),
            -- Within these codes are made, attached and sent; what was sent stays usable.
            valid_from timestamptz,
            valid_until timestamptz,
            expiry jsonb not null default '{"kind": "never"}',
            -- Uses of one code: in all and by one person; null: any number.
            max_uses integer check (max_uses > 0),
            max_uses_per_person integer check (max_uses_per_person > 0),
            code_limit integer not null check (code_limit > 0),
            warn_below integer not null default 0 check (warn_below >= 0),
            scenarios_create boolean not null default false,
            mailings_create boolean not null default false,
            fields jsonb not null default '[]',
            -- Whether people were told that it runs dry; forgotten once there are codes again.
            warned_at timestamptz,
            version bigint not null default 1,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index uq_promo_pool_short_name on promo_pool (database_id, short_name);

        -- Codes are made, read from a file or fetched in batches; each chunk of one is written with its counts.
        create table promo_batch (
            id integer generated always as identity primary key,
            pool_id integer not null references promo_pool (id) on delete cascade,
            way text not null check (way in ('template', 'remote', 'file')),
            state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
            asked integer,
            made integer not null default 0,
            duplicated integer not null default 0,
            discarded integer not null default 0,
            refused integer not null default 0,
            -- Chunks of the file that are dealt with.
            position bigint not null default 0,
            file text,
            expires_at timestamptz,
            job_id text,
            actor text not null,
            error text,
            created_at timestamptz not null,
            finished_at timestamptz
        );
        create index ix_promo_batch_pool_id on promo_batch (pool_id, id desc);

        -- Lines of a file that became no code, and why.
        create table promo_line (
            batch_id integer not null references promo_batch (id) on delete cascade,
            line bigint not null,
            code text not null,
            status text not null check (status in ('duplicated', 'discarded', 'refused')),
            reason text,
            primary key (batch_id, line)
        );

        create table promo_code (
            id bigint generated always as identity primary key,
            pool_id integer not null references promo_pool (id) on delete cascade,
            database_id integer not null,
            code text not null,
            -- What two ways of typing one code have in common.
            key text not null,
            batch_id integer,
            -- Whose a personal code is. One whose person was erased stays attached to nobody.
            profile_id bigint,
            attached_at timestamptz,
            activated_at timestamptz,
            expires_at timestamptz,
            -- Whether it expires by its own date; otherwise attaching says when, and detaching takes that back.
            own_expiry boolean not null default false,
            -- Whether it became somebody's by an order that uses it: giving it back undoes that, too.
            by_use boolean not null default false,
            uses integer not null default 0 check (uses >= 0),
            extra jsonb,
            created_at timestamptz not null
        ) with (fillfactor = 80);
        create unique index uq_promo_code_key on promo_code (database_id, key);
        create index ix_promo_code_pool_id on promo_code (pool_id, id);
        create index ix_promo_code_free on promo_code (pool_id, id) where attached_at is null;
        create index ix_promo_code_profile on promo_code (database_id, profile_id) where profile_id is not null;

        -- Who has a universal code.
        create table promo_holder (
            code_id bigint not null references promo_code (id) on delete cascade,
            profile_id bigint not null,
            pool_id integer not null,
            database_id integer not null,
            attached_at timestamptz not null,
            activated_at timestamptz,
            expires_at timestamptz,
            by_use boolean not null default false,
            uses integer not null default 0 check (uses >= 0),
            primary key (code_id, profile_id)
        );
        create index ix_promo_holder_profile on promo_holder (database_id, profile_id);
        create index ix_promo_holder_pool_id on promo_holder (pool_id, profile_id);

        -- Codes used by orders; a use that was given back stays, with the moment.
        create table promo_use (
            id bigint generated always as identity primary key,
            database_id integer not null,
            pool_id integer not null references promo_pool (id) on delete cascade,
            code_id bigint not null references promo_code (id) on delete cascade,
            profile_id bigint,
            order_ref text not null,
            used_at timestamptz not null,
            released_at timestamptz
        );
        create unique index uq_promo_use_order on promo_use (order_ref, code_id) where released_at is null;
        create index ix_promo_use_code_id on promo_use (code_id);
        create index ix_promo_use_profile on promo_use (database_id, profile_id) where profile_id is not null;

        -- Which code a run (of a mailing, of a scenario) gave somebody: the same again when it is asked again.
        create table promo_given (
            pool_id integer not null references promo_pool (id) on delete cascade,
            profile_id bigint not null,
            run_key text not null,
            code_id bigint not null,
            given_at timestamptz not null,
            primary key (pool_id, profile_id, run_key)
        );
        """
    )
