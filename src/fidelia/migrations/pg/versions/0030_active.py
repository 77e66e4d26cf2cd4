"""Mailings that last are active between their messages."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table mailing drop constraint mailing_state_check;
        alter table mailing add constraint mailing_state_check check (state in
            ('draft', 'scheduled', 'starting', 'active', 'sending', 'paused', 'done', 'stopped', 'failed'));
        """
    )
