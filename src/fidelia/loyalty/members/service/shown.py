"""Members as people see them: balances, levels, what is missing to the next one, and how they came there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ... import ledger, programs
from ...programs import LevelGroup, Program
from .. import rules
from ..model import Member, MemberSource, MemberState, MoveCause, Standing
from ..store import listing, reviews, standings
from ..store import members as store
from .earned import totals

COLUMNS = ("first_name", "last_name", "email", "phones")
SOURCES = ("everybody", "segment", "order", "manual", "api", "scenario")


class MemberLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands in a group; ``points`` count, ``missing`` more lead to ``next``."""

    group_id: int
    group: str
    level_id: int | None
    level: str | None
    reached_at: datetime | None
    points: str
    next: str | None
    missing: str | None
    threshold: str | None
    review_on: date | None
    in_grace: bool


class MemberPoints(msgspec.Struct, frozen=True, kw_only=True):
    """What a member has of a kind of points. Amounts are decimal texts."""

    point_type_id: int
    key: str
    name: str
    kind: str
    active: str
    pending: str
    held: str
    debt: str
    total: str


class MemberMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move from one level to another; ``from_level`` and ``to_level`` are names."""

    group_id: int
    at: datetime
    from_level: str | None
    to_level: str | None
    cause: MoveCause
    points: str
    reason: str | None


class MemberOut(msgspec.Struct, frozen=True, kw_only=True):
    """A member with balances and levels, and some columns of the profile."""

    profile_id: int
    state: MemberState
    source: MemberSource
    joined_at: datetime
    removed_at: datetime | None
    profile: dict[str, object]
    balances: list[MemberPoints]
    levels: list[MemberLevel]


class MemberDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A member, and every move between levels, the newest first."""

    program_id: int
    program: str
    member: MemberOut
    moves: list[MemberMove]


class LevelSize(msgspec.Struct, frozen=True):
    """How many members are on a level; ``level_id`` null: on none."""

    group_id: int
    level_id: int | None
    members: int


class ReviewOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a day of review did, or a day on which counting began anew (``reset``)."""

    group_id: int
    day: date
    kind: str
    reviewed: int
    raised: int
    lowered: int
    kept: int
    graced: int
    finished_at: datetime | None


class MemberSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A program's members in figures: at present, removed, joined in 30 days; by level; the newest days of review."""

    members: int
    removed: int
    joined: int
    levels: list[LevelSize]
    reviews: list[ReviewOutcome]


async def members(
    tx: Tx,
    program_id: int,
    page: PageRequest,
    *,
    level: int | None = None,
    sources: Sequence[str] = (),
    removed: bool = False,
    columns: Sequence[str] = COLUMNS,
    points: str | None = None,
) -> Page[MemberOut]:
    """Return a page of members, the newest first; ``q`` searches as in the list of profiles. Raises 404, 422.

    ``sort=balance`` is by what they have of ``points``, the first kind that can be spent unless it is named.
    """
    program = await programs.program(tx, program_id)
    kind = await _kind(tx, program_id, points)
    if not set(sources) <= set(SOURCES):
        raise invalid_field("/source", f"source must be one of: {', '.join(SOURCES)}")
    people = await profiles.search_ids(tx, program.database_id, page.q) if page.q else None
    wanted = listing.Filter(removed=removed, level_id=level, sources=sources, people=people, point_type_id=kind)
    found = await listing.page(tx, program_id, page, wanted)
    return Page(await shown(tx, program, found.items, columns), found.next_cursor, found.total)


async def _kind(tx: Tx, program_id: int, key: str | None) -> int | None:
    kinds = (await programs.point_types(tx, program_id)).values()
    if key is None:
        return next((kind.id for kind in kinds if kind.kind == "standard"), None)
    for kind in kinds:
        if kind.key == key:
            return kind.id
    raise invalid_field("/points", f"This program has no points called {key[:100]}")


