"""Routes of merging, splitting and duplicates."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from ..service.profiles import get_profile
from . import duplicates, service, split
from .model import DuplicateGroup, MergedFrom, MergeIn, MergeOut, SplitIn, SplitOut

_Kind = Annotated[
    Literal["email", "phone"] | None, QueryParameter(name="kind", description="Only groups that share this")
]


class MergeController(Controller):
    """One person, several profiles."""

    path = "/databases/{database_id:int}/profiles"
    tags = ("Profiles",)

    @post(
        "/merge",
        dto=Strict[MergeIn],
        return_dto=None,
        status_code=200,
        opt={"right": "profiles:update"},
        summary="Merge profiles into one, or preview it",
    )
    async def merge_profiles(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: MergeIn) -> MergeOut:
        """Return the resulting card, where the profiles differed and what moved; old ids lead to it from now on."""
        return await service.merge(tx, actor, database_id, data)

    @post(
        "/split",
        dto=Strict[SplitIn],
        return_dto=None,
        status_code=200,
        opt={"right": "profiles:update"},
        summary="Split a profile into several",
    )
    async def split_profile(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: SplitIn) -> SplitOut:
        """Return the source and the parts."""
        return await split.split(tx, actor, database_id, data)

    @get("/duplicates", opt={"right": "profiles:read"}, summary="People who share an address or a number")
    async def list_duplicates(
        self, tx: Tx, page: PageRequest, database_id: FromPath[int], kind: _Kind = None
    ) -> Page[DuplicateGroup]:
        """Return a page of groups; each shows ten people at most."""
        return await duplicates.duplicates(tx, database_id, page, kind)

    @get("/{profile_id:int}/merged-from", opt={"right": "profiles:read"}, summary="Whom a profile was merged from")
    async def list_merged_from(self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]) -> Page[MergedFrom]:
        """Return the profiles that became this one, with the values they had."""
        found = await get_profile(tx, database_id, profile_id)
        items = await service.merged_from(tx, database_id, found["id"])
        return Page(items, None, len(items))
