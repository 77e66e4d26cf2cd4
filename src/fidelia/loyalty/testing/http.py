"""The route of the test page."""

from __future__ import annotations

from litestar import Controller, post
from litestar.params import FromPath

from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from .model import TestedOrder, TestOrder
from .service import work_out


class TestController(Controller):
    """Baskets tried on a program's promotions."""

    path = "/loyalty/programs"
    tags = ("Promotions",)

    @post(
        "/{program_id:int}/test",
        status_code=200,
        dto=Strict[TestOrder],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Try a basket on the program",
    )
    async def test(self, tx: Tx, program_id: FromPath[int], data: TestOrder) -> TestedOrder:
        """Return what it would cost, earn and may be paid with at a moment, and why. Writes nothing."""
        return await work_out(tx, program_id, data)


API = [TestController]
