"""Routes of level groups."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.money import amount_text
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import (
    Downgrade,
    LevelGroup,
    LevelMode,
    Reset,
    ResetHow,
    ResetWhen,
    Review,
    ReviewKind,
    ReviewStart,
    Upgrade,
)
from ..service import levels
from ..service.levels import GroupChange, GroupSettings, LevelSettings
from ..store import parts
from ..store import programs as store

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Amount = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "500"')]


class LevelIn(Body, frozen=True):
    """A level: an existing one is named by its ``key``, a new one may have one made of its name."""

    name: Text
    threshold: Amount
    key: Word | None = None
    benefits: tuple[Text, ...] = ()

    def wanted(self) -> LevelSettings:
        """Return it as the use cases take it."""
        return LevelSettings(name=self.name, threshold=self.threshold, key=self.key, benefits=list(self.benefits))


class ReviewIn(Body, frozen=True):
    """When levels are reviewed: never, every so many ``months`` since ``start``, or on ``dates`` like ``01-01``."""

    kind: ReviewKind
    months: int | None = None
    start: ReviewStart | None = None
    dates: tuple[Word, ...] = ()

    def wanted(self) -> Review:
        """Return it as the use cases take it."""
        return Review(kind=self.kind, months=self.months, start=self.start, dates=list(self.dates))


class ResetIn(Body, frozen=True):
    """When counting begins anew and how; ``date`` is a day of the year like ``01-01``."""

    when: ResetWhen
    how: ResetHow = "to_zero"
    date: Word | None = None

    def wanted(self) -> Reset:
        """Return it as the use cases take it."""
        return Reset(when=self.when, how=self.how, date=self.date)


class LevelGroupIn(Body, frozen=True):
    """A new level group with its levels from the lowest up. ``entry`` is the key of the level members begin on."""

    name: Text
    point_type_id: int
    levels: tuple[LevelIn, ...]
    key: Word | None = None
    entry: Word | None = None
    mode: LevelMode = "cumulative"
    upgrade: Upgrade = "immediate"
    downgrade: Downgrade = "none"
    review: ReviewIn | None = None
    reset: ResetIn | None = None
    grace_days: int = 0

    def wanted(self) -> GroupSettings:
        """Return it as the use cases take it."""
        return GroupSettings(
            name=self.name,
            point_type_id=self.point_type_id,
            levels=[level.wanted() for level in self.levels],
            entry=self.entry,
            mode=self.mode,
            upgrade=self.upgrade,
            downgrade=self.downgrade,
            review=Review(kind="none") if self.review is None else self.review.wanted(),
            reset=Reset(when="none", how="keep") if self.reset is None else self.reset.wanted(),
            grace_days=self.grace_days,
        )


class LevelGroupPatch(Body, frozen=True):
    """What is to be changed; ``levels`` are all of them, from the lowest up."""

    name: Text | UnsetType = UNSET
    point_type_id: int | UnsetType = UNSET
    levels: tuple[LevelIn, ...] | UnsetType = UNSET
    entry: Word | UnsetType | None = UNSET
    mode: LevelMode | UnsetType = UNSET
    upgrade: Upgrade | UnsetType = UNSET
    downgrade: Downgrade | UnsetType = UNSET
    review: ReviewIn | UnsetType = UNSET
    reset: ResetIn | UnsetType = UNSET
    grace_days: int | UnsetType = UNSET

    def wanted(self) -> GroupChange:
        """Return it as the use cases take it."""
        given: dict[str, Any] = {name: getattr(self, name) for name in GroupChange.__struct_fields__}
        for name in ("review", "reset"):
            if given[name] is not UNSET:
                given[name] = given[name].wanted()
        if self.levels is not UNSET:
            given["levels"] = [level.wanted() for level in self.levels]
        return GroupChange(**given)


class LevelOut(msgspec.Struct, frozen=True):
    """A level; the higher ``position`` is the higher level."""

    id: int
    key: str
    name: str
    position: int
    threshold: str
    benefits: list[str]


class ReviewOut(msgspec.Struct, frozen=True):
    """When levels are reviewed."""

    kind: ReviewKind
    months: int | None
    start: ReviewStart | None
    dates: list[str]


class ResetOut(msgspec.Struct, frozen=True):
    """When counting begins anew, and how."""

    when: ResetWhen
    how: ResetHow
    date: str | None


class LevelGroupOut(msgspec.Struct, frozen=True, kw_only=True):
    """Levels from the lowest up, and how members move between them."""

    id: int
    key: str
    name: str
    point_type_id: int
    mode: LevelMode
    upgrade: Upgrade
    downgrade: Downgrade
    review: ReviewOut
    reset: ResetOut
    grace_days: int
    entry: str | None
    levels: list[LevelOut]


class LevelGroups(msgspec.Struct, frozen=True):
    """The level groups of a program, in the order they were made."""

    items: list[LevelGroupOut]


class LevelGroupController(Controller):
    """What qualification points lead to."""

    path = "/loyalty/programs/{program_id:int}/level-groups"
    tags = ("Loyalty",)

    @get("/", opt={"right": "loyalty:read"}, summary="List the level groups of a program")
    async def list_groups(self, tx: Tx, program_id: FromPath[int]) -> LevelGroups:
        """Return every level group with its levels."""
        program = await store.get(tx, program_id)
        return LevelGroups([out(group) for group in await parts.level_groups(tx, program.id)])

    @post("/", dto=Strict[LevelGroupIn], return_dto=None, opt={"right": "loyalty:update"}, summary="Add a level group")
    async def create(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: LevelGroupIn) -> LevelGroupOut:
        """Add a level group; in an active program a job gives every member a level."""
        return out(await levels.create_group(tx, actor, program_id, data.wanted(), data.key))

    @get("/{group_id:int}", opt={"right": "loyalty:read"}, summary="Read a level group")
    async def one(self, tx: Tx, program_id: FromPath[int], group_id: FromPath[int]) -> LevelGroupOut:
        """Return a level group with its levels."""
        return out(await parts.get_level_group(tx, program_id, group_id))

    @patch(
        "/{group_id:int}",
        dto=Strict[LevelGroupPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change a level group",
    )
    async def change(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], group_id: FromPath[int], data: LevelGroupPatch
    ) -> LevelGroupOut:
        """Change what is given; in an active program a job moves members as the new settings say."""
        return out(await levels.change_group(tx, actor, program_id, group_id, data.wanted()))

    @delete("/{group_id:int}", status_code=204, opt={"right": "loyalty:update"}, summary="Delete a level group")
    async def delete(self, tx: Tx, actor: Actor, program_id: FromPath[int], group_id: FromPath[int]) -> None:
        """Delete a level group with the history of its members. 409 while the program is active."""
        await levels.delete_group(tx, actor, program_id, group_id)


def out(group: LevelGroup) -> LevelGroupOut:
    """Return a level group as the API tells of it."""
    same = ("id", "key", "name", "point_type_id", "mode", "upgrade", "downgrade", "grace_days")
    return LevelGroupOut(
        **{name: getattr(group, name) for name in same},
        review=ReviewOut(group.review.kind, group.review.months, group.review.start, group.review.dates),
        reset=ResetOut(group.reset.when, group.reset.how, group.reset.date),
        entry=next((level.key for level in group.levels if level.id == group.entry_level_id), None),
        levels=[
            LevelOut(lv.id, lv.key, lv.name, lv.position, amount_text(lv.threshold), lv.benefits) for lv in group.levels
        ],
    )