async def detail(tx: Tx, program_id: int, profile_id: int) -> MemberDetail:
    """Return a member, or who was one, with every move; raise 404."""
    program = await programs.program(tx, program_id)
    found = await store.get(tx, program_id, profile_id)
    if found is None:
        raise not_found("Member", profile_id)
    groups = await programs.level_groups(tx, program_id)
    names = {level.id: level.name for group in groups for level in group.levels}
    moves = await standings.moves_of(tx, [group.id for group in groups], profile_id)
    return MemberDetail(
        program_id=program.id,
        program=program.name,
        member=(await shown(tx, program, [found], COLUMNS))[0],
        moves=[
            MemberMove(
                group_id=move.group_id,
                at=move.at,
                from_level=None if move.from_id is None else names.get(move.from_id, f"#{move.from_id}"),
                to_level=None if move.to_id is None else names.get(move.to_id, f"#{move.to_id}"),
                cause=move.cause,
                points=amount_text(move.points),
                reason=move.reason,
            )
            for move in moves
        ],
    )


async def summary(tx: Tx, program_id: int) -> MemberSummary:
    """Return a program's members in figures; raise 404."""
    program = await programs.program(tx, program_id)
    counted = await listing.tallies(tx, program.id, tx.now - timedelta(days=30))
    groups = await programs.level_groups(tx, program.id)
    sizes = [
        LevelSize(group.id, level_id, number)
        for group in groups
        for level_id, number in (await standings.sizes(tx, group.id)).items()
    ]
    days = await reviews.newest(tx, [group.id for group in groups])
    return MemberSummary(
        members=counted.members,
        removed=counted.removed,
        joined=counted.joined,
        levels=sizes,
        reviews=[
            ReviewOutcome(**{name: getattr(day, name) for name in ReviewOutcome.__struct_fields__}) for day in days
        ],
    )


async def shown(tx: Tx, program: Program, found: Sequence[Member], columns: Sequence[str]) -> list[MemberOut]:
    """Return members with their figures: the same few questions for one and for a thousand."""
    ids = [member.profile_id for member in found]
    known = {person["id"]: person for person in await profiles.read_many(tx, program.database_id, ids, list(columns))}
    balances = await _balances(tx, program, ids)
    levels = await standing_of(tx, await programs.level_groups(tx, program.id), ids)
    return [
        MemberOut(
            profile_id=member.profile_id,
            state=member.state,
            source=member.source,
            joined_at=member.joined_at,
            removed_at=member.removed_at,
            profile={name: known.get(member.profile_id, {}).get(name) for name in columns},
            balances=balances[member.profile_id],
            levels=levels[member.profile_id],
        )
        for member in found
    ]


async def _balances(tx: Tx, program: Program, ids: Collection[int]) -> dict[int, list[MemberPoints]]:
    types = (await programs.point_types(tx, program.id)).values()
    found = await ledger.balances(tx, program.id, ids)
    told: dict[int, list[MemberPoints]] = {}
    for profile_id in ids:
        here = found.get(profile_id, {})
        told[profile_id] = [
            MemberPoints(
                point_type_id=kind.id,
                key=kind.key,
                name=kind.name,
                kind=kind.kind,
                **{
                    name: amount_text(getattr(here.get(kind.id, ledger.NOTHING), name))
                    for name in ("active", "pending", "held", "debt", "total")
                },
            )
            for kind in types
        ]
    return told


async def standing_of(tx: Tx, groups: Sequence[LevelGroup], ids: Collection[int]) -> dict[int, list[MemberLevel]]:
    """Return where people stand in groups, in the order of the groups."""
    told: dict[int, list[MemberLevel]] = {profile_id: [] for profile_id in ids}
    for group in groups:
        found = await standings.find(tx, group.id, ids)
        total = await totals(tx, group, ids)
        for profile_id in ids:
            told[profile_id].append(_level(group, found.get(profile_id), total.get(profile_id, Decimal(0))))
    return told


def _level(group: LevelGroup, standing: Standing | None, total: Decimal) -> MemberLevel:
    counting = total if standing is None else rules.points(standing, total)
    here = None if standing is None else standing.level_id
    level = next((level for level in group.levels if level.id == here), None)
    above = rules.next_level(group, here)
    return MemberLevel(
        group_id=group.id,
        group=group.name,
        level_id=here,
        level=None if level is None else level.name,
        reached_at=None if standing is None else standing.reached_at,
        points=amount_text(counting),
        next=None if above is None else above.name,
        missing=None if above is None else amount_text(max(Decimal(0), above.threshold - counting)),
        threshold=None if above is None else amount_text(above.threshold),
        review_on=None if standing is None else standing.review_on,
        in_grace=standing is not None and standing.in_grace,
    )
