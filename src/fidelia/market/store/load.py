"""Set-based loading of orders: staged by COPY, then a handful of statements whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import psycopg

from fidelia.platform.outbox import clickhouse_time, encode_line
from fidelia.platform.postgres import Tx

from ..rules import Order, events_of

_STAGE = """
create temp table if not exists stage_order (
    n integer, external_id text, profile_id bigint, placed_at timestamptz, status text, channel text, currency text,
    total numeric(18, 4), delivery numeric(18, 4), line_count integer, properties jsonb
) on commit delete rows;
create temp table if not exists stage_line (
    n integer, line integer, external_id text, product text, quantity numeric(18, 4), price numeric(18, 4),
    discount numeric(18, 4), total numeric(18, 4), status text
) on commit delete rows;
truncate stage_order, stage_line;
"""

_STUBS = """
insert into product (external_id, name, status, created_at, updated_at)
select distinct s.product, s.product, 'stub', %(now)s::timestamptz, %(now)s::timestamptz from stage_line s
where not exists (select from product p where p.external_id = s.product)
on conflict do nothing
returning id
"""

# What stands there now, locked so that two loads of one order follow each other.
_KNOWN = """
select s.n, o.id, o.status, (o.profile_id, o.placed_at, o.status, o.channel, o.currency, o.total, o.delivery,
       o.line_count, o.properties)
    is not distinct from (s.profile_id, s.placed_at, s.status, s.channel, s.currency, s.total, s.delivery,
       s.line_count, s.properties)
    and not exists (
        (select l.line, l.external_id, p.external_id, l.quantity, l.price, l.discount, l.total, l.status
         from order_line l join product p on p.id = l.product_id where l.order_id = o.id and not l.removed
         except select line, external_id, product, quantity, price, discount, total, status
         from stage_line where n = s.n)
        union all
        (select line, external_id, product, quantity, price, discount, total, status from stage_line where n = s.n
         except select l.line, l.external_id, p.external_id, l.quantity, l.price, l.discount, l.total, l.status
         from order_line l join product p on p.id = l.product_id where l.order_id = o.id and not l.removed)
    ) as same
from stage_order s join sales_order o on o.database_id = %(database)s and o.external_id = s.external_id
order by o.id for update of o
"""

_INSERT = """
insert into sales_order (database_id, external_id, profile_id, placed_at, status, channel, currency, total, delivery,
    line_count, properties, created_at, updated_at)
select %(database)s, external_id, profile_id, placed_at, status, channel, currency, total, delivery, line_count,
    properties, %(now)s, %(now)s
from stage_order where n = any(%(new)s) order by n
on conflict (database_id, external_id) do nothing
returning id, external_id
"""

_UPDATE = """
update sales_order o set profile_id = s.profile_id, placed_at = s.placed_at, status = s.status, channel = s.channel,
    currency = s.currency, total = s.total, delivery = s.delivery, line_count = s.line_count,
    properties = s.properties, version = o.version + 1, updated_at = %(now)s
from stage_order s
where s.n = any(%(changed)s) and o.database_id = %(database)s and o.external_id = s.external_id
"""

_LINES = """
insert into order_line (order_id, line, external_id, product_id, quantity, price, discount, total, status)
select m.id, s.line, s.external_id, p.id, s.quantity, s.price, s.discount, s.total, s.status
from unnest(%(n)s::integer[], %(id)s::bigint[]) m (n, id)
join stage_line s on s.n = m.n join product p on p.external_id = s.product
"""

_REPLACE = """
on conflict (order_id, line) do update set external_id = excluded.external_id, product_id = excluded.product_id,
    quantity = excluded.quantity, price = excluded.price, discount = excluded.discount, total = excluded.total,
    status = excluded.status, removed = false
"""

_REMOVE = """
update order_line l set removed = true
from unnest(%(n)s::integer[], %(id)s::bigint[]) m (n, id)
where l.order_id = m.id and not l.removed
    and not exists (select from stage_line s where s.n = m.n and s.line = l.line)
