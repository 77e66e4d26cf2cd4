"""Members as a list: pages by registration, filtered by level, source and whoever a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import Member
from ..tables import loyalty_member, loyalty_standing

_c, _s = loyalty_member.c, loyalty_standing.c


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which members: those at present or those removed, on a level, come in by some ways."""

    removed: bool = False
    level_id: int | None = None
    sources: Sequence[str] = ()
    people: BitMap | None = None
    #: Whose balance is sorted by.
    point_type_id: int | None = None


async def page(tx: Tx, program_id: int, request: PageRequest, wanted: Filter) -> Page[Member]:
    """Return a page of members, the newest first by default; sort by joined_at, id or balance."""
    where: list[sa.ColumnElement[bool]] = [
        _c.program_id == program_id,
        _c.state == ("removed" if wanted.removed else "active"),
    ]
    if wanted.level_id is not None:
        on_level = sa.exists().where(_s.level_id == wanted.level_id, _s.profile_id == _c.profile_id)
        where.append(on_level)
    if wanted.sources:
        where.append(_c.source.in_(wanted.sources))
    if wanted.people is not None:
        where.append(_c.profile_id == sa.any_(sa.literal(list(wanted.people), sa.ARRAY(sa.BigInteger))))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(loyalty_member).where(*where))
    query = sa.select(*(_c[name] for name in Member.__struct_fields__)).where(*where)
    sorts: dict[str, sa.ColumnElement[Any]] = {"joined_at": _c.joined_at, "id": _c.profile_id}
    if wanted.point_type_id is not None:
        mine = sa.table("loyalty_account", *(sa.column(name) for name in ("point_type_id", "profile_id", "balance")))
        same = sa.and_(mine.c.point_type_id == wanted.point_type_id, mine.c.profile_id == _c.profile_id)
        if (request.sort or "").removeprefix("-") == "balance":
            query = query.outerjoin(mine, same)
        # In ten-thousandths: a cursor is JSON, which has no decimals.
        sorts["balance"] = sa.cast(sa.func.coalesce(mine.c.balance, 0) * 10_000, sa.BigInteger)
    rows, cursor = await sorted_rows(tx, query, request, sorts=sorts, key=_c.profile_id, default="-joined_at")
    return Page([as_struct(row, Member) for row in rows], cursor, total)


class Tallies(msgspec.Struct, frozen=True):
    """How many members there are, were removed, and joined since a moment."""

    members: int
    removed: int
    joined: int


async def tallies(tx: Tx, program_id: int, since: datetime) -> Tallies:
    """Count members of a program."""
    active = _c.state == "active"
    row = await tx.one(
        sa.select(
            sa.func.count().filter(active).label("members"),
            sa.func.count().filter(~active).label("removed"),
            sa.func.count().filter(sa.and_(active, _c.joined_at >= since)).label("joined"),
        ).where(_c.program_id == program_id)
    )
    return as_struct(row, Tallies)


async def on_level(tx: Tx, program_id: int, level_id: int) -> BitMap:
    """Return the members of a program who are on a level."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "select s.profile_id from loyalty_standing s join loyalty_member m on m.profile_id = s.profile_id"
        " and m.program_id = %s and m.state = 'active' where s.level_id = %s",
        (program_id, level_id),
    )
    return BitMap([row[0] for row in await cursor.fetchall()])
