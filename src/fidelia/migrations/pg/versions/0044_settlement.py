"""Whose goods the lines of orders were: what partners are settled with by."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- Written when an order is placed, on the terms of that moment: lines count from 1, share is in percent.
        create table order_partner (
            calculation_id bigint not null references order_calculation (id) on delete cascade,
            line int not null,
            partner_id int not null references loyalty_partner (id) on delete cascade,
            share numeric(7, 4) not null,
            primary key (calculation_id, line)
        );
        create index ix_order_partner_partner_id on order_partner (partner_id);
        """
    )
