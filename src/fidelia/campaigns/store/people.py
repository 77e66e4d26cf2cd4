"""Who is in a campaign and on which side, as Roaring bitmaps. A bitmap that is returned is one's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects.postgresql import insert

from fidelia.platform.postgres import Tx

from ..tables import campaign, campaign_activity, campaign_entry, campaign_people, campaign_stratum

_c, _p, _s, _e, _a = campaign.c, campaign_people.c, campaign_stratum.c, campaign_entry.c, campaign_activity.c
LISTS = ("assigned", "audience", "control", "guests", "withheld")
#: Everybody assigned: label and people by (epoch, stratum).
Strata = dict[tuple[int, str], tuple[str, BitMap]]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Lists of a campaign's people.

    ``assigned``: everybody who was ever given a side; ``audience``: who of them is in it now; ``control``: who of those
    assigned is kept back; ``guests``: whom activities brought; ``withheld``: whom the global control group keeps out.
    ``segment_version`` is the version of the segment's list that all this was worked out from, none before the start.
    """

    assigned: BitMap
    audience: BitMap
    control: BitMap
    guests: BitMap
    withheld: BitMap
    segment_version: int | None = None

    @property
    def test(self) -> BitMap:
        """Who is in the campaign and not kept back."""
        return self.audience - self.control


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about an activity's recipients: where its campaign stands, its own settings, and the people."""

    state: str
    widens: list[str]
    exempt: bool
    people: People


class Entry(msgspec.Struct, frozen=True):
    """People who came in on a day in one way; ``activity`` is 0 where none brought them."""

    day: date
    source: str
    activity: int
    people: BitMap


def nobody() -> People:
    """Return the lists of a campaign that nobody is in."""
    return People(assigned=BitMap(), audience=BitMap(), control=BitMap(), guests=BitMap(), withheld=BitMap())


async def people(tx: Tx, campaign_id: int) -> People:
    """Return a campaign's lists; nobody is in one that has not been started."""
    row = await tx.first(sa.select(campaign_people).where(_p.campaign_id == campaign_id))
    return nobody() if row is None else _read(row)


async def standing(tx: Tx, campaign_id: int, mailing_id: int) -> Standing | None:
    """Return what decides about the recipients of a mailing, in one question; ``None`` without such a campaign."""
    mine = sa.and_(_a.campaign_id == _c.id, _a.kind == "mailing", _a.object_id == mailing_id)
    row = await tx.first(
        sa.select(_c.state, _c.archived_at, _a.widens, _a.exempt, *(_p[name] for name in LISTS), _p.segment_version)
        .select_from(campaign.outerjoin(campaign_people, _p.campaign_id == _c.id).outerjoin(campaign_activity, mine))
        .where(_c.id == campaign_id)
    )
    if row is None:
        return None
    found = nobody() if row.assigned is None else _read(row)
    state = row.state if row.archived_at is None else "completed"
    return Standing(state=state, widens=list(row.widens or ()), exempt=bool(row.exempt), people=found)


async def exempt(tx: Tx, campaign_id: int, mailing_id: int) -> bool:
    """Say whether a mailing of a campaign reaches control groups too."""
    return bool(
        await tx.scalar(
            sa.select(_a.exempt).where(_a.campaign_id == campaign_id, _a.kind == "mailing", _a.object_id == mailing_id)
        )
    )


async def save(tx: Tx, campaign_id: int, found: People) -> None:
    """Store a campaign's lists in place of those before."""
    values: dict[str, Any] = {name: packed(getattr(found, name)) for name in LISTS}
    values |= {
        "audience_size": len(found.audience),
        "control_size": found.audience.intersection_cardinality(found.control),
        "guests_size": found.audience.intersection_cardinality(found.guests),
        "withheld_size": len(found.withheld),
        "segment_version": found.segment_version,
        "updated_at": tx.now,
    }
    stmt = insert(campaign_people).values(campaign_id=campaign_id, **values)
    await tx.execute(stmt.on_conflict_do_update(index_elements=["campaign_id"], set_=values))


async def strata(tx: Tx, campaign_id: int, *, since: int = 0) -> Strata:
    """Return everybody assigned by (epoch, stratum), from an epoch on."""
    rows = await tx.all(
        sa.select(campaign_stratum).where(_s.campaign_id == campaign_id, _s.epoch >= since).order_by(_s.epoch, _s.key)
    )
    return {(row.epoch, row.key): (row.label, BitMap.deserialize(bytes(row.people))) for row in rows}


