"""The route of the upsert."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from .model import Mode
from .service import UpsertOut, upsert

_Matching = Annotated[
    str,
    msgspec.Meta(
        max_length=100,
        description="email, email_profile, email_sub, phone, phone_sub, profile_id, email_phone, email_phone_sub,"
        " custom, custom_sub, push_sub or the name of a field",
    ),
]


class UpsertIn(Body, frozen=True):
    """Profiles to add or change. ``mode`` is ``upsert``, ``add`` (only new ones) or ``update`` (only existing ones).

    ``matching`` says by what a profile is found; ``field`` is the field of ``custom`` or the channel of ``custom_sub``
    (its key is the item's ``contact``), and ``resource_id`` narrows the search in subscriptions. ``raise_consent`` lets
    a status or subscription become more permissive than it is.
    """

    items: list[dict[str, Any]]
    matching: _Matching = "email"
    field: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    resource_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    mode: Mode = "upsert"
    raise_consent: bool = False


class UpsertController(Controller):
    """Writing many profiles at once."""

    path = "/databases/{database_id:int}/profiles"
    tags = ("Profiles",)

    @post(
        "/upsert",
        dto=Strict[UpsertIn],
        return_dto=None,
        status_code=200,
        opt={"right": "profiles:update"},
        summary="Add and change up to 10,000 profiles",
    )
    async def upsert_profiles(self, tx: Tx, actor: Actor, database_id: FromPath[int], data: UpsertIn) -> UpsertOut:
        """Return a result for each item; a wrong item is rejected alone and named by a pointer."""
        return await upsert(
            tx,
            actor,
            database_id,
            data.items,
            matching=data.matching,
            field=data.field,
            resource_id=data.resource_id,
            mode=data.mode,
            raise_consent=data.raise_consent,
        )
