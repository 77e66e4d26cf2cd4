"""What people, tills and sites read of points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.days import midnight
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.money import amount_text, round_money
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import ledger, programs
from ..ledger import NOTHING, Filter, Lot, Transaction
from ..programs import PointType
from .model import (
    BalanceOut,
    ExpiringDay,
    ExpiringPoints,
    LotOut,
    LotPart,
    MemberBalance,
    NextExpiry,
    TransactionDetail,
    TransactionOut,
    Worth,
)
from .service import transaction_id as read_id
from .service import worth


async def shown(tx: Tx, actor: Actor, program_id: int, rows: Sequence[Transaction]) -> list[TransactionOut]:
    """Return transactions as callers see them; members have names for whoever may read profiles."""
    types = await _types(tx, program_id)
    names = await called(tx, actor, program_id, rows)
    return [_shown(row, types, names.get(row.profile_id)) for row in rows]


async def called(tx: Tx, actor: Actor, program_id: int, rows: Sequence[Transaction]) -> dict[int, str | None]:
    """Return what members are called, in one question; nothing for who may not read profiles."""
    if not actor.may("profiles:read"):
        return {}
    program = await programs.program(tx, program_id)
    columns = ["first_name", "last_name", "email", "phones", "external_id"]
    names: dict[int, str | None] = {}
    for person in await profiles.read_many(tx, program.database_id, {row.profile_id for row in rows}, columns):
        name = " ".join(part for part in (person["first_name"], person["last_name"]) if part)
        contact = person["email"] or next(iter(person["phones"] or ()), None)
        names[person["id"]] = name or contact or person["external_id"]
    return names


async def page(
    tx: Tx, actor: Actor, program_id: int, request: PageRequest, points: str | None, wanted: Filter
) -> Page[TransactionOut]:
    """Return a page of transactions, the newest first. Raises 404, 422."""
    found = await ledger.page(tx, program_id, request, await filtered(tx, program_id, points, wanted))
    return Page(await shown(tx, actor, program_id, found.items), found.next_cursor)


async def filtered(tx: Tx, program_id: int, points: str | None, wanted: Filter) -> Filter:
    """Return a filter with the point type of a key; raise 404 for the program, 422 for the key."""
    await programs.program(tx, program_id)
    if points is None:
        return wanted
    for kind in (await _types(tx, program_id)).values():
        if kind.key == points:
            return Filter(
                **{name: getattr(wanted, name) for name in Filter.__struct_fields__ if name != "point_type_id"},
                point_type_id=kind.id,
            )
    raise invalid_field("/points", f"This program has no points called {points}")


async def detail(tx: Tx, actor: Actor, program_id: int, transaction_id: str) -> TransactionDetail:
    """Return a transaction with its lots and its chain. Raises 404."""
    row = await ledger.transaction(tx, program_id, read_id(transaction_id))
    opened, used = await ledger.moved(tx, row.id)
    chain = await ledger.chain(tx, program_id, row.id)
    types = await _types(tx, program_id)
    one, *rest = await shown(tx, actor, program_id, [row, *chain])
    return TransactionDetail(
        transaction=one,
        opened=None if opened is None else _lot(opened, types),
        used=[LotPart(lot=_lot(lot, types), amount=amount_text(part), repays=repays) for lot, part, repays in used],
        chain=rest,
    )


async def balance(tx: Tx, program_id: int, profile_id: int) -> MemberBalance:
    """Return what somebody has of each point type, zeros where nothing; raise 404 for the program or the profile."""
    program = await programs.program(tx, program_id)
    await profiles.get_profile(tx, program.database_id, profile_id)
    found = (await ledger.balances(tx, program_id, [profile_id])).get(profile_id, {})
    lots = await ledger.open_lots(tx, program_id, profile_id)
    balances = []
    for kind in (await _types(tx, program_id)).values():
        has = found.get(kind.id, NOTHING)
        money, currency = worth(kind, has.active), kind.ratio_currency or ""
        balances.append(
            BalanceOut(
                points=kind.key,
                name=kind.name,
                kind=kind.kind,
                total=amount_text(has.total),
                active=amount_text(has.active),
                pending=amount_text(has.pending),
                held=amount_text(has.held),
                promised=amount_text(has.promised),
                debt=amount_text(has.debt),
                worth=None if money is None else Worth(amount_text(round_money(money, currency), currency), currency),
                next_expiry=_next([lot for lot in lots if lot.point_type_id == kind.id]),
            )
        )
    return MemberBalance(program_id=program_id, profile_id=profile_id, as_of=tx.now, balances=balances)


async def expiring(tx: Tx, program_id: int, profile_id: int, first: date, last: date) -> ExpiringPoints:
    """Return what lapses from the first day to the last, both included, in the database's time zone."""
    program = await programs.program(tx, program_id)
    if last < first:
        raise invalid_field("/to", "The last day cannot be before the first")
    zone = ZoneInfo((await profiles.get_database(tx, program.database_id)).timezone)
    # Points of the last day lapse when it is over: at the midnight after it.
    start, end = (midnight(day, zone) + timedelta(microseconds=1) for day in (first, last + timedelta(days=1)))
    types = await _types(tx, program_id)
    items, totals = [], dict.fromkeys((kind.key for kind in types.values()), Decimal(0))
    for type_id, at, amount in await ledger.expiring(
        tx, program_id, profile_id, start, end + timedelta(microseconds=1)
    ):
        items.append(ExpiringDay(types[type_id].key, at, amount_text(amount)))
        totals[types[type_id].key] += amount
    return ExpiringPoints({key: amount_text(amount) for key, amount in totals.items()}, items)


async def _types(tx: Tx, program_id: int) -> dict[int, PointType]:
    return {kind.id: kind for kind in (await programs.point_types(tx, program_id, archived=True)).values()}


def _next(lots: Sequence[Lot]) -> NextExpiry | None:
    ends = [lot.expires_at for lot in lots if lot.expires_at is not None]
    if not ends:
        return None
    first = min(ends)
    return NextExpiry(first, amount_text(sum((x.remaining for x in lots if x.expires_at == first), Decimal(0))))


def _lot(lot: Lot, types: dict[int, PointType]) -> LotOut:
    return LotOut(
        id=lot.id,
        transaction=str(lot.transaction_id),
        points=types[lot.point_type_id].key,
        amount=amount_text(lot.amount),
        remaining=amount_text(lot.remaining),
        taken_back=amount_text(lot.voided),
        expired=amount_text(lot.lapsed),
        active_from=lot.active_from,
        expires_at=lot.expires_at,
    )


def _shown(row: Transaction, types: dict[int, PointType], member: str | None) -> TransactionOut:
    kind = types[row.point_type_id]
    return TransactionOut(
        id=str(row.id),
        program_id=row.program_id,
        points=kind.key,
        points_name=kind.name,
        profile_id=row.profile_id,
        member=member,
        type=row.type,
        state=row.state,
        amount=amount_text(row.amount),
        change=amount_text(row.change),
        balance_before=amount_text(row.balance_before),
        balance_after=amount_text(row.balance_after),
        debt_change=amount_text(row.debt_change),
        of=None if row.of_id is None else str(row.of_id),
        reference=row.reference,
        source_type=row.source_type,
        source_id=row.source_id,
        promotion_id=row.promotion_id,
        reason=row.reason,
        by=row.by_name,
        data=row.data,
        hold_until=row.hold_until,
        active_from=row.active_from,
        expires_at=row.expires_at,
        seq=row.seq,
        at=row.at,
        created_at=row.created_at,
    )
