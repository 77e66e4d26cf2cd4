"""Points by hand and by API: members accrue, redeem, hold, commit; people correct. Levels follow in the same step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import UNSET, UnsetType

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, invalid_field, not_found
from fidelia.kernel.money import amount_text, parse_amount
from fidelia.platform.postgres import Tx

from .. import ledger, members, programs
from ..ledger import Accrual, Because, How, Redemption, Transaction
from ..programs import PointType
from .model import AccrualIn, AdjustmentIn, RedemptionIn

Row = tuple[int, AccrualIn]
Spend = tuple[int, RedemptionIn]
#: Where rows stand in a body of many.
ITEMS = "/items/{}"


async def accrue(tx: Tx, actor: Actor, program_id: int, rows: Sequence[Row], at: str = ITEMS) -> list[Transaction]:
    """Credit points to members, just now enrolled where the audience lets them; all rows or none.

    ``at`` is where rows stand in the caller's body. Raises 404, 409, 422.
    """
    types = await _types(tx, program_id)
    wanted = [
        Accrual(
            profile_id=profile_id,
            point_type_id=_type(types, row.points, at.format(n)).id,
            amount=parse_amount(row.amount, f"{at.format(n)}/amount"),
            reference=row.reference,
            active_from=UNSET if row.activates_at is None else _utc(row.activates_at, f"{at.format(n)}/activates_at"),
            expires_at=_expiry(row.expires_at, row.activates_at or tx.now, f"{at.format(n)}/expires_at"),
            hold_until=_until(tx, row.hold_seconds),
            at=None if row.at is None else _past(row.at, tx.now, f"{at.format(n)}/at"),
            because=_because(row),
        )
        for n, (profile_id, row) in enumerate(rows)
    ]
    people = {profile_id for profile_id, _ in rows}
    await members.require(tx, program_id, people)
    with _pointing(at):
        done = await ledger.accrue(tx, program_id, wanted, by=actor)
    await members.settle_levels(tx, program_id, people)
    return done


async def redeem(tx: Tx, actor: Actor, program_id: int, rows: Sequence[Spend], at: str = ITEMS) -> list[Transaction]:
    """Spend points of members, soonest expiry first; all rows or none. Raises 404, 409 (too few), 422."""
    types = await _types(tx, program_id)
    wanted = [
        Redemption(
            profile_id=profile_id,
            point_type_id=_type(types, row.points, at.format(n)).id,
            amount=parse_amount(row.amount, f"{at.format(n)}/amount"),
            reference=row.reference,
            hold_until=_until(tx, row.hold_seconds),
            because=_because(row),
        )
        for n, (profile_id, row) in enumerate(rows)
    ]
    await members.require(tx, program_id, {profile_id for profile_id, _ in rows})
    with _pointing(at):
        return await ledger.redeem(tx, program_id, wanted, by=actor)


async def adjust(tx: Tx, actor: Actor, program_id: int, profile_id: int, wanted: AdjustmentIn) -> Transaction:
    """Correct a member's points by hand, up or down (never below what is active). Raises 404, 409, 422."""
    kind = _type(await _types(tx, program_id), wanted.points, "")
    change = parse_amount(wanted.change, "/change")
    if not wanted.reason.strip():
        raise invalid_field("/reason", "Say why: the reason is kept with the transaction")
    if not change:
        raise invalid_field("/change", 'Say by how much, like "50" or "-50"')
    because = Because(source_type="manual", reason=wanted.reason.strip())
    await members.require(tx, program_id, [profile_id])
    with _pointing("", amount="/change"):
        if change > 0:
            up = Accrual(
                profile_id=profile_id,
                point_type_id=kind.id,
                amount=change,
                type="adjust",
                reference=wanted.reference,
                active_from=None,
                expires_at=_expiry(wanted.expires_at, tx.now, "/expires_at"),
                because=because,
            )
            (done,) = await ledger.accrue(tx, program_id, [up], by=actor)
        else:
            down = Redemption(
                profile_id=profile_id,
                point_type_id=kind.id,
                amount=-change,
                type="adjust",
                reference=wanted.reference,
                because=because,
            )
            (done,) = await ledger.redeem(tx, program_id, [down], by=actor)
    await members.settle_levels(tx, program_id, [profile_id])
    await audit(
        tx,
        actor,
        "points.adjusted",
        kind="loyalty_program",
        object_id=program_id,
        name=(await programs.program(tx, program_id)).name,
        before={"profile": profile_id, kind.key: amount_text(done.balance_before)},
        after={"profile": profile_id, kind.key: amount_text(done.balance_after), "reason": because.reason},
    )
    return done


