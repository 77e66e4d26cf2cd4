"""Set-based loading of orders: staged by COPY, then a handful of statements whatever their number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import psycopg

from fidelia.platform.postgres import Tx

from ..book import Book
from ..rules import Order
from ..statuses import DONE, FOLLOWED, starting
from .copying import copied

_STAGE = """
create temp table if not exists stage_order (
    n integer, external_id text, profile_id bigint, placed_at timestamptz, status text, channel text,
    touchpoint_id integer, region_id integer, currency text, total numeric(18, 4), delivery numeric(18, 4),
    line_count integer, tags text[], properties jsonb
) on commit delete rows;
create temp table if not exists stage_line (
    n integer, line integer, external_id text, product text, sku text, quantity numeric(18, 4), price numeric(18, 4),
    floor_price numeric(18, 4), discount numeric(18, 4), total numeric(18, 4), status text, told boolean,
    properties jsonb
) on commit delete rows;
truncate stage_order, stage_line;
"""

# A line of a SKU is one of its product; an id that is no product's may be a SKU's, and the other way round.
_OF_SKU = """
update stage_line s set product = p.external_id from product_sku k join product p on p.id = k.product_id
where k.external_id = s.sku and s.product <> p.external_id
"""
_IS_SKU = """
update stage_line s set sku = k.external_id, product = p.external_id
from product_sku k join product p on p.id = k.product_id
where k.external_id = s.product and s.sku is null
    and not exists (select from product x where x.external_id = s.product)
"""
_NO_SKU = """
update stage_line set product = sku, sku = null where product = ''
"""

_STUBS = """
insert into product (external_id, name, status, created_at, updated_at)
select distinct s.product, s.product, 'stub', %(now)s::timestamptz, %(now)s::timestamptz from stage_line s
where not exists (select from product p where p.external_id = s.product)
on conflict do nothing
returning id
"""

_SKU_STUBS = """
insert into product_sku (product_id, external_id, name, status, created_at, updated_at)
select distinct on (s.sku) p.id, s.sku, s.sku, 'stub', %(now)s::timestamptz, %(now)s::timestamptz
from stage_line s join product p on p.external_id = s.product
where s.sku is not null and not exists (select from product_sku k where k.external_id = s.sku)
on conflict do nothing
returning id
"""

# Lines without a status of their own keep the one they have, or follow their order; what was given back stays so.
_KEEP = """
update stage_line s set status = case
    when o.status <> so.status and so.status = any(%(followed)s) and not l.status = any(%(done)s) then so.status
    else l.status end
from stage_order so join sales_order o on o.database_id = %(database)s and o.external_id = so.external_id
    join order_line l on l.order_id = o.id
where so.n = s.n and l.line = s.line and not l.removed and not s.told
"""
_STAYS = """
update stage_order s set status = o.status from sales_order o
where o.database_id = %(database)s and o.external_id = s.external_id and o.refunded <> 0
    and o.status in ('part_refunded', 'refunded') and s.status in ('created', 'paid', 'delivered')
"""

# What stands there now, locked so that two loads of one order follow each other.
_OLD_LINE = """select l.line, l.external_id, p.external_id, k.external_id, l.quantity, l.price, l.floor_price,
            l.discount, l.total, l.status, l.properties
         from order_line l join product p on p.id = l.product_id left join product_sku k on k.id = l.sku_id
         where l.order_id = o.id and not l.removed"""
_NEW_LINE = """select line, external_id, product, sku, quantity, price, floor_price, discount, total, status, properties
         from stage_line where n = s.n"""
_KNOWN = f"""
select s.n, o.id, o.status, (o.profile_id, o.placed_at, o.status, o.channel, o.touchpoint_id, o.region_id, o.currency,
       o.total, o.delivery, o.line_count, o.tags, o.properties)
    is not distinct from (s.profile_id, s.placed_at, s.status, s.channel, s.touchpoint_id, s.region_id, s.currency,
       s.total, s.delivery, s.line_count, s.tags, s.properties)
    and not exists (({_OLD_LINE} except {_NEW_LINE}) union all ({_NEW_LINE} except {_OLD_LINE})) as same
from stage_order s join sales_order o on o.database_id = %(database)s and o.external_id = s.external_id
order by o.id for update of o
"""

_INSERT = """
insert into sales_order (database_id, external_id, profile_id, placed_at, status, channel, touchpoint_id, region_id,
    currency, total, delivery, line_count, tags, properties, created_at, updated_at)
