"""What narrows a report: people by segment and level, and what is looked up for it."""

from __future__ import annotations

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

#: Who is on a level at the end of the period, of ``level_group``; a move of the same moment written later counts.
_ON_LEVEL = """
    select x.profile_id from (
        select distinct on (m.profile_id) m.profile_id, m.to_id from loyalty_level_move m
        where m.group_id = %(level_group)s and m.at < %(until)s order by m.profile_id, m.at desc, m.id desc
    ) x where x.to_id = %(level)s
"""


def people(level: int | None, segment: list[int] | None) -> str:
    """Return a query of the people a report is about; empty for everybody. It takes the values of ``Asked.filters``."""
    parts = []
    if level is not None:
        parts.append(_ON_LEVEL)
    if segment is not None:
        parts.append("select x.profile_id from unnest(%(people)s::bigint[]) x (profile_id)")
    return " intersect ".join(parts)


def among(column: str, level: int | None, segment: list[int] | None) -> str:
    """Return a condition that keeps the people a report is about; ``true`` for everybody."""
    query = people(level, segment)
    return f"{column} in ({query})" if query else "true"


async def begin(tx: Tx) -> None:
    """Let everything that a report reads be of one moment; it writes nothing."""
    await tx.execute(sa.text("set transaction isolation level repeatable read, read only"))
    # Compiling these queries takes longer than running them.
    await tx.execute(sa.text("set local jit = off"))


async def has_promotion(tx: Tx, program_id: int, promotion_id: int) -> bool:
    """Tell whether a program has a promotion, archived or not."""
    query = sa.text("select 1 from promotion where id = :id and program_id = :program")
    return await tx.first(query, {"id": promotion_id, "program": program_id}) is not None


async def region(tx: Tx, external_id: str) -> int | None:
    """Return a region's id."""
    found = await tx.scalar(sa.text("select id from market_region where external_id = :key"), {"key": external_id})
    return None if found is None else int(found)


async def places(tx: Tx, database_id: int) -> dict[str, dict[str, str]]:
    """Return what channels and regions are called, by their external ids."""
    channels = sa.text("select external_id, name from market_channel where database_id = :database")
    regions = sa.text("select external_id, name from market_region")
    return {
        "channel": {row.external_id: row.name for row in await tx.all(channels, {"database": database_id})},
        "region": {row.external_id: row.name for row in await tx.all(regions)},
    }
