"""What a calculation needs to know, loaded in few questions: the program, the buyer, the catalogue, limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import psycopg
from pyroaring import BitMap

from fidelia import market, profiles, segments
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid_field, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.money import exponent
from fidelia.platform.postgres import Tx

from .. import codes, ledger, members, pricing, programs
from ..promotions import CounterKey, PromotionLimit, Ready, left_of, likely, person_facts, ready
from . import amounts
from .asking import AskedBuyer, ask_buyer, ask_items
from .facts import Buyer, DraftedLine, draft_of, read_lines
from .model import DraftOrder

T = TypeVar("T")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a calculation looks at, read in one transaction."""

    ready: Ready | None
    profile_id: int | None
    member: bool
    joins: bool
    items: Mapping[str, market.Item]
    lines: list[DraftedLine]
    draft: pricing.Draft
    buyer: pricing.Member | None
    ask: pricing.Ask
    left: Mapping[int, pricing.Left]
    counters: list[tuple[CounterKey, PromotionLimit]]
    codes: list[codes.CodeFound]
    delivery: int


async def profile_of(tx: Tx, order: DraftOrder) -> int | None:
    """Return who buys, ``None`` for nobody known; raise 404 the database, 422 for nobody of that name."""
    if order.profile is not None and order.match is not None:
        raise invalid_field("/profile", "Name the buyer by its id, or by match with one field")
    if order.profile is not None:
        return await _living(tx, order.database, order.profile)
    if order.match is None:
        return None
    if len(order.match) != 1:
        raise invalid_field("/match", "Name the buyer by one field")
    ((field, value),) = order.match.items()
    database = await profiles.get_database(tx, order.database)
    known = database.field("phones" if field == "phone" else field)
    try:
        key = value if known is None else profiles.read_key(known, value)
    except ValueError as exc:
        raise invalid_field(f"/match/{field}", str(exc)) from None
    found = await profiles.match_ids(tx, order.database, field, {key})
    if key not in found:
        raise invalid_field(f"/match/{field}", f"Nobody has {field} {value!r}")
    return found[key]


async def _living(tx: Tx, database_id: int, profile_id: int) -> int:
    asked = {profile_id} if 0 < profile_id <= MAX_PROFILE_ID else set()
    if profile_id in await profiles.exists(tx, database_id, asked):
        return profile_id
    became = await profiles.resolve(tx, database_id, asked)
    if profile_id not in became:
        raise invalid_field("/profile", f"There is no profile {profile_id}")
    return became[profile_id]


async def load(
    tx: Tx,
    order: DraftOrder,
    program: programs.Program | None,
    profile_id: int | None,
    now: datetime,
    known: Ready | None = None,
) -> Context:
    """Read everything. Writes nothing, so that somebody who would join now is only looked at as if they had.

    ``known`` are the program's promotions when they are to be others than those in force.
    """
    if known is None and program is not None:
        known = await ready(tx, program, None if now == tx.now else now)
    async with tx.together():
        items = await ask_items(tx, order)
        asked = await ask_buyer(tx, order, known, profile_id, now)
    return await put_together(tx, order, await items.answer(), asked, now)


async def ask_early(tx: Tx, order: DraftOrder, ask: Callable[[Ready | None], Awaitable[T]]) -> T:
    """Ask about an order while it is not known yet what is in force: one way to the database less.

    ``ask`` gets what probably is, or ``None`` when nothing may be asked about the buyer yet: nobody knows, they are not
    named by their id, or the transaction has begun with other things. It is called once more, with ``None``, when a
    table or column that it asked for is gone.
    """
    guess = likely(tx, order.database)
    if guess is None or order.match is not None or not 0 < (order.profile or 0) <= MAX_PROFILE_ID:
        return await ask(None)
    if not await tx.is_new():
        return await ask(None)
    try:
        return await ask(guess)
    except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable):
        await tx.begin_again()
        return await ask(None)


async def ask_whom(
    tx: Tx,
    order: DraftOrder,
    known: Ready | None,
    now: datetime,
    *,
    locked: bool = False,
    early: AskedBuyer | None = None,
) -> AskedBuyer:
    """Ask all there is to know of who buys; raise 422 for nobody of that name. ``locked`` as in ``ask_buyer``.

    ``early`` is what was asked already: it counts if it asked for what is in force, and found somebody.
    """
    if early is not None and early.known is known and await early.person() is not None:
        return early
    profile_id = order.profile
    if known is None or profile_id is None or order.match is not None or not 0 < profile_id <= MAX_PROFILE_ID:
        profile_id = await profile_of(tx, order)
    async with tx.together():
        asked = await ask_buyer(tx, order, known, profile_id, now, locked=locked)
    if known is not None and profile_id is not None and await asked.person() is None:  # merged away, or nobody
        profile_id = await profile_of(tx, order)
        async with tx.together():
            asked = await ask_buyer(tx, order, known, profile_id, now, locked=locked)
    return asked


