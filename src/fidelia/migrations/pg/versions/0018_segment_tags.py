"""Tags: one list of labels for the installation, and which segments carry which."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- key is the label without regard to case, worked out by the program: the server's locale must not decide
        -- which labels are the same. Every kind of object has a table of its own beside it, like segment_tag.
        create table tag (
            id integer generated always as identity primary key,
            key text not null unique,
            name text not null check (length(name) between 1 and 60),
            created_at timestamptz not null
        );
        create table segment_tag (
            segment_id integer not null references segment (id) on delete cascade,
            tag_id integer not null references tag (id) on delete cascade,
            primary key (segment_id, tag_id)
        );
        create index ix_segment_tag_tag_id on segment_tag (tag_id);
        """
    )
