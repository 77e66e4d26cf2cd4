"""Routes of profiles."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Subscription
from ..rules import Change
from ..service import profiles as service
from ..service import search, subscriptions
from .databases import parse_columns

_Names = Annotated[list[Annotated[str, msgspec.Meta(max_length=100)]], msgspec.Meta(max_length=1000)]
_Columns = Annotated[
    str | None, QueryParameter(name="columns", description="Names of fields, separated by commas; all by default")
]


class ProfilePatch(Body, frozen=True):
    """What to do with fields, by name: ``set`` a value (null empties), ``unset`` some, ``incr`` numbers, ``add`` to and
    ``remove`` from lists; in this order. With ``version`` the change is refused when the profile has another one.
    """

    set: dict[str, Any] = {}
    unset: _Names = []
    incr: dict[str, Any] = {}
    add: dict[str, Any] = {}
    remove: dict[str, Any] = {}
    version: int | None = None


class ProfileController(Controller):
    """People: one at a time, and found by search."""

    path = "/databases/{database_id:int}/profiles"
    tags = ("Profiles",)

    @get("/", opt={"right": "profiles:read"}, summary="List and search profiles")
    async def list_profiles(
        self,
        tx: Tx,
        actor: Actor,
        page: PageRequest,
        database_id: FromPath[int],
        columns: _Columns = None,
        figure: Annotated[
            str | None, QueryParameter(name="figure", description="Only whom this figure counts: import:5:created")
        ] = None,
    ) -> Page[dict[str, Any]]:
        """Return a page of profiles: ``id``, ``version`` and fields by name.

        ``q`` holds words of names and addresses, an id, a phone number, and ``field:value`` (``city:Oslo``,
        ``city:*`` any value, ``city:`` none). ``total`` is null above 10,000 matches of a search.
        """
        asked = (actor, figure) if figure else None
        return await search.search_profiles(tx, database_id, page, parse_columns(columns), figure=asked)

    @post(
        "/",
        dto=Strict[dict[str, Any]],
        return_dto=None,
        opt={"right": "profiles:create"},
        summary="Add a profile",
    )
    async def create_profile(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], data: dict[str, Any]
    ) -> dict[str, Any]:
        """Add a profile from an object of fields; 409 when a unique value is taken, 422 when it has no value."""
        return await service.create_profile(tx, actor, database_id, data, bare=False)

    @get("/{profile_id:int}", opt={"right": "profiles:read"}, summary="Read a profile")
    async def get_profile(self, tx: Tx, database_id: FromPath[int], profile_id: FromPath[int]) -> dict[str, Any]:
        """Return all fields of a profile by name, its ``id`` and ``version``."""
        return await service.get_profile(tx, database_id, profile_id)

    @patch(
        "/{profile_id:int}",
        dto=Strict[ProfilePatch],
        return_dto=None,
        opt={"right": "profiles:update"},
        summary="Change a profile",
    )
    async def change_profile(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], profile_id: FromPath[int], data: ProfilePatch
    ) -> dict[str, Any]:
        """Change fields; a profile that stays as it was keeps its version."""
        change = Change(set=data.set, unset=data.unset, incr=data.incr, add=data.add, remove=data.remove)
        return await service.change_profile(tx, actor, database_id, profile_id, change, data.version)

    @delete(
        "/{profile_id:int}",
        opt={"right": "profiles:delete"},
        status_code=204,
        summary="Erase a person in both engines",
    )
    async def erase_profile(self, tx: Tx, actor: Actor, database_id: FromPath[int], profile_id: FromPath[int]) -> None:
        """Erase a person with subscriptions and history; the id is never given again."""
        await service.erase_profile(tx, actor, database_id, profile_id)

    @get("/{profile_id:int}/subscriptions", opt={"right": "consent:read"}, summary="A person's subscriptions")
    async def profile_subscriptions(
        self, tx: Tx, page: PageRequest, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> Page[Subscription]:
        """Return a page of a person's subscriptions."""
        await service.get_profile(tx, database_id, profile_id)
        return await subscriptions.list_subscriptions(tx, page, database_id, profile_id=profile_id)