async def put_together(
    tx: Tx,
    order: DraftOrder,
    items: Mapping[str, market.Item],
    asked: AskedBuyer,
    now: datetime,
    purse: ledger.Purse | None = None,
) -> Context:
    """Return what a calculation looks at, from answers; lists and codes are asked for here. Raises 404, 422."""
    known, profile_id = asked.known, asked.profile_id
    lines = read_lines(order, items)
    member, joins = await _membership(tx, asked)
    points: Mapping[int, ledger.Balance] = {}
    if known is not None and joins:
        points = _initial(known)
    elif known is not None and member:
        points = await asked.points(purse)
    found_codes = await codes.check(tx, order.database, profile_id, order.promo_codes, now) if order.promo_codes else []
    buyer = None if profile_id is None or known is None else await _buyer(tx, known, asked, points)
    seen = await asked.used()
    return Context(
        ready=known,
        profile_id=profile_id,
        member=member,
        joins=joins,
        items=items,
        lines=lines,
        draft=draft_of(
            order,
            lines,
            buyer,
            codes={one.pool_id: one.code for one in found_codes if one.state == "ready" and one.pool_id is not None},
            segments=known.segments if known is not None else frozenset(),
            lists=await member_lists(tx, known.lists) if known is not None else {},
        ),
        buyer=pricing.Member(points=_active(known, points)) if known is not None and (member or joins) else None,
        ask=pricing.Ask(redeem=_asked(order, known)),
        left=left_over(known, asked.counters, {key: used for key, (_, used) in seen.items()}, order.currency),
        counters=asked.counters,
        codes=found_codes,
        delivery=amounts.minor(order.delivery, order.currency, "/delivery"),
    )


async def _membership(tx: Tx, asked: AskedBuyer) -> tuple[bool, bool]:
    """Return whether somebody is a member, and whether an order would make them one."""
    if asked.known is None or asked.profile_id is None:
        return False, False
    found = await asked.member()
    if found is not None:
        return found[0] == "active", False
    return False, asked.profile_id in await members.allowed_of(tx, asked.known.program, BitMap([asked.profile_id]))


def _initial(known: Ready) -> dict[int, ledger.Balance]:
    return {
        one.id: msgspec.structs.replace(ledger.NOTHING, total=one.initial, active=one.initial)
        for one in known.types.values()
        if one.initial and one.delay is None
    }


def _active(known: Ready, points: Mapping[int, ledger.Balance]) -> dict[int, int]:
    return {
        id_: amounts.parts(balance.active, known.types[id_].places)
        for id_, balance in points.items()
        if id_ in known.types
    }


def _asked(order: DraftOrder, known: Ready | None) -> dict[int, Any]:
    asked: dict[int, Any] = {}
    for key, text in order.redeem.items():
        point_type = known.type_of(key) if known is not None else None
        if point_type is None:
            names = ", ".join(one.key for one in known.types.values()) if known is not None else ""
            raise invalid_field(f"/redeem/{key}", f"There are no such points; there are: {names or 'none'}")
        if point_type.kind != "standard":
            raise invalid_field(f"/redeem/{key}", f"{point_type.name} decide the level; they cannot be spent")
        asked[point_type.id] = amounts.asked_points(text, point_type.places, f"/redeem/{key}")
    return asked


async def _buyer(tx: Tx, known: Ready, asked: AskedBuyer, points: Mapping[int, ledger.Balance]) -> Buyer:
    assert asked.profile_id is not None
    row, found = await asked.person(), await asked.member()
    if row is None:
        raise not_found("Profile", asked.profile_id)
    joined_at = found[1] if found is not None and found[0] == "active" else None
    fields = {**row, **person_facts(known, points, await asked.standings(), joined_at)}
    segments_of = await _segments(tx, known.segments, asked.profile_id)
    return Buyer(fields=fields, segments=segments_of, number=await asked.number())


class _Lists:
    """Lists of segments that a process keeps, by their versions: reading one may be a megabyte."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], tuple[int, BitMap]] = {}

    async def read(self, tx: Tx, ids: Collection[int]) -> dict[int, BitMap]:
        """Return the lists of segments as they are in this transaction; those without a list are empty."""
        if not ids:
            return {}
        versions = await segments.list_versions(tx, ids)
        found = {}
        for id_ in ids:
            version = versions.get(id_)
            kept = self._kept.get((tx.engines.db.dsn, id_))
            if version is None:
                found[id_] = BitMap()
            elif kept is not None and kept[0] == version:
                found[id_] = kept[1]
            else:
                found[id_] = await segments.members(tx, id_)
                self._kept[tx.engines.db.dsn, id_] = version, found[id_]
        return found


_PEOPLE = _Lists()


async def people_lists(tx: Tx, ids: Collection[int]) -> dict[int, BitMap]:
    """Return the lists of segments of people."""
    return await _PEOPLE.read(tx, ids)


async def _segments(tx: Tx, ids: frozenset[int], profile_id: int) -> dict[int, bool]:
    return {id_: profile_id in people for id_, people in (await _PEOPLE.read(tx, ids)).items()}


async def member_lists(tx: Tx, numbers: frozenset[int]) -> Mapping[int, BitMap]:
    """Return the lists of products and SKUs that conditions name."""
    return await segments.product_lists(tx, numbers) if numbers else {}


def left_over(
    known: Ready | None,
    counters: Sequence[tuple[CounterKey, PromotionLimit]],
    taken: Mapping[CounterKey, Decimal],
    currency: str,
) -> dict[int, pricing.Left]:
    """Return what is left of promotions' limits."""
    if known is None:
        return {}
    found = {}
    for promotion_id, kinds in left_of(counters, taken).items():
        money = kinds.get("money") if known.currencies.get(promotion_id) == currency else None
        point_type = known.type_of(getattr(known.rewards[promotion_id], "points", ""))
        points = kinds.get("points")
        found[promotion_id] = pricing.Left(
            uses=int(kinds["uses"]) if "uses" in kinds else None,
            money=None if money is None else int(money.scaleb(exponent(currency))),
            points=None if points is None or point_type is None else amounts.parts(points, point_type.places),
        )
    return found


def refused(found: Collection[codes.CodeFound]) -> Problem | None:
    """Return the problem of codes that cannot be used, ``None`` when all can."""
    bad = [one for one in found if one.state != "ready"]
    if not bad:
        return None
    said = f"{bad[0].code}: {bad[0].words}"
    return conflict(said, FieldError("/promo_codes", said))
