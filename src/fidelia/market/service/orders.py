"""Orders: batches by the caller's ids, one order written by who worked it out, reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import Problem, conflict, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.outbox import clickhouse_time, encode_line
from fidelia.platform.postgres import Asked, Tx

from ..book import Book, read_book
from ..model import BatchReply, Item, ItemResult, OrderDetail, OrderIn, OrderRow
from ..rules import Line, Order, events_of, line_events_of, work_out
from ..statuses import kind_of, starting
from ..store import details
from ..store import orders as store
from ..store.load import Loaded, Placed, load_orders
from ..store.place import ask_place, goods_of
from .effects import follow
from .goods import rejected, reply
from .whose import whose_orders

History = bool | Literal["orders"]


async def upsert_orders(tx: Tx, database_id: int, orders: Sequence[OrderIn], *, history: History = True) -> BatchReply:
    """Create and change orders by external id, each with all its lines.

    ``history=False`` writes no events (the reference platform's ``skip_triggers``), ``"orders"`` those of new orders
    but not of their lines. An order whose profile is not found is rejected, as is one that stands twice in the batch
    (the last counts). Whoever follows orders (``ORDER_EFFECTS``) is told of those that changed.
    """
    whose, results = await whose_orders(tx, database_id, orders)
    book = await read_book(tx, database_id)
    last = {order.external_id: n for n, order in enumerate(orders)}
    placed: list[Placed] = []
    for n, order in enumerate(orders):
        if n not in whose:
            continue
        try:
            if last[order.external_id] != n:
                raise invalid_field("/external_id", f"Item {last[order.external_id]} has the same id; that one counts")
            placed.append(Placed(work_out(order, n, tx.now, book), whose[n]))
        except Problem as problem:
            results.append(rejected(n, problem))
    if placed:
        before: dict[int, OrderDetail] = {}

        async def watch(ids: Sequence[int]) -> None:
            before.update(await details.order_details(tx, ids, book.statuses))

        loaded = await load_orders(tx, database_id, placed, book, watch=watch)
        for result in loaded:
            position = placed[result.position].order.position
            results.append(ItemResult(position, result.status, result.id))  # type: ignore[arg-type]
            if history and result.status == "created":
                _write_new(tx, database_id, placed[result.position], result, book, lines=history != "orders")
        if before:
            after = await details.order_details(tx, list(before), book.statuses)
            await follow(tx, before, after, history=bool(history))
    return reply(results)


async def place_order(tx: Tx, database_id: int, order: OrderIn, *, profile_id: int, history: History = True) -> int:
    """Write one new order of a profile that is known to exist; return its id.

    ``profile`` and ``match`` of the order are not looked at. Raises 422 for what does not fit, and 409 when the
    database has an order with this external id (see :func:`find_order`).
    """
    book = await read_book(tx, database_id)
    worked, goods = await work_out_order(tx, order, book, {})
    asked = await ask_place_order(tx, database_id, worked, goods, book, profile_id=profile_id)
    return await asked.answer(history)


class AskedOrder:
    """An order on its way."""

    def __init__(self, tx: Tx, database_id: int, worked: Placed, book: Book, asked: Asked[int | None]) -> None:
        self._tx = tx
        self._database_id = database_id
        self._worked = worked
        self._book = book
        self._asked = asked

    async def answer(self, history: History = True) -> int:
        """Return the order's id, and have it told; raise 409 when the database has one with its external id."""
        order_id = await self._asked.answer()
        if order_id is None:
            raise conflict(f"There is an order {self._worked.order.external_id} in this database already")
        self._tx.mark_dirty("orders", self._database_id, [order_id])
        if history:
            made = Loaded(0, "created", order_id, None)
            _write_new(self._tx, self._database_id, self._worked, made, self._book, lines=history != "orders")
        return order_id


async def work_out_order(
    tx: Tx, order: OrderIn, book: Book, items: Mapping[str, Item]
) -> tuple[Order, Sequence[tuple[int, int | None]]]:
    """Return a new order with its amounts, and product and SKU of its lines, asked for where ``items`` has none.

    ``profile`` and ``match`` of the order are not looked at. Raises 422 for what does not fit.
    """
    worked = work_out(order, 0, tx.now, book)
    return worked, await goods_of(tx, worked.lines, items)


async def ask_place_order(
    tx: Tx, database_id: int, order: Order, goods: Sequence[tuple[int, int | None]], book: Book, *, profile_id: int
) -> AskedOrder:
    """Write one new order of a profile that is known to exist, by one statement sent with others."""
    worked = Placed(order, profile_id)
    refunds = [name for name, kind in book.statuses.items() if kind == "refunded"]
    return AskedOrder(tx, database_id, worked, book, await ask_place(tx, database_id, worked, goods, refunds))


def _write_new(tx: Tx, database_id: int, placed: Placed, loaded: Loaded, book: Book, *, lines: bool) -> None:
    order, profile = placed
    at = clickhouse_time(order.placed_at)
    properties = {
        "order": order.external_id,
        "order_id": loaded.id,
        # A JSON number; the exact amount stands in the order, and in the typed column of the event.
        "total": float(order.total),
        "currency": order.currency,
        "items": len(order.lines),
        "channel": order.channel,
        "status": order.status,
    }
    for type_ in events_of(None, order.status):
        tx.emit_line(database_id, encode_line(type_, profile, at, f"{type_}:{order.external_id}", properties))
    for number, line in enumerate(order.lines if lines else (), 1):
        status = line.status or starting(order.status)
        for type_ in line_events_of(None, kind_of(status, order.status, book.statuses)):
            id_ = f"{type_}:{order.external_id}:{number}"
            about = _line_properties(order.external_id, number, line, status)
            tx.emit_line(database_id, encode_line(type_, profile, at, id_, about))


def _line_properties(order: str, number: int, line: Line, status: str) -> dict[str, object]:
    return {
        "order": order,
        "line": line.external_id or str(number),
        "sku": line.sku or "",
        "product": line.product or line.sku or "",
        "quantity": float(line.quantity),
        "price": None if line.price is None else float(line.price),
        "total": float(line.total),
        "status": status,
    }


async def order(tx: Tx, order_id: int) -> OrderDetail:
    """Return an order with its lines and the name of who placed it."""
    return await _named(tx, await details.order_detail(tx, order_id))


async def find_order(tx: Tx, database_id: int, external_id: str, *, lock: bool = False) -> OrderDetail | None:
    """Return an order by its external id, or ``None``; ``lock`` holds it until the transaction ends."""
    order_id = await details.order_number(tx, database_id, external_id)
    if order_id is None:
        return None
    return (await details.order_details(tx, [order_id], lock=lock)).get(order_id)


async def _named(tx: Tx, found: OrderDetail) -> OrderDetail:
    names = await _customers(tx, found.database_id, [found.profile_id])
    return msgspec.structs.replace(found, customer=names.get(found.profile_id))


async def latest_orders(tx: Tx, database_id: int, limit: int) -> list[OrderDetail]:
    """Return the last orders of a database that were placed, with their lines, the latest first."""
    ids = await store.latest(tx, database_id, limit)
    found = await details.order_details(tx, ids)
    return [found[id_] for id_ in ids if id_ in found]


async def order_list(
    tx: Tx,
    page: PageRequest,
    database_id: int,
    *,
    profile_id: int | None = None,
    status: str | None = None,
    channel: str | None = None,
    touchpoint: str | None = None,
) -> Page[OrderRow]:
    """Return a page of orders with who placed them; raise 404 for the database."""
    await profiles.get_database(tx, database_id)
    found = await store.order_page(
        tx, page, database_id, profile_id=profile_id, status=status, channel=channel, touchpoint=touchpoint
    )
    names = await _customers(tx, database_id, {item.profile_id for item in found.items})
    rows = [OrderRow(**msgspec.structs.asdict(item), customer=names.get(item.profile_id)) for item in found.items]
    return Page(rows, found.next_cursor, found.total)


async def _customers(tx: Tx, database_id: int, ids: Iterable[int]) -> dict[int, str | None]:
    """Return what people are called, in one question: their name, else an address, else their id elsewhere."""
    columns = ["first_name", "last_name", "email", "phones", "external_id"]
    called = {}
    for person in await profiles.read_many(tx, database_id, ids, columns):
        name = " ".join(part for part in (person["first_name"], person["last_name"]) if part)
        called[person["id"]] = (
            name or person["email"] or next(iter(person["phones"] or ()), None) or person["external_id"]
        )
    return called
