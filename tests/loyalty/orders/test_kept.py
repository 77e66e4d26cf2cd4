"""Compiled promotions and programs are kept by the process: what was rolled back is never told to anybody else."""

from __future__ import annotations

from contextlib import suppress

from fidelia.access import Actor
from fidelia.loyalty import programs
from fidelia.loyalty.orders import DraftLine, DraftOrder, preorder
from fidelia.loyalty.programs.service import points
from fidelia.loyalty.promotions import PercentOff, PromotionDefinition
from fidelia.loyalty.promotions.service import manage
from fidelia.platform.postgres import Tx

from .till import Till


class Undone(Exception):
    """Ends a transaction without a trace."""


async def _publish(tx: Tx, promotion: int, percent: str) -> None:
    definition = PromotionDefinition(name="Off", currency="EUR", reward=PercentOff(percent=percent))
    await manage.save_draft(tx, Actor.system(), promotion, definition)
    await manage.publish(tx, Actor.system(), promotion)


async def test_a_promotion_that_was_rolled_back_is_not_kept(till: Till) -> None:
    promotion = await till.promotion({"kind": "percent_off", "percent": "20"})
    order = DraftOrder(database=till.database, profile=1, lines=[DraftLine(sku="coffee", quantity=2)])
    assert (await till.preorder(("coffee", 2)))["final"] == "20.00"
    with suppress(Undone):
        async with till.engines.tx() as tx:
            await _publish(tx, promotion, "50")
            assert (await preorder(tx, order)).final == "12.50"
            raise Undone
    assert (await till.preorder(("coffee", 2)))["final"] == "20.00"
    async with till.engines.tx() as tx:  # has the number that the other change would have had
        await _publish(tx, promotion, "40")
    assert (await till.preorder(("coffee", 2)))["final"] == "15.00"


async def test_a_program_that_was_rolled_back_is_not_kept(till: Till) -> None:
    async with till.engines.tx() as tx:
        first = await programs.setting(tx, till.program)
    stars = next(one.id for one in first.types.values() if one.key == "stars")

    async def named(name: str) -> str:
        await points.change_points(tx, Actor.system(), till.program, stars, points.PointChange(name=name))
        return (await programs.setting(tx, till.program)).types[stars].name

    with suppress(Undone):
        async with till.engines.tx() as tx:
            assert await named("Moons") == "Moons"
            raise Undone
    async with till.engines.tx() as tx:
        assert (await programs.setting(tx, till.program)).types[stars].name == "Stars"
        assert await named("Suns") == "Suns"
    async with till.engines.tx() as tx:
        assert (await programs.setting(tx, till.program)).types[stars].name == "Suns"
        assert await programs.setting(tx, till.program) is await programs.setting(tx, till.program)
