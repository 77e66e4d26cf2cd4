"""Routes of a program's members."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...programs.http.levels import LevelGroupPatch
from ..service import desk, shown
from ..service.desk import MembersAdded
from ..service.effect import LevelEffect, effect_of
from ..service.finding import MemberFound, find
from ..service.shown import COLUMNS, MemberDetail, MemberOut, MemberSummary

_MATCHING = "email, phone, external_id, or the name of a field without equals, such as the number of a card"


class ProgramMembersIn(Body, frozen=True):
    """People to let in: by id, or by ``keys`` of a ``matching`` like ``email``. ``joined_at``: when they registered."""

    profile_ids: tuple[int, ...] = ()
    matching: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    keys: tuple[Annotated[str, msgspec.Meta(max_length=1000)], ...] = ()
    joined_at: datetime | None = None


class ProgramMembersOut(Body, frozen=True):
    """People to take out."""

    profile_ids: tuple[int, ...]


class MembersRemoved(msgspec.Struct, frozen=True):
    """How many were taken out."""

    removed: int


class LevelGrant(Body, frozen=True):
    """A level to give, and why."""

    level_id: int
    reason: Annotated[str, msgspec.Meta(max_length=1000)]


class MemberController(Controller):
    """Who is in a program, on which level, with which points."""

    path = "/loyalty/programs/{program_id:int}"
    tags = ("Loyalty",)

    @get("/members", opt={"right": "profiles:read"}, summary="List the members of a program")
    async def list_members(
        self,
        tx: Tx,
        actor: Actor,
        page: PageRequest,
        program_id: FromPath[int],
        level: Annotated[int | None, QueryParameter(name="level", description="Only on this level (its id)")] = None,
        source: Annotated[
            str | None, QueryParameter(name="source", description="How they came in; several by comma")
        ] = None,
        removed: Annotated[bool, QueryParameter(name="removed", description="Who was removed instead")] = False,
        columns: Annotated[
            str | None, QueryParameter(name="columns", description="Names of fields, separated by commas")
        ] = None,
        points: Annotated[
            str | None, QueryParameter(name="points", description="Whose balance is sorted by: the key of a point type")
        ] = None,
    ) -> Page[MemberOut]:
        """Return a page; sort by joined_at, id or balance. ``q`` searches as in the list of profiles."""
        actor.require("loyalty:read")
        return await shown.members(
            tx,
            program_id,
            page,
            level=level,
            sources=[] if source is None else source.split(","),
            removed=removed,
            columns=COLUMNS if columns is None else tuple(name for name in columns.split(",") if name)[:50],
            points=points,
        )

    @get("/members/find", opt={"right": "profiles:read"}, summary="Find a member by e-mail, phone or card")
    async def find(
        self,
        tx: Tx,
        actor: Actor,
        program_id: FromPath[int],
        matching: Annotated[str, QueryParameter(name="matching", description=_MATCHING, max_length=100)],
        key: Annotated[str, QueryParameter(name="key", description="The address, number or id", max_length=1000)],
    ) -> MemberFound:
        """Return whose a key is, with balances and levels; 404 when it is nobody's."""
        actor.require("loyalty:read")
        return await find(tx, program_id, matching, key)

    @post(
        "/members", dto=Strict[ProgramMembersIn], return_dto=None, opt={"right": "loyalty:run"}, summary="Let people in"
    )
    async def add(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: ProgramMembersIn) -> MembersAdded:
        """Make people members, 10,000 at a time; who is one already stays as they are."""
        return await desk.add(
            tx, actor, program_id, data.profile_ids, matching=data.matching, keys=data.keys, at=data.joined_at
        )

    @post(
        "/members/remove",
        dto=Strict[ProgramMembersOut],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Take members out",
    )
    async def remove(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: ProgramMembersOut) -> MembersRemoved:
        """Take members out. Their points and levels rest, and are there again when they come back."""
        return MembersRemoved(await desk.take_out(tx, actor, program_id, data.profile_ids))

    @get("/members/summary", opt={"right": "loyalty:read"}, summary="Count the members of a program")
    async def summary(self, tx: Tx, program_id: FromPath[int]) -> MemberSummary:
        """Return figures of members by level, and the newest days of review."""
        return await shown.summary(tx, program_id)

    @get("/members/{profile_id:int}", opt={"right": "profiles:read"}, summary="Read a member")
    async def one(self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int]) -> MemberDetail:
        """Return a member's balances and levels, and every move between levels."""
        actor.require("loyalty:read")
        return await shown.detail(tx, program_id, profile_id)

    @delete("/members/{profile_id:int}", status_code=204, opt={"right": "loyalty:run"}, summary="Take a member out")
    async def remove_one(self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int]) -> None:
        """Take a member out; repeating it changes nothing."""
        await desk.take_out_one(tx, actor, program_id, profile_id)

    @post(
        "/members/{profile_id:int}/level",
        dto=Strict[LevelGrant],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:run"},
        summary="Give a member a level",
    )
    async def give_level(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], profile_id: FromPath[int], data: LevelGrant
    ) -> MemberDetail:
        """Put a member on a level, up or down; it holds until the next review, whatever the points say."""
        actor.require("profiles:read")
        return await desk.give_level(tx, actor, program_id, profile_id, data.level_id, data.reason)

    @post(
        "/level-groups/{group_id:int}/effect",
        dto=Strict[LevelGroupPatch],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:read"},
        summary="Work out whom a change of levels moves",
    )
    async def effect(
        self, tx: Tx, program_id: FromPath[int], group_id: FromPath[int], data: LevelGroupPatch
    ) -> LevelEffect:
        """Say how many members would move to another level at once; nothing is changed."""
        return await effect_of(tx, program_id, group_id, data.wanted())
