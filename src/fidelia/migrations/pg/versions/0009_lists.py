"""Value lists and data tables. Their rows lie in ``list_{id}_{generation}`` and ``data_{id}_{generation}``."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table value_list (
        id integer generated always as identity primary key,
        name text not null,
        description text not null default '',
        type text not null,
        case_sensitive boolean not null default false,
        size bigint not null default 0,
        generation integer not null default 1,
        last_generation integer not null default 1,
        schema_version integer not null default 1,
        changed_at timestamptz not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
    )
    """,
    "create unique index uq_value_list_name on value_list (lower(name))",
    """
    create table data_table (
        id integer generated always as identity primary key,
        database_id integer not null references profile_database (id) on delete cascade,
        name text not null,
        label text not null default '',
        description text not null default '',
        size bigint not null default 0,
        generation integer not null default 1,
        last_generation integer not null default 1,
        schema_version integer not null default 1,
        changed_at timestamptz not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        unique (database_id, name)
    )
    """,
    """
    create table data_column (
        id integer generated always as identity primary key,
        table_id integer not null references data_table (id) on delete cascade,
        name text not null,
        label text not null default '',
        type text not null,
        is_key boolean not null default false,
        unique (table_id, name)
    )
    """,
    """
    create table list_load (
        id integer generated always as identity primary key,
        list_id integer references value_list (id) on delete cascade,
        table_id integer references data_table (id) on delete cascade,
        file_name text not null,
        file_key text not null,
        file_size bigint not null,
        state text not null default 'new',
        mode text not null default 'add',
        format jsonb not null,
        columns jsonb not null,
        mapping jsonb not null default '{}',
        reading jsonb not null default '{}',
        total bigint,
        rows bigint not null default 0,
        added bigint not null default 0,
        updated bigint not null default 0,
        unchanged bigint not null default 0,
        duplicates bigint not null default 0,
        rejected bigint not null default 0,
        empty bigint not null default 0,
        reasons jsonb not null default '[]',
        error text,
        job_id text,
        actor text not null,
        created_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz,
        check ((list_id is null) <> (table_id is null))
    )
    """,
    "create index ix_list_load_list_id on list_load (list_id, id desc) where list_id is not null",
    "create index ix_list_load_table_id on list_load (table_id, id desc) where table_id is not null",
    """
    create table list_load_reject (
        load_id integer not null references list_load (id) on delete cascade,
        number integer not null,
        block bytea not null,
        primary key (load_id, number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
