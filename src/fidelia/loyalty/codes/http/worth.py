"""Routes for sites, tills and the profile card: what codes are worth to somebody, and which ones they have."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath

from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import PersonCode, Reason
from ..service import codes

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CodesAsk(Body, frozen=True):
    """Codes as somebody typed them, and who it is, if that is known."""

    database_id: int
    codes: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=100)]
    profile_id: int | None = None


class CodeWorth(msgspec.Struct, frozen=True):
    """Whether a code can be used right now; ``reason`` and ``message`` say why not."""

    code: str
    usable: bool
    reason: Reason | None
    message: str
    pool_id: int | None
    attached: bool


class CodesWorth(msgspec.Struct, frozen=True):
    """The codes that were asked for, in their order."""

    items: list[CodeWorth]


class PersonCodes(msgspec.Struct, frozen=True):
    """The codes that somebody has, the last ones first."""

    items: list[PersonCode]


class WorthController(Controller):
    """What promo codes are worth."""

    path = "/promo-codes"
    tags = ("Promo codes",)

    @post(
        "/check",
        dto=Strict[CodesAsk],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:read"},
        summary="Check codes",
    )
    async def check(self, tx: Tx, data: CodesAsk) -> CodesWorth:
        """Say for each code whether this person can use it now; changes nothing."""
        found = await codes.worth(tx, data.database_id, data.profile_id, data.codes)
        return CodesWorth(
            [CodeWorth(one.code, one.reason is None, one.reason, one.words, one.pool_id, one.attached) for one in found]
        )


class PersonCodeController(Controller):
    """The promo codes of a person."""

    path = "/databases/{database_id:int}/profiles/{profile_id:int}/promo-codes"
    tags = ("Promo codes",)

    @get("/", opt={"right": "profiles:read"}, summary="Promo codes of a person")
    async def of_person(self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]) -> PersonCodes:
        """Return every code that somebody has or had and used."""
        return PersonCodes(await codes.of_person(tx, database_id, profile_id))
