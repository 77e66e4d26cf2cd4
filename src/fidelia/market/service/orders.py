"""Orders: batches by the caller's ids, a change of status, figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..model import BatchReply, ItemResult, OrderDetail, OrderIn, OrderRow
from ..rules import events_of, work_out
from ..store import orders as store
from ..store.load import Placed, load_orders
from .catalogue import rejected, reply

MAX_PROPERTIES = 32_768


async def upsert_orders(tx: Tx, database_id: int, orders: Sequence[OrderIn], *, history: bool = True) -> BatchReply:
    """Create and change orders by external id, each with all its lines.

    ``history=False`` writes no events (the reference platform's ``skip_triggers``). An order whose profile is not found
    is rejected, as is one that stands twice in the batch (the last counts).
    """
    whose, results = await _profiles(tx, database_id, orders)
    last = {order.external_id: n for n, order in enumerate(orders)}
    placed: list[Placed] = []
    for n, order in enumerate(orders):
        if n not in whose:
            continue
        try:
            if last[order.external_id] != n:
                raise invalid_field("/external_id", f"Item {last[order.external_id]} has the same id; that one counts")
            _check_properties(order.properties)
            placed.append(Placed(work_out(order, n, tx.now), whose[n], order.properties))
        except Problem as problem:
            results.append(rejected(n, problem))
    for loaded in await load_orders(tx, database_id, placed, history=history) if placed else []:
        results.append(ItemResult(placed[loaded.position].order.position, loaded.status, loaded.id))  # type: ignore[arg-type]
    return reply(results)


def _check_properties(properties: Mapping[str, Any]) -> None:
    if properties:
        text = msgspec.json.encode(properties)
        if len(text) > MAX_PROPERTIES or b"\\u0000" in text:
            raise invalid_field("/properties", "The properties of an order have 32 KB at most, and no NUL character")


async def _profiles(tx: Tx, database_id: int, orders: Sequence[OrderIn]) -> tuple[dict[int, int], list[ItemResult]]:
    """Find whose each order is; return profiles by index, and results for those of nobody."""
    database = await profiles.get_database(tx, database_id)
    found: dict[int, int] = {}
    refused: list[ItemResult] = []
    asked: dict[str, dict[int, Any]] = {}
    for n, order in enumerate(orders):
        if (order.profile is None) == (order.match is None) or (order.match is not None and len(order.match) != 1):
            why = invalid_field("/profile", "Name the profile by its id, or by match with one field")
            refused.append(rejected(n, why))
        elif order.profile is not None:
            found[n] = order.profile
        elif order.match is not None:
            ((field, value),) = order.match.items()
            asked.setdefault(field, {})[n] = value
    there = set(await profiles.exists(tx, database_id, {i for i in found.values() if 0 < i <= MAX_PROFILE_ID}))
    became = await profiles.resolve(tx, database_id, set(found.values()) - there)
    found = {n: became.get(profile, profile) for n, profile in found.items()}
    there |= set(became.values())
    for n in [n for n, profile in found.items() if profile not in there]:
        refused.append(rejected(n, invalid_field("/profile", f"There is no profile {found.pop(n)}")))
    for field, keys in asked.items():
        known = database.field("phones" if field == "phone" else field)
        read: dict[int, Any] = {}
        for n, value in keys.items():
            try:
                read[n] = value if known is None else profiles.read_key(known, value)
            except ValueError as exc:
                refused.append(rejected(n, invalid_field(f"/match/{field}", str(exc))))
        try:
            ids = await profiles.match_ids(tx, database_id, field, set(read.values()))
        except Problem as problem:
            refused += [rejected(n, problem) for n in read]
            continue
        for n, value in read.items():
            if value in ids:
                found[n] = ids[value]
            else:
                refused.append(rejected(n, invalid_field(f"/match/{field}", f"Nobody has {field} {keys[n]!r}")))
    return found, refused


async def change_status(tx: Tx, actor: Actor, order_id: int, status: str) -> OrderDetail:
    """Set an order's status and write the event that it means."""
    before = await store.order_detail(tx, order_id, lock=True)
    if before.status != status:
        await store.set_status(tx, order_id, status)
        tx.mark_dirty("orders", before.database_id, [order_id])
        for type_ in events_of(before.status, status):
            tx.emit(
                EventOut(
                    database=before.database_id,
                    profile=before.profile_id,
                    type=type_,
                    at=tx.now,
                    id=f"{type_}:{before.external_id}",
                    properties={
                        "order": before.external_id,
                        "order_id": order_id,
                        "total": float(before.total),
                        "currency": before.currency,
                        "items": before.line_count,
                        "channel": before.channel,
                        "status": status,
                    },
                )
            )
        await audit(
            tx,
            actor,
            "order.status",
            kind="order",
            object_id=order_id,
            name=before.external_id,
            before={"status": before.status},
            after={"status": status},
        )
    return await order(tx, order_id)


async def order(tx: Tx, order_id: int) -> OrderDetail:
    """Return an order with its lines and the name of who placed it."""
    found = await store.order_detail(tx, order_id)
    names = await _customers(tx, found.database_id, [found.profile_id])
    return msgspec.structs.replace(found, customer=names.get(found.profile_id))


async def order_list(
    tx: Tx, page: PageRequest, database_id: int, *, profile_id: int | None = None, status: str | None = None
) -> Page[OrderRow]:
    """Return a page of orders with who placed them; raise 404 for the database."""
    await profiles.get_database(tx, database_id)
    found = await store.order_page(tx, page, database_id, profile_id=profile_id, status=status)
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
