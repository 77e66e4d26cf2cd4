"""What came of a basket, kept to be compared with what comes of it later. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from ..orders import Calculated

_NOUGHT = Decimal(0)


class ExpectedLine(msgspec.Struct, frozen=True):
    """What a line cost in the end."""

    line: str
    name: str
    final: str


class ExpectedPromotion(msgspec.Struct, frozen=True):
    """A promotion that was applied: what it took off or gave, in money or points (``measure``)."""

    promotion: int
    name: str
    measure: str
    amount: str


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What of a result counts: what is paid and earned, line by line, and by which promotions."""

    currency: str
    final: str
    total: str
    delivery: str
    lines: list[ExpectedLine]
    accrue: dict[str, str]
    redeem: dict[str, str]
    applied: list[ExpectedPromotion]
    gifts: dict[str, int]
    codes: dict[str, str]
    levels: list[int]


class CaseDifference(msgspec.Struct, frozen=True):
    """One thing that is not as expected. ``kind`` tells how ``was`` and ``now`` are to be read; null: not there."""

    kind: Literal["money", "points", "text"]
    label: str
    was: str | None
    now: str | None


def expectation(result: Calculated) -> Expectation:
    """Return what of a result is to stay as it is."""
    gifts: dict[str, int] = {}
    for one in result.gifts:
        gifts[one.sku] = gifts.get(one.sku, 0) + one.quantity
    applied = [
        ExpectedPromotion(
            one.promotion,
            one.name,
            one.measure,
            "0" if one.before is None or one.after is None else str(Decimal(one.after) - Decimal(one.before)),
        )
        for one in result.trace
        if one.status == "applied"
    ]
    return Expectation(
        currency=result.currency,
        final=result.final,
        total=result.total,
        delivery=result.delivery,
        lines=[ExpectedLine(line.id, line.name or line.sku or line.id, line.final) for line in result.lines],
        accrue=_some(result.points.accrue),
        redeem=_some(result.points.redeem),
        applied=applied,
        gifts=gifts,
        codes={one.code: one.status for one in result.promo_codes},
        levels=sorted(result.levels),
    )


def _some(points: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in points.items() if Decimal(text) != _NOUGHT}


def differences(expected: Expectation, result: Calculated) -> list[CaseDifference]:
    """Return what is not as expected, the most important first; empty when all is."""
    now = expectation(result)
    why = {one.promotion: one.why for one in result.trace if one.status != "applied"}
    found = [
        *_amounts("money", [("To pay", expected.final, now.final), ("Price before", expected.total, now.total)]),
        *_amounts("points", _keys("Earns", expected.accrue, now.accrue)),
        *_amounts("points", _keys("Pays with", expected.redeem, now.redeem)),
        *_promotions(expected.applied, now.applied, why),
        *_lines(expected.lines, now.lines),
        *_amounts("money", [("Delivery", expected.delivery, now.delivery)]),
        *_texts("Gift", {k: str(v) for k, v in expected.gifts.items()}, {k: str(v) for k, v in now.gifts.items()}),
        *_texts("Promo code", expected.codes, now.codes),
    ]
    if expected.levels != now.levels:
        was, is_ = (", ".join(map(str, one.levels)) or None for one in (expected, now))
        found.append(CaseDifference("text", "Levels given", was, is_))
    return found


def _amounts(kind: Literal["money", "points"], rows: Iterable[tuple[str, str, str]]) -> Iterable[CaseDifference]:
    return (CaseDifference(kind, label, was, now) for label, was, now in rows if Decimal(was) != Decimal(now))


def _keys(label: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    return ((f"{label} {key}", was.get(key, "0"), now.get(key, "0")) for key in dict.fromkeys([*was, *now]))


def _texts(label: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterable[CaseDifference]:
    for key in dict.fromkeys([*was, *now]):
        if was.get(key) != now.get(key):
            yield CaseDifference("text", f"{label} {key}", was.get(key), now.get(key))


def _promotions(
    was: Iterable[ExpectedPromotion], now: Iterable[ExpectedPromotion], why: Mapping[int, str]
) -> Iterable[CaseDifference]:
    before, after = {one.promotion: one for one in was}, {one.promotion: one for one in now}
    for id_ in dict.fromkeys([*before, *after]):
        old, new = before.get(id_), after.get(id_)
        if old is not None and new is not None:
            if Decimal(old.amount) != Decimal(new.amount):
                kind: Literal["money", "points"] = "points" if new.measure == "points" else "money"
                yield CaseDifference(kind, new.name, old.amount, new.amount)
        elif old is not None:
            yield CaseDifference("text", old.name, "applied", why.get(id_) or "It is not among the promotions any more")
        elif new is not None:
            yield CaseDifference("text", new.name, None, "applied")


def _lines(was: Iterable[ExpectedLine], now: Iterable[ExpectedLine]) -> Iterable[CaseDifference]:
    before = {one.line: one for one in was}
    for one in now:
        old = before.get(one.line)
        if old is not None and Decimal(old.final) != Decimal(one.final):
            yield CaseDifference("money", one.name, old.final, one.final)
