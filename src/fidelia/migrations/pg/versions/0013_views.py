"""Saved views of lists: search, filters, order and columns under a name."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table list_view (
            id integer generated always as identity primary key,
            list text not null,
            name text not null,
            owner text not null,
            owner_name text not null,
            shared boolean not null,
            look jsonb not null,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create unique index ux_list_view_owner_list_name on list_view (owner, list, lower(name));
        create index ix_list_view_list on list_view (list) where shared;
        """
    )