async def finish(tx: Tx, actor: Actor, program_id: int, named: str, how: How, reason: str) -> Transaction:
    """Commit, roll back or cancel a transaction; the same again gives the first answer. Raises 404, 409."""
    first = await ledger.transaction(tx, program_id, transaction_id(named))
    await members.lock(tx, program_id, [first.profile_id])
    because = None
    if reason.strip():
        because = Because(
            source_type=first.source_type,
            source_id=first.source_id,
            promotion_id=first.promotion_id,
            reason=reason.strip(),
        )
    (done,) = await ledger.finish(tx, program_id, [first.id], how, by=actor, because=because)
    await members.settle_levels(tx, program_id, [done.profile_id])
    return done


def transaction_id(text: str) -> UUID:
    """Read a transaction's id; raise 404 for a text that is none."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found("Transaction", text) from None


async def _types(tx: Tx, program_id: int) -> dict[str, PointType]:
    await programs.program(tx, program_id)
    return await programs.point_types(tx, program_id)


def _type(types: dict[str, PointType], key: str | None, at: str) -> PointType:
    if key is not None:
        if key not in types:
            raise invalid_field(f"{at}/points", f"This program has no points called {key}")
        return types[key]
    standard = [kind for kind in types.values() if kind.kind == "standard"]
    if len(standard) != 1:
        known = ", ".join(kind.key for kind in types.values())
        raise invalid_field(f"{at}/points", f"Say which points: {known}" if known else "This program has no points yet")
    return standard[0]


def _because(row: AccrualIn | RedemptionIn) -> Because:
    return Because(source_type=row.source_type, source_id=row.source_id, reason=row.reason, data=row.data)


def _until(tx: Tx, seconds: int | None) -> datetime | None:
    return None if seconds is None else tx.now + timedelta(seconds=seconds)


def _utc(at: datetime, pointer: str) -> datetime:
    if at.tzinfo is None:
        raise invalid_field(pointer, "A moment needs its offset, like 2026-11-01T10:00:00Z")
    if not 1970 <= at.year <= 2298:
        raise invalid_field(pointer, "This moment is too far away")
    return at.astimezone(UTC)


def _past(at: datetime, now: datetime, pointer: str) -> datetime:
    at = _utc(at, pointer)
    if at > now:
        raise invalid_field(pointer, "Points cannot be accrued in the future; use activates_at")
    return at


def _expiry(
    expires_at: datetime | UnsetType | None, active_from: datetime, pointer: str
) -> datetime | UnsetType | None:
    if not isinstance(expires_at, datetime):
        return expires_at
    expires_at = _utc(expires_at, pointer)
    if active_from.tzinfo is None or expires_at <= active_from:
        raise invalid_field(pointer, "Points cannot expire before they can be spent")
    return expires_at


@contextmanager
def _pointing(at: str, **names: str) -> Iterator[None]:
    """Say the ledger's faults where they stand in the caller's body; it says them of items."""
    try:
        yield
    except Problem as problem:
        if at != ITEMS:
            last = [(e.pointer.rsplit("/", 1)[-1], e.message) for e in problem.errors]
            problem.errors = tuple(FieldError(names.get(name, f"/{name}"), message) for name, message in last)
        raise


def worth(kind: PointType, points: Decimal) -> Decimal | None:
    """Return what points come to in money, before rounding."""
    return None if kind.ratio is None or kind.ratio_currency is None else points * kind.ratio
