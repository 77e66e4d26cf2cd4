"""Routes of what promotions share: exclusion groups, arbitration."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Arbitration, Base, Mode, Moment, PromotionGroup
from ..service import parts

Name = Annotated[str, msgspec.Meta(max_length=200)]
Per = Literal["order", "line"]


class PromotionGroupIn(Body, frozen=True):
    """A new exclusion group: of its promotions one wins, per order or per line."""

    name: Name
    per: Per = "order"


class PromotionGroupPatch(Body, frozen=True):
    """What is to be changed of a group."""

    name: Name | UnsetType = UNSET
    per: Per | UnsetType = UNSET


class ArbitrationPatch(Body, frozen=True):
    """What is to be changed of how promotions go together."""

    mode: Mode | UnsetType = UNSET
    base: Base | UnsetType = UNSET
    accrue_on: Moment | UnsetType = UNSET
    return_days: int | UnsetType = UNSET


class PromotionGroups(msgspec.Struct, frozen=True):
    """Exclusion groups by name."""

    items: list[PromotionGroup]


class PromotionGroupController(Controller):
    """Exclusion groups: of the promotions in one, at most one wins."""

    path = "/loyalty/programs/{program_id:int}/promotion-groups"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="List exclusion groups")
    async def list_groups(self, tx: Tx, program_id: FromPath[int]) -> PromotionGroups:
        """Return them with how many promotions each has."""
        return PromotionGroups(await parts.groups(tx, program_id))

    @post(
        "/",
        dto=Strict[PromotionGroupIn],
        return_dto=None,
        opt={"right": "loyalty:create"},
        summary="Make an exclusion group",
    )
    async def create(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PromotionGroupIn) -> PromotionGroup:
        """Make a group; promotions come into it by their definition."""
        return await parts.create_group(tx, actor, program_id, data.name, data.per)

    @patch(
        "/{group_id:int}",
        dto=Strict[PromotionGroupPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change an exclusion group",
    )
    async def change(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], group_id: FromPath[int], data: PromotionGroupPatch
    ) -> PromotionGroup:
        """Rename it, or let one win per line instead of per order."""
        return await parts.change_group(tx, actor, program_id, group_id, data.name, data.per)

    @delete("/{group_id:int}", opt={"right": "loyalty:delete"}, summary="Archive an exclusion group")
    async def drop(self, tx: Tx, actor: Actor, program_id: FromPath[int], group_id: FromPath[int]) -> None:
        """Archive a group that no promotion is in; 409 otherwise."""
        await parts.drop_group(tx, actor, program_id, group_id)


class ArbitrationController(Controller):
    """How promotions of a program go together."""

    path = "/loyalty/programs/{program_id:int}/arbitration"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="Read the arbitration")
    async def read(self, tx: Tx, program_id: FromPath[int]) -> Arbitration:
        """Return whether promotions are tried in order or the best choice is looked for, and the rest."""
        return await parts.arbitration(tx, program_id)

    @patch("/", dto=Strict[ArbitrationPatch], return_dto=None, opt={"right": "loyalty:update"}, summary="Change it")
    async def change(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: ArbitrationPatch) -> Arbitration:
        """Change it; the next calculation goes by it."""
        wanted = parts.ArbitrationChange(**{name: getattr(data, name) for name in data.__struct_fields__})
        return await parts.change_arbitration(tx, actor, program_id, wanted)