select %(database)s, external_id, profile_id, placed_at, status, channel, touchpoint_id, region_id, currency, total,
    delivery, line_count, tags, properties, %(now)s, %(now)s
from stage_order where n = any(%(new)s) order by n
on conflict (database_id, external_id) do nothing
returning id, external_id
"""

_UPDATE = """
update sales_order o set profile_id = s.profile_id, placed_at = s.placed_at, status = s.status, channel = s.channel,
    touchpoint_id = s.touchpoint_id, region_id = s.region_id, currency = s.currency, total = s.total,
    delivery = s.delivery, line_count = s.line_count, tags = s.tags, properties = s.properties,
    version = o.version + 1, updated_at = %(now)s
from stage_order s
where s.n = any(%(changed)s) and o.database_id = %(database)s and o.external_id = s.external_id
"""

_LINES = """
insert into order_line (order_id, line, external_id, product_id, sku_id, quantity, price, floor_price, discount, total,
    status, properties)
select m.id, s.line, s.external_id, p.id, k.id, s.quantity, s.price, s.floor_price, s.discount, s.total, s.status,
    s.properties
from unnest(%(n)s::integer[], %(id)s::bigint[]) m (n, id)
join stage_line s on s.n = m.n join product p on p.external_id = s.product
left join product_sku k on k.external_id = s.sku
"""

_REPLACE = """
on conflict (order_id, line) do update set external_id = excluded.external_id, product_id = excluded.product_id,
    sku_id = excluded.sku_id, quantity = excluded.quantity, price = excluded.price, floor_price = excluded.floor_price,
    discount = excluded.discount, total = excluded.total, status = excluded.status, properties = excluded.properties,
    removed = false
"""

_REMOVE = """
update order_line l set removed = true
from unnest(%(n)s::integer[], %(id)s::bigint[]) m (n, id)
where l.order_id = m.id and not l.removed
    and not exists (select from stage_line s where s.n = m.n and s.line = l.line)
"""

# A line that counts as refunded was given back whole; of no line more is given back than it comes to.
_REFUNDED = """
update order_line set
    refunded = case when status = any(%(refunded)s) then total when total >= 0 then least(refunded, total)
        else greatest(refunded, total) end,
    refunded_quantity = case when status = any(%(refunded)s) then quantity else least(refunded_quantity, quantity) end
where order_id = any(%(id)s) and (refunded <> 0 or refunded_quantity <> 0 or status = any(%(refunded)s));
"""
_REFUNDED_ORDERS = """
update sales_order o set
    delivery_refunded = case when o.status = 'refunded' then o.delivery else least(o.delivery_refunded, o.delivery) end,
    refunded = case when o.status = 'refunded' then o.delivery else least(o.delivery_refunded, o.delivery) end
        + coalesce((select sum(l.refunded) from order_line l where l.order_id = o.id and not l.removed), 0)
