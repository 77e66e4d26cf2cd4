"""Routes of frequency policies."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..http.templates import given
from . import service
from .model import Limit, Policy

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Description = Annotated[str, msgspec.Meta(max_length=2_000)]
Limits = Annotated[list[Limit], msgspec.Meta(max_length=4)]
Resources = Annotated[list[int], msgspec.Meta(max_length=1_000)]


class PolicyIn(Body, frozen=True):
    """A new policy. Without limits it holds nobody back. ``resource_ids`` use it from now on, not the one before."""

    name: Name
    limits: Limits
    description: Description = ""
    is_default: bool = False
    resource_ids: Resources = []


class PolicyPatch(Body, frozen=True):
    """What to change of a policy; ``resource_ids`` replaces all of them."""

    name: Name | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    resource_ids: Resources | UnsetType = UNSET


class PolicyController(Controller):
    """How many messages somebody may get in how many days."""

    path = "/policies"
    tags = ("Frequency policies",)

    @get("/", opt={"right": "policies:read"}, summary="List frequency policies")
    async def list_policies(self, tx: Tx, page: PageRequest) -> Page[Policy]:
        """Return a page of policies, sorted by ``name``, ``created_at`` or ``updated_at``."""
        return await service.list_policies(tx, page)

    @post("/", dto=Strict[PolicyIn], return_dto=None, opt={"right": "policies:create"}, summary="Make a policy")
    async def create_policy(self, tx: Tx, actor: Actor, data: PolicyIn) -> Policy:
        """Store a new policy."""
        return await service.create_policy(tx, actor, given(data))

    @get("/{policy_id:int}", opt={"right": "policies:read"}, summary="Read a policy")
    async def get_policy(self, tx: Tx, policy_id: FromPath[int]) -> Policy:
        """Return a policy."""
        return await service.get_policy(tx, policy_id)

    @patch(
        "/{policy_id:int}",
        dto=Strict[PolicyPatch],
        return_dto=None,
        opt={"right": "policies:update"},
        summary="Change a policy",
    )
    async def change_policy(self, tx: Tx, actor: Actor, policy_id: FromPath[int], data: PolicyPatch) -> Policy:
        """Change a policy; mailings under way follow it from their next messages on."""
        return await service.change_policy(tx, actor, policy_id, given(data))

    @delete("/{policy_id:int}", opt={"right": "policies:delete"}, status_code=204, summary="Delete a policy")
    async def delete_policy(self, tx: Tx, actor: Actor, policy_id: FromPath[int]) -> None:
        """Delete a policy; its resources go back to the default. 409 while mailings name it."""
        await service.delete_policy(tx, actor, policy_id)
