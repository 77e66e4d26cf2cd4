"""Access: users, sessions, tokens, sign-in attempts, and the audit log that only grows."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table app_user (
            id integer generated always as identity primary key,
            email text not null unique check (email = lower(email)),
            name text not null,
            password_hash text not null,
            roles text[] not null,
            disabled_at timestamptz,
            last_seen_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create table session (
            id bigint generated always as identity primary key,
            digest bytea not null unique,
            user_id integer not null references app_user (id) on delete cascade,
            created_at timestamptz not null,
            expires_at timestamptz not null,
            seen_at timestamptz not null,
            address text,
            agent text
        );
        create index ix_session_user_id on session (user_id);
        create index ix_session_expires_at on session (expires_at);
        create table api_token (
            id integer generated always as identity primary key,
            digest bytea not null unique,
            prefix text not null,
            name text not null,
            roles text[] not null,
            rights text[] not null,
            created_by text not null,
            created_at timestamptz not null,
            expires_at timestamptz,
            last_used_at timestamptz,
            revoked_at timestamptz
        );
        create table login_attempt (
            id bigint generated always as identity primary key,
            email text not null,
            address text not null,
            at timestamptz not null
        );
        create index ix_login_attempt_address on login_attempt (address, at);
        create index ix_login_attempt_at on login_attempt (at);
        create table audit_log (
            id bigint generated always as identity primary key,
            at timestamptz not null,
            actor_kind text not null,
            actor_id integer,
            actor_name text not null,
            address text,
            action text not null,
            kind text not null,
            object_id text,
            object_name text,
            before jsonb,
            after jsonb
        );
        create index ix_audit_log_object on audit_log (kind, object_id, id desc);
        create index ix_audit_log_actor on audit_log (actor_kind, actor_id, id desc);
        create index ix_audit_log_at on audit_log (at);
        create function audit_log_only_grows() returns trigger language plpgsql as $$
            begin
                raise exception 'the audit log is append only';
            end
        $$;
        create trigger audit_log_only_grows before update or delete on audit_log
            for each row execute function audit_log_only_grows();
        """
    )
