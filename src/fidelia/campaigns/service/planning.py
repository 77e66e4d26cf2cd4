"""What a control group would be, or is: strata, warnings, the smallest effect that such groups can show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import ceil, isfinite, sqrt

from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.kernel.errors import FieldError, invalid
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import DONE
from fidelia.segments import ControlWarning, Division, StratumOut, measure

from ..model import StrataPlan
from ..people.job import RUNS
from ..store import campaigns as store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from ..store.strata import by_stratum
from .checks import Control, control_faults, database_of, segment_of
from .lifecycle import control_of

#: The share of people who do what counts, while nothing is known.
TYPICAL_RATE = 0.05


async def power(
    tx: Tx, database_id: int, segment_id: int, wanted: Control, rate: float | None, lift: float | None
) -> StrataPlan:
    """Return what a control group of a segment's people would be as things stand; changes nothing. Raises 422."""
    database = await database_of(tx, database_id)
    faults = [*control_faults(database, wanted), *_supposed_faults(rate, lift)]
    if faults:
        raise invalid(*faults)
    segment = await segment_of(tx, database_id, segment_id)
    people, withheld = await _of_segment(tx, database_id, segment.id, 0)
    return await _thought(tx, database, people, withheld, wanted, rate, lift)


async def strata(tx: Tx, campaign_id: int, rate: float | None, lift: float | None) -> StrataPlan:
    """Return the strata of a campaign's people who are in now, of a draft as they would be. Raises 404, 422."""
    faults = _supposed_faults(rate, lift)
    if faults:
        raise invalid(*faults)
    row = await store.get(tx, campaign_id)
    inside = await lists.people(tx, campaign_id)
    if row.state in ("draft", "building") and not inside.assigned:
        database = await profiles.get_database(tx, row.database_id)
        people, withheld = await _of_segment(tx, row.database_id, row.segment_id, row.id)
        return await _thought(tx, database, people, withheld, control_of(row), rate, lift)
    if row.share is None:
        return _plan(len(inside.audience), len(inside.withheld), 0, 0, [], [], rate, lift)
    known = await lists.strata(tx, campaign_id, since=row.first_epoch)
    present = {key: (label, people & inside.audience) for key, (label, people) in known.items()}
    compared = sum(len(people) for _, people in present.values())
    kept = sum(people.intersection_cardinality(inside.control) for _, people in present.values())
    parts = segments.strata_summary(present, inside.control, row.share, inside.control)
    last = await RUNS.last(tx, campaign_id, DONE)
    return _plan(
        compared,
        len(inside.withheld),
        kept,
        _target(compared, row),
        [part for part in parts if part.people],
        [] if last is None else last.warnings,
        rate,
        lift,
    )


async def _of_segment(tx: Tx, database_id: int, segment_id: int, campaign_id: int) -> tuple[BitMap, BitMap]:
    """Return who would be in a campaign on a segment, and whom the global control group keeps out."""
    people = await segments.members(tx, segment_id)
    withheld = await segments.kept_back(tx, database_id, "campaign", campaign_id, people)
    return people - withheld, withheld


async def _thought(
    tx: Tx,
    database: profiles.Database,
    people: BitMap,
    withheld: BitMap,
    wanted: Control | None,
    rate: float | None,
    lift: float | None,
) -> StrataPlan:
    if wanted is None:
        return _plan(len(people), len(withheld), 0, 0, [], [], rate, lift)
    made, faults = segments.divisions(database, wanted.strata)
    if faults:
        raise invalid(*faults)
    found = await by_stratum(tx, database.id, made, people)
    share = segments.millionths(wanted.percent)
    split = await asyncio.to_thread(segments.split, found, share, "plan", cap=wanted.cap)
    return _plan(
        split.people,
        len(withheld),
        len(split.control),
        split.target,
        _parts(split, made),
        segments.split_words(split, made, wanted.cap),
        rate,
        lift,
    )


def _parts(split: segments.Split, made: list[Division]) -> list[StratumOut]:
    return [
        StratumOut(
            key=row.key,
            label=segments.label_of(row.key, made),
            people=row.people,
            expected=row.expected,
            control=row.control,
        )
        for row in sorted(split.strata, key=lambda row: segments.order_of(row.key))
        if row.people
    ]


def _target(people: int, row: CampaignRow) -> int:
    whole = (2 * people * (row.share or 0) + 1_000_000) // 2_000_000
    return whole if row.cap is None else min(whole, row.cap)


def _plan(
    people: int,
    withheld: int,
    control: int,
    target: int,
    parts: Sequence[StratumOut],
    warnings: Sequence[ControlWarning],
    rate: float | None,
    lift: float | None,
) -> StrataPlan:
    share = TYPICAL_RATE if rate is None else rate
    change = share / 10 if lift is None else lift
    return StrataPlan(
        people=people,
        withheld=withheld,
        control=control,
        target=target,
        parts=list(parts),
        warnings=list(warnings),
        rate=share,
        detectable=measure.detectable_share(share, control, people - control),
        lift=change,
        needed=needed(people, share, change),
    )


def needed(people: int, rate: float, lift: float) -> int | None:
    """Return the fewest of some people to keep back so that a change of a rate by ``lift`` shows in four of five cases.

    ``None`` where half of them would not do.
    """
    alone = measure.detectable_share(rate, 1, 1)
    if alone is None or lift <= 0:
        return None
    # detectable² = alone² / 2 · (1/c + 1/(n − c)); c is the smaller root of c · (n − c) = n · k.
    ratio = alone / lift
    k = ratio * ratio / 2
    beneath = people * people - 4 * people * k
    if not isfinite(k) or beneath < 0:
        return None
    count = max(1, ceil((people - sqrt(beneath)) / 2 - 1e-9))
    return count if count <= people // 2 else None


def _supposed_faults(rate: float | None, lift: float | None) -> list[FieldError]:
    faults = []
    if rate is not None and not 0 < rate < 1:
        faults.append(FieldError("/rate", "The usual rate lies between 0 and 1, as 0.05 for 5 %"))
    if lift is not None and not 0 < lift <= 1:
        faults.append(FieldError("/lift", "The change lies between 0 and 1, as 0.01 for one point"))
    return faults
