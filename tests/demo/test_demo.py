"""The demo equals its source: a small part in every run, the whole in the long proofs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

import fidelia.worker.tasks  # noqa: F401 (declares every kind of job)
from fidelia import segments
from fidelia.demo import state
from fidelia.demo.club import VOUCHER
from fidelia.demo.load import PLACED
from fidelia.demo.source import Source
from fidelia.demo.tasks import LOAD
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from tests.loyalty.ledger.shop import ALWAYS


async def load(engines: Engines, *, small: bool) -> jobs.JobOut:
    async with engines.tx() as tx:
        made = await jobs.create(tx, kind=LOAD, title="Load", actor="tester", args={"small": small})
    await run_job(engines, made.id)
    async with engines.tx() as tx:
        return await jobs.get(tx, made.id)


async def figures(engines: Engines, database_id: int) -> dict[str, Any]:
    assert engines.drain is not None
    await engines.drain.flush()
    ch = engines.clickhouse
    async with engines.tx() as tx:
        # what promotions took off, and what stars paid for, of the orders that were placed through the club
        given = await tx.scalar(
            sa.text(
                "select coalesce(sum(discount), 0) from order_line where order_id in"
                " (select order_id from order_calculation)"
            )
        )
        orders = await tx.one(
            sa.text(
                "select count(*) as number, sum(total) as total, sum(line_count) as lines, max(placed_at) as last"
                " from sales_order"
            )
        )
        zero = await tx.scalar(sa.text("select count(*) from order_line where quantity = 0"))
    return {
        "orders": orders.number,
        "revenue": orders.total + given,
        "given": given,
        "lines": orders.lines,
        "last": orders.last,
        "zero": zero,
        "profiles_ch": await ch.scalar(f"select count() from p_{database_id} final"),
        "lines_ch": (await ch.query(f"select count(), sum(total) from l_{database_id} final"))[0],
        "redeemed": await ch.scalar(f"select count() from e_{database_id} where type = 'custom.coupon_redeemed'"),
        "club": await club_figures(engines),
    }


async def club_figures(engines: Engines) -> dict[str, int]:
    """Count what the loyalty program has; what always holds in a ledger holds in its."""
    async with engines.tx() as tx:
        for what, query in ALWAYS.items():
            assert not await tx.all(sa.text(query)), what
        return {name: int(await tx.scalar(sa.text(query)) or 0) for name, query in CLUB.items()}


#: What is counted of the club. Points that somebody earned with an order are told by the order's id.
CLUB = {
    "programs": "select count(*) from loyalty_program where state = 'active'",
    "members": "select count(*) from loyalty_member where state = 'active'",
    "levels": "select count(distinct level_id) from loyalty_standing",
    "without a cause": "select count(*) from loyalty_transaction where source_type = '' and type <> 'expire'",
    "stars of loaded orders": """
        select sum(amount) from loyalty_transaction where source_type = 'order' and type = 'accrual'
            and promotion_id is null""",
    "dollars of loaded orders": """
        select sum(floor(total)) from sales_order o where o.placed_at > (select min(joined_at) from loyalty_member)
            and not exists (select 1 from order_calculation c where c.order_id = o.id)""",
    "dated otherwise than their orders": """
        select count(*) from loyalty_transaction t join sales_order o on o.id::text = t.source_id
        where t.source_type = 'order' and (t.at <> o.placed_at or t.profile_id <> o.profile_id)""",
    "placed": "select count(*) from order_calculation where order_id is not null",
    "promotions used": "select count(distinct promotion_id) from order_use where uses > 0",
    "lines of partners": "select count(*) from order_partner",
    "vouchers given": "select count(*) from promo_code where attached_at is not null",
    "stars for vouchers": "select -sum(change) from loyalty_transaction where source_type = 'voucher'",
    "expired": "select count(*) from loyalty_transaction where type = 'expire'",
}


def check_club(club: dict[str, int], households: int) -> None:
    """Check that the program is alive, and that it holds what the orders earned."""
    assert (club["programs"], club["members"], club["levels"]) == (1, households, 3)
    assert (club["without a cause"], club["dated otherwise than their orders"]) == (0, 0)
    assert club["stars of loaded orders"] == club["dollars of loaded orders"] > 100 * households
    assert (club["placed"], club["promotions used"]) == (PLACED, 5)
    assert club["stars for vouchers"] == VOUCHER * club["vouchers given"] > 0
    assert club["expired"] > 0
    assert club["lines of partners"] > 0


def test_dates_move_by_whole_weeks_into_the_past_week() -> None:
    source = Source(small=True)
    now = datetime(2026, 11, 16, 12, tzinfo=UTC)
    shift = source.shift(now)
    assert shift % timedelta(days=7) == timedelta(0)
    assert timedelta(0) <= now - (source.last_basket + shift) < timedelta(days=7)


@pytest.mark.parametrize("small", [True, pytest.param(False, marks=pytest.mark.prove)])
async def test_what_is_loaded_equals_the_source(fresh: Engines, small: bool) -> None:
    job = await load(fresh, small=small)
    assert job.state == "done", job.error
    async with fresh.tx() as tx:
        loaded = await state(tx, installed=True)
    assert loaded.database_id is not None
    assert len(loaded.segments) == 6
    source = Source(small=small)
    rows = source.transactions
    revenue = Decimal(round(pc.sum(rows["sales_value"]).as_py() * 100)) / 100
    got = await figures(fresh, loaded.database_id)
    assert got["orders"] == source.orders
    assert (got["lines"], got["revenue"]) == (rows.num_rows, revenue)
    assert got["lines_ch"] == (rows.num_rows, revenue - got["given"])
    assert got["zero"] == pc.sum(pc.equal(rows["quantity"], 0)).as_py()
    assert got["profiles_ch"] == len(source.households)
    check_club(got["club"], len(source.households))
    assert got["redeemed"] == len(source.redemptions(timedelta(0)))
    assert timedelta(0) <= fresh.clock.now() - got["last"] < timedelta(days=7)
    if not small:
        assert (len(source.households), got["orders"], got["lines"]) == (2_469, 155_848, 1_469_307)
        assert got["revenue"] == Decimal("4596039.58")
        assert got["zero"] == 8_869
    made = {"c": (job.result or {})["campaign_id"]}
    async with fresh.tx() as tx:
        campaign = await tx.one(sa.text("select * from campaign where id = :c"), made)
        mailings = await tx.all(sa.text("select state from mailing where campaign_id = :c"), made)
        listed = await segments.members(tx, campaign.segment_id)
    assert (campaign.state, campaign.share, [row.state for row in mailings]) == ("draft", 100_000, ["draft"])
    assert len(listed) == len({row.household for row in source.received(timedelta(0)) if row.campaign == 18}) > 50
    again = await load(fresh, small=small)
    assert again.state == "done"
    assert (again.result or {})["campaign_id"] == campaign.id
    assert await figures(fresh, loaded.database_id) == got


def test_the_source_is_what_the_issue_counts() -> None:
    rows = pq.read_table(Source(small=True)._folder / "transactions.parquet", columns=["sales_value"])
    assert rows.num_rows == 1_469_307
    assert round(pc.sum(rows["sales_value"]).as_py(), 2) == 4_596_039.58
