"""Points that moved in a period, by type, step, cause, promotion, channel, region and level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

from fidelia.kernel.money import amount_text
from fidelia.platform.engines import Engines

from .. import promotions
from ..programs import PointType
from .amounts import ZERO, money, rate
from .model import LoyaltyPoints, PointFlow, PointsBy, PointStep, PointTypeFlow
from .question import Asked, Wanted, asking
from .store import filters, liability
from .store import points as store
from .store.liability import Moved
from .store.points import Dimension, Flow

Sums = Mapping[str, Decimal]
_CAUSES = {
    "promotion": "Promotions",
    "order": "Orders",
    "registration": "Joining",
    "hand": "By hand",
    "api": "Through the API",
    "system": "By the platform",
}


async def points(engines: Engines, wanted: Wanted) -> LoyaltyPoints:
    """Return what moved of every point type, or the one that is named. Raises 404, 422."""
    async with asking(engines, wanted) as (tx, asked):
        values = asked.filters
        flows = await store.flows(tx, values)
        narrowed = any(values[name] is not None for name in ("promotion", "channel", "region"))
        moved = None if narrowed else await liability.series(tx, values)
        places = await filters.places(tx, asked.program.database_id)
        ids = {int(one.key) for one in flows if one.dimension == "promotion" and one.key}
        called = {str(id_): name for id_, name in (await promotions.names(tx, ids)).items()}
    levels = {str(level.id): level.name for group in asked.groups for level in group.levels}
    named = {"cause": _CAUSES, **places, "promotion": called, "level": levels}
    types = [_type(asked, kind, [one for one in flows if one.type_id == kind.id], moved, named) for kind in asked.types]
    return LoyaltyPoints(period=asked.steps.period, types=types)


def _type(
    asked: Asked,
    kind: PointType,
    flows: Sequence[Flow],
    moved: Iterable[Moved] | None,
    named: Mapping[str, Mapping[str, str]],
) -> PointTypeFlow:
    by: dict[Dimension, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    for one in flows:
        by[one.dimension][one.key][one.what] += one.points
    total: dict[str, Decimal] = defaultdict(Decimal)
    for sums in by["step"].values():
        for what, value in sums.items():
            total[what] += value

    def told(dimension: Dimension) -> list[PointsBy]:
        names = named.get(dimension, {})
        found = sorted(by[dimension].items(), key=lambda item: (-_size(item[1]), item[0]))
        return [PointsBy(key=key, name=_name(names, key), **_texts(sums)) for key, sums in found]

    return PointTypeFlow(
        points=kind.key,
        name=kind.name,
        kind=kind.kind,
        ratio=None if kind.ratio is None else amount_text(kind.ratio),
        currency=kind.ratio_currency,
        total=PointFlow(**_texts(total)),
        accrued_money=money(kind, total["accrued"]),
        redeemed_money=money(kind, total["redeemed"]),
        expired_money=money(kind, total["expired"]),
        redemption_rate=rate(total["redeemed"] - total["given_back"], total["accrued"] - total["taken_back"]),
        steps=_steps(asked, kind, by["step"], moved),
        causes=told("cause"),
        promotions=told("promotion"),
        channels=told("channel"),
        regions=told("region"),
        levels=told("level"),
    )


def _steps(
    asked: Asked, kind: PointType, by_step: Mapping[str, Sums], moved: Iterable[Moved] | None
) -> list[PointStep]:
    days = asked.steps.days
    have: list[str | None] = [None] * (len(days) + 1)
    if moved is not None:
        changes: dict[int, Decimal] = defaultdict(Decimal)
        for one in moved:
            if one.type_id == kind.id:
                changes[one.step] += one.lots + one.held - one.debt
        have = [amount_text(value) for value in accumulate(changes[n] for n in range(len(days) + 1))]
    return [
        PointStep(first=first, last=last, opening=have[n], closing=have[n + 1], **_texts(by_step.get(str(n + 1), {})))
        for n, (first, last) in enumerate(days)
    ]


def _texts(sums: Sums) -> dict[str, str]:
    return {name: amount_text(sums.get(name, ZERO)) for name in PointFlow.__struct_fields__}


def _size(sums: Sums) -> Decimal:
    return sum((abs(value) for value in sums.values()), ZERO)


def _name(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key) if key else "None"
