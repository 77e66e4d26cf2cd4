"""Who listens to events, and what they have not dealt with yet."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table event_listener (
            id bigint generated always as identity primary key,
            consumer text not null,
            object_id bigint not null,
            -- Null: every database. No types: every type.
            database_id integer,
            types text[] not null,
            -- Rows of the inbox up to this number were written before somebody listened.
            after_seq bigint not null,
            -- What keeps the oldest chunk from being dealt with, and when it is tried again.
            attempts integer not null default 0,
            trouble text,
            next_at timestamptz not null,
            unique (consumer, object_id)
        );
        create table event_caught (
            seq bigint generated always as identity primary key,
            listener_id bigint not null references event_listener (id) on delete cascade,
            database_id integer not null,
            rows integer not null,
            payload text not null,
            profiles bytea
        ) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
        alter table event_caught alter payload set storage external, alter profiles set storage external;
        create index ix_event_caught_listener on event_caught (listener_id, seq);
        """
    )
