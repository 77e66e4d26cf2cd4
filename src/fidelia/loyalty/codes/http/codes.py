"""Routes of single codes: list, export, attach, detach, activate, change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ..model import CodeHolder, CodeState, PromoCode
from ..service import codes, exporting
from ..service.codes import CodeDetail

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
State = Annotated[
    CodeState | None, QueryParameter(name="state", description="free, attached, activated or expired only")
]
Person = Annotated[int | None, QueryParameter(name="profile", description="Only this person's")]


class CodeAttach(Body, frozen=True):
    """Whom to give a code: the one that is named, or a free one."""

    profile_id: int
    code: Code | None = None


class CodeDetach(Body, frozen=True):
    """The code, and whom it is taken from; a universal one needs that."""

    code: Code
    profile_id: int | None = None


class CodeActivate(Body, frozen=True):
    """The code and who uses it, which a universal one needs. The same ``reference`` again uses nothing."""

    code: Code
    profile_id: int | None = None
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class CodePatch(Body, frozen=True):
    """The code and what is to be changed: when it expires, whether it was used, its further values."""

    code: Code
    expires_at: datetime | UnsetType | None = UNSET
    activated: bool | UnsetType = UNSET
    extra: dict[str, str] | UnsetType = UNSET


class CodeController(Controller):
    """The codes of a pool."""

    path = "/promo-codes/pools/{pool_id:int}"
    tags = ("Promo codes",)

    @get("/codes", opt={"right": "loyalty:read"}, summary="List codes")
    async def list_codes(
        self,
        tx: Tx,
        page: PageRequest,
        pool_id: FromPath[int],
        in_state: State = None,
        profile: Person = None,
        batch: Annotated[int | None, QueryParameter(name="batch", description="Only of this batch")] = None,
    ) -> Page[PromoCode]:
        """Return a page; ``q`` is the beginning of a code. Sort by id, attached_at or activated_at."""
        return await codes.page(tx, pool_id, page, state=in_state, profile_id=profile, batch_id=batch)

    @get(
        "/codes/export",
        opt={"right": "loyalty:read", "stream": True},
        media_type="text/csv",
        summary="Download the codes of a pool as CSV",
    )
    async def export(self, engines: Engines, pool_id: FromPath[int], in_state: State = None) -> Stream:
        """Stream every code; cells that look like formulas are made harmless."""
        name, parts = await exporting.export(engines, pool_id, in_state)
        return csv_file(name, parts)

    @get("/code", opt={"right": "loyalty:read"}, summary="Read a code")
    async def read_code(
        self,
        tx: Tx,
        pool_id: FromPath[int],
        code: Annotated[str, QueryParameter(name="code", description="Capitals do not count")],
    ) -> CodeDetail:
        """Return a code and the orders that use it."""
        return await codes.read(tx, pool_id, code)

    @get("/holders", opt={"right": "loyalty:read"}, summary="List who has universal codes")
    async def list_holders(
        self, tx: Tx, page: PageRequest, pool_id: FromPath[int], profile: Person = None
    ) -> Page[CodeHolder]:
        """Return a page of people with codes of a universal pool, by their ids."""
        return await codes.holders(tx, pool_id, page, profile)

    @post(
        "/attach",
        dto=Strict[CodeAttach],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Give somebody a code",
    )
    async def attach(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodeAttach) -> PromoCode:
        """Attach a free code, or the one that is named; one that nobody knows is added to the pool first."""
        return await codes.attach(tx, actor, pool_id, data.profile_id, data.code)

    @post(
        "/detach",
        dto=Strict[CodeDetach],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Take a code back",
    )
    async def detach(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodeDetach) -> PromoCode:
        """Take a code from who has it and has not used it; a personal one is free again."""
        return await codes.detach(tx, actor, pool_id, data.code, data.profile_id)

    @post(
        "/activate",
        dto=Strict[CodeActivate],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Use a code",
    )
    async def activate(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodeActivate) -> PromoCode:
        """Use a code outside of an order; somebody must have it. 409 says why it cannot be used."""
        return await codes.activate(tx, actor, pool_id, data.code, data.profile_id, data.reference)

    @patch("/code", dto=Strict[CodePatch], return_dto=None, opt={"right": "loyalty:run"}, summary="Change a code")
    async def change_code(self, tx: Tx, actor: Actor, pool_id: FromPath[int], data: CodePatch) -> PromoCode:
        """Change when a code expires (a moment that is over ends it), whether it was used, its further values."""
        return await codes.change(
            tx,
            actor,
            pool_id,
            data.code,
            expires_at=data.expires_at,
            activated=data.activated,
            extra=data.extra,
        )