"""


class Loaded(NamedTuple):
    """What became of an order: its place in the batch, ``created|updated|unchanged``, its id, its status before."""

    position: int
    status: str
    id: int
    before: str | None


class Placed(NamedTuple):
    """An order, whose it is, and its free properties."""

    order: Order
    profile_id: int
    properties: dict[str, Any]


async def load_orders(tx: Tx, database_id: int, orders: Sequence[Placed], *, history: bool = True) -> list[Loaded]:
    """Create and change orders with their lines; write their events unless ``history`` is off.

    External ids must differ within the batch. Unknown products become stubs. Returns a result per order.
    """
    raw = await tx.raw()
    await raw.execute(_STAGE)
    await _stage(raw, orders)
    stubs = await (await raw.execute(_STUBS, {"now": tx.now})).fetchall()
    tx.mark_dirty("products", 0, (row[0] for row in stubs))
    about = {"database": database_id, "now": tx.now}
    results: dict[int, Loaded] = {}
    changed: list[int] = []
    for n, id_, before, same in await (await raw.execute(_KNOWN, about)).fetchall():
        results[n] = Loaded(n, "unchanged" if same else "updated", id_, before)
        if not same:
            changed.append(n)
    new = [n for n in range(len(orders)) if n not in results]
    if new:
        names = {orders[n].order.external_id: n for n in new}
        for id_, external in await (await raw.execute(_INSERT, {**about, "new": new})).fetchall():
            results[names[external]] = Loaded(names[external], "created", id_, None)
        await _lines(raw, [results[n] for n in new if n in results], replace=False)
        lost = [n for n in new if n not in results]
        if lost:  # somebody created the same orders at this moment: now they are known
            again = await load_orders(tx, database_id, [orders[n] for n in lost], history=history)
            return sorted([*results.values(), *(r._replace(position=lost[r.position]) for r in again)])
    if changed:
        await raw.execute(_UPDATE, {**about, "changed": changed})
        await _lines(raw, [results[n] for n in changed], replace=True)
    touched = [r for r in results.values() if r.status != "unchanged"]
    tx.mark_dirty("orders", database_id, (r.id for r in touched))
    if history:
        _history(tx, database_id, orders, touched)
    return sorted(results.values())


async def _stage(raw: psycopg.AsyncConnection[Any], orders: Sequence[Placed]) -> None:
    async with raw.cursor() as cursor:
        async with cursor.copy("copy stage_order from stdin") as copy:
            for n, (order, profile, properties) in enumerate(orders):
                await copy.write_row(
                    (
                        n,
                        order.external_id,
                        profile,
                        order.placed_at,
                        order.status,
                        order.channel,
                        order.currency,
                        order.total,
                        order.delivery,
                        len(order.lines),
                        msgspec.json.encode(properties).decode(),
                    )
                )
        async with cursor.copy("copy stage_line from stdin") as copy:
            await copy.write("".join(_line_rows(orders)))
        await cursor.execute("analyze stage_order; analyze stage_line")


def _line_rows(orders: Sequence[Placed]) -> list[str]:
    """Write staged lines as COPY text; quicker than row by row, and there are ten of them to an order."""
    out: list[str] = []
    for n, (order, _, _) in enumerate(orders):
        for number, line in enumerate(order.lines, 1):
            price = "\\N" if line.price is None else str(line.price)
            external = "\\N" if line.external_id is None else _escaped(line.external_id)
            out.append(
                f"{n}\t{number}\t{external}\t{_escaped(line.product)}\t{line.quantity}\t{price}\t{line.discount}"
                f"\t{line.total}\t{_escaped(line.status)}\n"
            )
    return out


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


async def _lines(raw: psycopg.AsyncConnection[Any], orders: Sequence[Loaded], *, replace: bool) -> None:
    about = {"n": [r.position for r in orders], "id": [r.id for r in orders]}
    if replace:
        await raw.execute(_REMOVE, about)
    await raw.execute(_LINES + (_REPLACE if replace else ""), about)


def _history(tx: Tx, database_id: int, orders: Sequence[Placed], touched: Sequence[Loaded]) -> None:
    for result in touched:
        order, profile, _ = orders[result.position]
        properties = {
            "order": order.external_id,
            "order_id": result.id,
            "total": _number(order.total),
            "currency": order.currency,
            "items": len(order.lines),
            "channel": order.channel,
            "status": order.status,
        }
        for type_ in events_of(result.before, order.status):
            at = order.placed_at if result.before is None else tx.now
            id_ = f"{type_}:{order.external_id}"
            tx.emit_line(database_id, encode_line(type_, profile, clickhouse_time(at), id_, properties))


def _number(amount: Decimal) -> float:
    """Write an amount as a JSON number; the exact one stands in the order, and in the typed column of the event."""
    return float(amount)
