"""Queries of the segments that runs have looked at."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..tables import mailing_run, template_version
from .tables import run_segment


async def asked_by(tx: Tx, version_ids: Iterable[int]) -> list[int]:
    """Return the segments that some versions of templates ask for."""
    rows = await tx.all(
        sa.select(template_version.c.refers["segments"]).where(template_version.c.id.in_(list(version_ids)))
    )
    return sorted({int(number) for (numbers,) in rows for number in numbers or ()})


async def known(tx: Tx, run_id: int) -> dict[int, tuple[BitMap, BitMap]]:
    """Return by segment who of a run is in it, and of whom that is known."""
    rows = await tx.all(sa.select(run_segment).where(run_segment.c.run_id == run_id))
    return {
        row.segment_id: (BitMap.deserialize(bytes(row.members)), BitMap.deserialize(bytes(row.known))) for row in rows
    }


async def keep(tx: Tx, run_id: int, segment_id: int, members: BitMap, people: BitMap) -> None:
    """Keep who of some people is in a segment, beside what is known of others."""
    at = (run_segment.c.run_id == run_id) & (run_segment.c.segment_id == segment_id)
    raw = await tx.raw()
    nobody = BitMap().serialize()
    await raw.execute(
        "insert into run_segment (run_id, segment_id, members, known, at) values (%s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (run_id, segment_id, nobody, nobody, tx.now),
    )
    row = await tx.one(sa.select(run_segment).where(at).with_for_update())
    inside = (BitMap.deserialize(bytes(row.members)) - people) | members
    looked_at = BitMap.deserialize(bytes(row.known)) | people
    await tx.execute(
        sa.update(run_segment).where(at).values(members=inside.serialize(), known=looked_at.serialize(), at=tx.now)
    )


async def merge(tx: Tx, database_id: int, source: int, into: int) -> None:
    """Let what runs under way know of one profile be known of the one it became; finished runs write to nobody."""
    rows = await tx.all(
        sa.select(run_segment)
        .join(mailing_run, mailing_run.c.id == run_segment.c.run_id)
        .where(mailing_run.c.database_id == database_id, mailing_run.c.finished_at.is_(None))
        .with_for_update(of=run_segment)
    )
    for row in rows:
        members, looked_at = BitMap.deserialize(bytes(row.members)), BitMap.deserialize(bytes(row.known))
        if source in looked_at and into not in looked_at:
            inside = BitMap([into]) if source in members else BitMap()
            await keep(tx, row.run_id, row.segment_id, inside, BitMap([into]))
