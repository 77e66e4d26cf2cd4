"""Whom something is about: a segment, a condition, chosen people, a search, everybody; with range and limit.

What stands in PostgreSQL is known at once; anything else is worked out by a job of the core, and a job of a worker
waits for it with :func:`awaited`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from pyroaring import BitMap

from fidelia import conditions, profiles
from fidelia.access import Actor
from fidelia.conditions import Always, Condition
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import SegmentRange
from ..store import clickhouse as clickhouse_store
from ..store import members as members_store
from ..store import segments as store
from .answer import catch_up
from .people import condition_people, segment_people
from .preview import Unsaved
from .question import ask, ask_segment
from .refusals import in_words

MAX_IDS = 100_000
_EVERY_SECONDS = 0.3


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom it is about: exactly one of ``segment``, ``condition``, ``profile_ids``, ``q``, ``figure``, ``everybody``.

    ``q`` is a search as in the list of profiles. ``figure`` are those whom a figure counts (``import:5:created``), of
    them those whom ``q`` finds when that stands beside it. ``range`` takes a random part of them, ``limit`` the first
    so many.
    """

    segment: int | None = None
    condition: Condition | None = None
    profile_ids: Annotated[list[int], msgspec.Meta(min_length=1, max_length=MAX_IDS)] | None = None
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None
    figure: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    everybody: bool = False
    range: SegmentRange | None = None
    limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether neither range nor limit cuts it."""
        return self.range is None and self.limit is None


async def check_audience(tx: Tx, actor: Actor, database_id: int, audience: Audience, pointer: str = "/audience") -> str:
    """Return what the audience is called, to somebody who may see the figure it is made of.

    Raises 403; 404 for the database; 409 (archived, broken rules); 422.
    """
    database = await profiles.get_database(tx, database_id)
    names = ("segment", "condition", "profile_ids", "figure", *(() if audience.figure is not None else ("q",)))
    given = [name for name in names if getattr(audience, name) is not None] + (
        ["everybody"] if audience.everybody else []
    )
    if len(given) != 1:
        place = f"{pointer}/{given[1]}" if given else pointer
        raise invalid_field(place, "Name exactly one of: segment, condition, profile_ids, q, figure, everybody")
    faults = rules.range_errors(audience.range) + rules.limit_errors(audience.limit)
    if faults:
        raise invalid(*(FieldError(pointer + fault.pointer, fault.message) for fault in faults))
    if audience.segment is not None:
        return await _segment_name(tx, database_id, audience.segment, pointer)
    if audience.condition is not None:
        await ask(tx, database_id, audience.condition, pointer=f"{pointer}/condition")
        return "People who meet a condition"
    if audience.profile_ids is not None:
        if any(not 0 < i <= MAX_PROFILE_ID for i in audience.profile_ids):
            raise invalid_field(f"{pointer}/profile_ids", "There is no profile with such an id")
        count = len(set(audience.profile_ids))
        return f"{count:,} chosen {'profile' if count == 1 else 'profiles'}"
    if audience.q is not None:
        try:
            await profiles.search_ids(tx, database_id, audience.q, most=1)
        except Problem as exc:
            raise invalid(*(FieldError(pointer + e.pointer, e.message) for e in exc.errors)) from None
        if audience.figure is None:
            return f"Found by {audience.q[:60]}"
    if audience.figure is not None:
        title = await profiles.figure_title(tx, actor, database_id, audience.figure, f"{pointer}/figure")
        return title if audience.q is None else f"{title}, found by {audience.q[:60]}"
    return f"Everybody in {database.name}"


async def _segment_name(tx: Tx, database_id: int, segment_id: int, pointer: str) -> str:
    try:
        segment = await store.get(tx, segment_id)
    except Problem:
        raise invalid_field(f"{pointer}/segment", f"There is no segment {segment_id}") from None
    if segment.database_id != database_id:
        raise invalid_field(f"{pointer}/segment", f"{segment.name} is a segment of another database")
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")
    if segment.type == "dynamic":
        await ask_segment(tx, segment)
    return f"Segment {segment.name}"


async def people_at_once(tx: Tx, database_id: int, audience: Audience) -> BitMap | None:
    """Return the people as far as PostgreSQL alone knows them soon; ``None`` when they have to be worked out."""
    if not audience.is_whole:
        return None
    if audience.profile_ids is not None:
        return await _chosen(tx, database_id, audience.profile_ids)
    if audience.figure is not None:
        return await _figure(tx, database_id, audience.figure, audience.q)
    if audience.segment is not None and (await store.get(tx, audience.segment)).type != "dynamic":
        return await members_store.members(tx, audience.segment)
    return None


async def audience_people(
    engines: Engines, database_id: int, audience: Audience, *, tag: str | None = None, wait: bool = True
) -> BitMap:
    """Return the people as they are now. Asks ClickHouse, so in the core only; see :func:`segment_people`.

    Raises what :func:`check_audience` raises; 503; without ``wait`` ``DrainBehind``.
    """
    if audience.condition is not None or (audience.everybody and not audience.is_whole):
        what = Unsaved(database_id, audience.condition or Always(), audience.range, audience.limit)
        return await condition_people(engines, what, tag=tag, wait=wait)
    if audience.segment is not None:
        found = await segment_people(engines, audience.segment, tag=tag, wait=wait)
    else:
        async with engines.tx() as tx:
            if audience.profile_ids is not None:
                found = await _chosen(tx, database_id, audience.profile_ids)
            elif audience.figure is not None:
                found = await _figure(tx, database_id, audience.figure, audience.q)
            elif audience.q is not None:
                found = await profiles.search_ids(tx, database_id, audience.q)
            else:
                found = await profiles.all_ids(tx, database_id)
    if audience.is_whole:
        return found
    with in_words():
        await catch_up(engines, database_id, wait=wait)
        return await clickhouse_store.draw(engines.clickhouse, database_id, found, audience.range, audience.limit, tag)


async def _figure(tx: Tx, database_id: int, key: str, q: str | None) -> BitMap:
    """Return whom a figure counts and a search finds; that somebody may see it was checked before."""
    found = await profiles.figure_people(tx, Actor.system(), database_id, key)
    return found if q is None else found & await profiles.search_ids(tx, database_id, q)


async def _chosen(tx: Tx, database_id: int, ids: list[int]) -> BitMap:
    """Return chosen people; an id that somebody had before a merge stands for who they became."""
    wanted = BitMap(ids)
    known = await profiles.exists(tx, database_id, wanted)
    became = await profiles.resolve(tx, database_id, wanted - known) if len(known) < len(wanted) else {}
    return known | BitMap(became.values())


async def awaited(ctx: JobContext, people_job: str | None, read: Callable[[], Awaitable[BitMap | None]]) -> BitMap:
    """Return the people that another job works out, as soon as ``read`` finds them.

    Cancelled, it gives up that job too. Raises 409 when that job ended without finding anybody out.
    """
    while True:
        async with ctx.tx() as tx:
            waiting = None if people_job is None else await jobs.get(tx, people_job)
        if (found := await read()) is not None:
            return found
        if waiting is None or waiting.state in ("failed", "cancelled", "done"):
            raise conflict((waiting and waiting.error) or "Nobody found out whom this is about")
        try:
            await ctx.check()
            await asyncio.sleep(_EVERY_SECONDS)
        except (Cancelled, asyncio.CancelledError):
            if ctx.cancel_requested and people_job is not None:
                await asyncio.shield(_give_up(ctx, people_job))
            raise


async def _give_up(ctx: JobContext, people_job: str) -> None:
    async with ctx.tx() as tx:
        if (await jobs.get(tx, people_job)).state in ("queued", "running"):
            await jobs.cancel(tx, people_job)


def stored(audience: Audience) -> dict[str, Any]:
    """Return an audience as it is kept with the work."""
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(audience, condition=None))
    if audience.condition is not None:
        plain["condition"] = conditions.encode(audience.condition)
    return plain


def restored(plain: dict[str, Any]) -> Audience:
    """Undo :func:`stored`."""
    rest = {name: value for name, value in plain.items() if name != "condition"}
    found = msgspec.convert(rest, Audience)
    if "condition" not in plain:
        return found
    return msgspec.structs.replace(found, condition=conditions.decode(plain["condition"]))
