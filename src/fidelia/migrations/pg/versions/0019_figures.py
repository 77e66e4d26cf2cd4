"""Figures that open what they count: who was created or changed by an import, and who by a bulk update."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Roaring bitmaps. Null where it is not known (any more): what ran before this, and what ran long ago.
    op.execute(
        """
        alter table profile_import
            add column created_people bytea,
            add column updated_people bytea;
        create index ix_profile_import_kept on profile_import (database_id) where created_people is not null;
        alter table bulk_update
            add column changed_people bytea,
            add column unchanged_people bytea,
            add column refused_people bytea;
        """
    )