where o.id = any(%(id)s)
"""


class Loaded(NamedTuple):
    """What became of an order: its place in the batch, ``created|updated|unchanged``, its id, its status before."""

    position: int
    status: str
    id: int
    before: str | None


class Placed(NamedTuple):
    """An order, and whose it is."""

    order: Order
    profile_id: int


#: Told the ids of the orders that are about to change, before they do.
Watch = Callable[[Sequence[int]], Awaitable[None]]


async def load_orders(
    tx: Tx, database_id: int, orders: Sequence[Placed], book: Book, *, watch: Watch | None = None
) -> list[Loaded]:
    """Create and change orders with their lines; return a result per order.

    External ids must differ within the batch. Unknown products and SKUs become stubs.
    """
    raw = await tx.raw()
    await raw.execute(_STAGE)
    await _stage(raw, orders)
    about = {"database": database_id, "now": tx.now}
    await _goods(tx, raw, orders)
    done = [name for name, kind in book.statuses.items() if kind in DONE]
    await raw.execute(_STAYS, about)
    await raw.execute(_KEEP, {**about, "followed": list(FOLLOWED), "done": done})
    results: dict[int, Loaded] = {}
    changed: list[int] = []
    for n, id_, before, same in await (await raw.execute(_KNOWN, about)).fetchall():
        results[n] = Loaded(n, "unchanged" if same else "updated", id_, before)
        if not same:
            changed.append(n)
    new = [n for n in range(len(orders)) if n not in results]
    made: list[Loaded] = []
    again: list[Loaded] = []
    if changed:
        if watch is not None:
            await watch([results[n].id for n in changed])
        await raw.execute(_UPDATE, {**about, "changed": changed})
        await _lines(raw, [results[n] for n in changed], replace=True)
    if new:
        names = {orders[n].order.external_id: n for n in new}
        for id_, external in await (await raw.execute(_INSERT, {**about, "new": new})).fetchall():
            made.append(Loaded(names[external], "created", id_, None))
        await _lines(raw, made, replace=False)
    refunded = [name for name, kind in book.statuses.items() if kind == "refunded"]
    given_back = [r.id for r in made if _refunds(orders[r.position].order, refunded)]
    given_back += [results[n].id for n in changed]
    if given_back:
        await raw.execute(_REFUNDED, {"id": given_back, "refunded": refunded})
        await raw.execute(_REFUNDED_ORDERS, {"id": given_back})
    touched = [*made, *(results[n] for n in changed)]
    tx.mark_dirty("orders", database_id, (r.id for r in touched))
    here = {r.position for r in made} | set(results)
    lost = [n for n in new if n not in here]
    if lost:  # somebody created the same orders at this moment: now they are known
        again = await load_orders(tx, database_id, [orders[n] for n in lost], book, watch=watch)
    return sorted([*results.values(), *made, *(r._replace(position=lost[r.position]) for r in again)])


async def _goods(tx: Tx, raw: psycopg.AsyncConnection[Any], orders: Sequence[Placed]) -> None:
    """Find the products and SKUs that lines name; make stubs of those that nobody knows."""
    skus = any(line.sku is not None for order in orders for line in order.order.lines)
    await raw.execute(_IS_SKU)
    if skus:
        await raw.execute(_OF_SKU)
        await raw.execute(_NO_SKU)
    stubs = await (await raw.execute(_STUBS, {"now": tx.now})).fetchall()
    tx.mark_dirty("products", 0, (row[0] for row in stubs))
    if skus:
        stubs = await (await raw.execute(_SKU_STUBS, {"now": tx.now})).fetchall()
        tx.mark_dirty("skus", 0, (row[0] for row in stubs))


def _refunds(order: Order, refunded: Sequence[str]) -> bool:
    return order.status == "refunded" or any(line.status in refunded for line in order.lines)


async def _stage(raw: psycopg.AsyncConnection[Any], orders: Sequence[Placed]) -> None:
    async with raw.cursor() as cursor:
        async with cursor.copy("copy stage_order from stdin") as copy:
            for n, (order, profile) in enumerate(orders):
                await copy.write_row(
                    (
                        n,
                        order.external_id,
                        profile,
                        order.placed_at,
                        order.status,
                        order.channel,
                        order.touchpoint_id,
                        order.region_id,
                        order.currency,
                        order.total,
                        order.delivery,
                        len(order.lines),
                        list(order.tags),
                        _json(order.properties),
                    )
                )
        async with cursor.copy("copy stage_line from stdin") as copy:
            await copy.write("".join(_line_rows(orders)))
        await cursor.execute("analyze stage_order; analyze stage_line")


def _json(properties: Mapping[str, Any]) -> str:
    return msgspec.json.encode(properties).decode() if properties else "{}"


def _line_rows(orders: Sequence[Placed]) -> list[str]:
    """Write staged lines as COPY text; quicker than row by row, and there are ten of them to an order."""
    out: list[str] = []
    for n, (order, _) in enumerate(orders):
        start = starting(order.status)
        for number, line in enumerate(order.lines, 1):
            out.append(
                f"{n}\t{number}\t{copied(line.external_id)}\t{copied(line.product)}\t{copied(line.sku)}"
                f"\t{line.quantity}\t{_number(line.price)}\t{_number(line.floor)}\t{line.discount}\t{line.total}"
                f"\t{copied(line.status or start)}\t{'t' if line.status else 'f'}"
                f"\t{copied(_json(line.properties)) if line.properties else '{}'}\n"
            )
    return out


def _number(amount: Decimal | None) -> str:
    return "\\N" if amount is None else str(amount)


async def _lines(raw: psycopg.AsyncConnection[Any], orders: Sequence[Loaded], *, replace: bool) -> None:
    about = {"n": [r.position for r in orders], "id": [r.id for r in orders]}
    if replace:
        await raw.execute(_REMOVE, about)
    await raw.execute(_LINES + (_REPLACE if replace else ""), about)
