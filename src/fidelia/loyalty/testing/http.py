"""Routes of the test page and of saved cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..promotions import PromotionDefinition
from . import cases
from .cases import CaseRun, TestCase
from .drafts import DraftAsked, PublishCheck, TriedDraft, check, try_draft
from .late import OtherWay, other_way_of_late
from .model import FactsAsked, TestedOrder, TestFacts, TestOrder, TestWhy, WhyAsked
from .service import asks, why, work_out

Name = Annotated[str, msgspec.Meta(max_length=200)]


class TestCaseIn(Body, frozen=True):
    """A basket to be kept under a name, with what comes of it now."""

    __test__ = False

    name: Name
    order: TestOrder


class TestCasePatch(Body, frozen=True):
    """What is to be changed; ``expect`` takes what comes of the case now as right.

    ``revision`` is the one that was read.
    """

    __test__ = False

    name: Name | UnsetType = UNSET
    order: TestOrder | UnsetType = UNSET
    expect: bool = False
    revision: int | UnsetType = UNSET


class TestCases(msgspec.Struct, frozen=True):
    """Saved cases by name."""

    __test__ = False

    items: list[TestCase]


class CasesAsked(Body, frozen=True):
    """Which cases to run; null for all of the program."""

    cases: list[int] | None = None


class CaseRuns(msgspec.Struct, frozen=True):
    """What came of saved cases now."""

    items: list[CaseRun]


class CheckAsked(Body, frozen=True):
    """What is to be published: the stored draft, or this ``definition``; now, or ``at`` a moment to come.

    ``cases`` are those to be checked, null for all of the program: who shows progress asks for a few at a time.
    """

    definition: PromotionDefinition | None = None
    at: datetime | None = None
    cases: Annotated[list[int], msgspec.Meta(max_length=cases.MOST)] | None = None


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

    @post(
        "/{program_id:int}/test/why",
        status_code=200,
        dto=Strict[WhyAsked],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Why a promotion fits a basket or not",
    )
    async def explain(self, tx: Tx, program_id: FromPath[int], data: WhyAsked) -> TestWhy:
        """Return the conditions of one promotion with what each rule saw in the basket. Writes nothing."""
        return await why(tx, program_id, data)

    @post(
        "/{program_id:int}/test/draft",
        status_code=200,
        dto=Strict[DraftAsked],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Try a basket on a promotion that is being written",
    )
    async def draft(self, tx: Tx, program_id: FromPath[int], data: DraftAsked) -> TriedDraft:
        """Return what it would do to the basket, or why nothing, beside what comes of it now. Writes nothing."""
        return await try_draft(tx, program_id, data)

    @get(
        "/{program_id:int}/test/other-way",
        opt={"right": "loyalty:read"},
        summary="What the other way to choose would give",
    )
    async def other(self, tx: Tx, program_id: FromPath[int]) -> OtherWay:
        """Return in how many of the last 100 orders of 30 days it gives something else, and how much."""
        return await other_way_of_late(tx, program_id)

    @post(
        "/{program_id:int}/test/facts",
        status_code=200,
        dto=Strict[FactsAsked],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="What the promotions look at of who buys",
    )
    async def facts(self, tx: Tx, program_id: FromPath[int], data: FactsAsked) -> TestFacts:
        """Return the fields and segments that somebody made up needs; nothing else of them matters."""
        return await asks(tx, program_id, data)


class PublishCheckController(Controller):
    """What publishing a promotion would change."""

    path = "/loyalty/promotions/{promotion_id:int}/check"
    tags = ("Promotions",)

    @post(
        "/",
        status_code=200,
        dto=Strict[CheckAsked],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Which saved cases publishing would change",
    )
    async def check(self, tx: Tx, promotion_id: FromPath[int], data: CheckAsked) -> PublishCheck:
        """Return of each saved case (200 at most) what it comes to now and would come to. Writes nothing."""
        return await check(tx, promotion_id, data.definition, data.at, data.cases)


class TestCaseController(Controller):
    """Saved cases of the test page."""

    path = "/loyalty/programs/{program_id:int}/test-cases"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="List saved cases")
    async def every(self, tx: Tx, program_id: FromPath[int]) -> TestCases:
        """Return them with what is expected of each."""
        return TestCases(await cases.every(tx, program_id))

    @post(
        "/",
        dto=Strict[TestCaseIn],
        return_dto=None,
        opt={"right": "loyalty:create"},
        summary="Save a case",
    )
    async def save(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: TestCaseIn) -> TestCase:
        """Store it with what comes of it now. Somebody found by an address is kept by their number."""
        return await cases.save(tx, actor, program_id, data.name, data.order)

    @post(
        "/run",
        status_code=200,
        dto=Strict[CasesAsked],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Run saved cases again",
    )
    async def run(self, tx: Tx, program_id: FromPath[int], data: CasesAsked) -> CaseRuns:
        """Return of each whether the same comes of it as expected, and what is not the same. Writes nothing."""
        return CaseRuns(await cases.run(tx, program_id, data.cases))

    @get("/{case_id:int}", opt={"right": "loyalty:read"}, summary="Read a saved case")
    async def one(self, tx: Tx, program_id: FromPath[int], case_id: FromPath[int]) -> TestCase:
        """Return it."""
        return await cases.read(tx, program_id, case_id)

    @patch(
        "/{case_id:int}",
        dto=Strict[TestCasePatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change a saved case",
    )
    async def change(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], case_id: FromPath[int], data: TestCasePatch
    ) -> TestCase:
        """Rename it, give it another order, or call right what comes of it now."""
        wanted = cases.CaseChange(**{name: getattr(data, name) for name in data.__struct_fields__})
        return await cases.change(tx, actor, program_id, case_id, wanted)

    @delete("/{case_id:int}", opt={"right": "loyalty:delete"}, summary="Delete a saved case")
    async def remove(self, tx: Tx, actor: Actor, program_id: FromPath[int], case_id: FromPath[int]) -> None:
        """Delete it for good."""
        await cases.delete(tx, actor, program_id, case_id)


API = [TestController, PublishCheckController, TestCaseController]