async def set_strata(tx: Tx, campaign_id: int, found: Mapping[tuple[int, str], tuple[str, BitMap]]) -> None:
    """Store the people of some strata in place of those before."""
    if not found:
        return
    rows = [
        {"campaign_id": campaign_id, "epoch": epoch, "key": key, "label": label, "people": packed(inside)}
        for (epoch, key), (label, inside) in found.items()
    ]
    stmt = insert(campaign_stratum).values(rows)
    await tx.execute(
        stmt.on_conflict_do_update(
            index_elements=["campaign_id", "epoch", "key"],
            set_={"people": stmt.excluded.people, "label": stmt.excluded.label},
        )
    )


async def entries(tx: Tx, campaign_id: int) -> list[Entry]:
    """Return how people came in, the oldest first."""
    rows = await tx.all(
        sa.select(campaign_entry).where(_e.campaign_id == campaign_id).order_by(_e.day, _e.source, _e.activity)
    )
    return [Entry(row.day, row.source, row.activity, BitMap.deserialize(bytes(row.people))) for row in rows]


async def add_entry(tx: Tx, campaign_id: int, day: date, source: str, activity: int, came: BitMap) -> None:
    """Note that people came in; the campaign's row is locked by whoever calls this."""
    where = (_e.campaign_id == campaign_id, _e.day == day, _e.source == source, _e.activity == activity)
    before = await tx.scalar(sa.select(_e.people).where(*where))
    whole = came if before is None else BitMap.deserialize(bytes(before)) | came
    stmt = insert(campaign_entry).values(
        campaign_id=campaign_id, day=day, source=source, activity=activity, people=packed(whole)
    )
    await tx.execute(
        stmt.on_conflict_do_update(
            index_elements=["campaign_id", "day", "source", "activity"], set_={"people": stmt.excluded.people}
        )
    )


async def forget_entries(tx: Tx, campaign_id: int, gone: BitMap, instead: Mapping[int, int]) -> None:
    """Take people out of the entries; who was merged with another is that one from now on."""
    for entry in await entries(tx, campaign_id):
        found = entry.people & gone
        if not found:
            continue
        whole = entry.people - gone
        whole.update(instead[profile] for profile in found if profile in instead)
        await tx.execute(
            sa.update(campaign_entry)
            .where(
                _e.campaign_id == campaign_id,
                _e.day == entry.day,
                _e.source == entry.source,
                _e.activity == entry.activity,
            )
            .values(people=packed(whole))
        )


async def campaigns_with_people(tx: Tx, database_id: int) -> list[int]:
    """Return the campaigns of a database that have begun, locked, in the order of their ids.

    One whose first people are being assigned right now is waited for.
    """
    rows = await tx.all(
        sa.select(_c.id).where(_c.database_id == database_id, _c.state != "draft").order_by(_c.id).with_for_update()
    )
    return [row.id for row in rows]


async def versions(tx: Tx) -> list[tuple[int, int, int | None]]:
    """Return of every active campaign its id, its segment, and the version of the list it was worked out from."""
    rows = await tx.all(
        sa.select(_c.id, _c.segment_id, _p.segment_version)
        .join(campaign_people, _p.campaign_id == _c.id)
        .where(_c.state == "active", _c.archived_at.is_(None))
        .order_by(_c.id)
    )
    return [(row.id, row.segment_id, row.segment_version) for row in rows]


async def widening(tx: Tx, campaign_id: int, by: Collection[str]) -> dict[int, list[str]]:
    """Return the mailings of a campaign that widen it in one of some ways, with all their ways."""
    rows = await tx.all(
        sa.select(_a.object_id, _a.widens).where(
            _a.campaign_id == campaign_id, _a.kind == "mailing", _a.widens.overlap(sa.cast(list(by), _a.widens.type))
        )
    )
    return {row.object_id: list(row.widens) for row in rows}


async def campaigns_of(tx: Tx, mailing_ids: Collection[int], way: str) -> dict[int, int]:
    """Return the active campaign of each of some mailings that widen theirs in a way."""
    rows = await tx.all(
        sa.select(_a.object_id, _a.campaign_id)
        .join(campaign, _c.id == _a.campaign_id)
        .where(
            _a.kind == "mailing",
            _a.object_id.in_(mailing_ids),
            _a.widens.contains(sa.cast([way], _a.widens.type)),
            _c.state == "active",
        )
    )
    return {row.object_id: row.campaign_id for row in rows}


def packed(found: BitMap) -> bytes:
    """Return the bytes of a list, as few as it takes."""
    copy = BitMap(found)
    copy.run_optimize()
    return bytes(copy.serialize())


def _read(row: Any) -> People:
    lists = {name: BitMap.deserialize(bytes(getattr(row, name))) for name in LISTS}
    return People(**lists, segment_version=row.segment_version)
