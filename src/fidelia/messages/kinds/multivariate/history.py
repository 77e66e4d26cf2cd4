"""Goals and revenue of variants, asked of the history: only the core can do that."""

# ruff: noqa: S608 names of our own tables only
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fidelia import events, segments
from fidelia.platform.engines import Engines

from ...model import Run
from .model import SplitTest, VariantFigures

_SENT = """
select profile, min(at) as since, any(toUInt8OrZero(toString(props.variant))) as variant from {events}
where type = 'message.sent' and mailing = {{mailing:UInt32}} and startsWith(id, {{run:String}}) group by profile
"""


async def completed(
    engines: Engines, run: Run, test: SplitTest | None, figures: Sequence[VariantFigures], until: datetime
) -> list[VariantFigures]:
    """Return the figures with goals or revenue when the metric asks for them: what came after each one's message.

    Raises ``DrainBehind`` when the history is far behind, ``ClickHouseError``.
    """
    if test is None or test.metric not in ("goal", "revenue"):
        return list(figures)
    await engines.catch_up()
    await engines.port(segments.TABLES)(engines, run.database_id)
    if test.metric == "goal":
        return await _goals(engines, run, test, figures, until)
    return await _revenue(engines, run, figures, until)


def _params(run: Run, until: datetime) -> dict[str, object]:
    return {"mailing": run.mailing_id, "run": f"{run.id}-", "until": until.timestamp()}


async def _goals(
    engines: Engines, run: Run, test: SplitTest, figures: Sequence[VariantFigures], until: datetime
) -> list[VariantFigures]:
    table = events.events_table(run.database_id)
    rows = await engines.clickhouse.query(
        f"""
        select s.variant, uniqExact(s.profile) from ({_SENT.format(events=table)}) s
        join (select profile, at from {table} where type = {{type:String}}) g on g.profile = s.profile
        where g.at >= s.since and g.at <= fromUnixTimestamp64Milli(toInt64({{until:Float64}} * 1000)) group by s.variant
        """,
        {**_params(run, until), "type": test.event},
    )
    people = {int(variant): int(many) for variant, many in rows}
    return [msgspec.structs.replace(f, goals=people.get(f.variant, 0)) for f in figures]


async def _revenue(
    engines: Engines, run: Run, figures: Sequence[VariantFigures], until: datetime
) -> list[VariantFigures]:
    sent = _SENT.format(events=events.events_table(run.database_id))
    rows = await engines.clickhouse.query(
        f"""
        select variant, currency, toFloat64(sum(spent)), sum(toFloat64(spent) * toFloat64(spent)), sum(orders) from (
            select s.variant as variant, o.currency as currency, s.profile as profile, sum(o.total) as spent,
                count() as orders
            from ({sent}) s join (select profile, at, currency, total from o_{run.database_id} final
                where status not in ('cancelled', 'refunded')) o on o.profile = s.profile
            where o.at >= s.since and o.at <= fromUnixTimestamp64Milli(toInt64({{until:Float64}} * 1000))
            group by 1, 2, 3
        ) group by 1, 2
        """,
        _params(run, until),
    )
    orders: Counter[str] = Counter()
    for _, currency, _, _, many in rows:
        orders[str(currency)] += int(many)
    if not orders:
        return [msgspec.structs.replace(f, revenue=0.0, squares=0.0) for f in figures]
    currency = min(orders, key=lambda name: (-orders[name], name))
    found = {int(row[0]): (float(row[2]), float(row[3])) for row in rows if row[1] == currency}
    return [
        msgspec.structs.replace(f, revenue=spent, squares=squares, currency=currency)
        for f in figures
        for spent, squares in [found.get(f.variant, (0.0, 0.0))]
    ]
