"""Changes of one order by hand or by the shop: its status, statuses of its lines, refunds of parts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, conflict, invalid_field, not_found
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import BatchReply, ItemResult, LineOut, OrderDetail, OrderStatus, RefundLine
from ..refunds import Back, left_of, work_out_refund
from ..statuses import BUILT_IN, DONE, FOLLOWED, LineState, derived
from ..store import changes as store
from ..store import details
from .effects import follow
from .goods import rejected, reply
from .orders import order as read_order


async def change_status(tx: Tx, actor: Actor, order_id: int, status: str) -> OrderDetail:
    """Set an order's status: its lines follow, what is left of a refunded one is given back.

    A cancelled order that is said to be refunded has nothing left to give back: only its status changes.

    Raises 409 when something was given back and the order shall be as if it was not.
    """
    kinds = await details.line_kinds(tx)
    before = (await details.order_details(tx, [order_id], kinds, lock=True)).get(order_id)
    if before is None:
        raise not_found("Order", order_id)
    if before.status == status:
        return await read_order(tx, order_id)
    if status == "refunded" and before.status != "cancelled":
        return await refund_lines(tx, actor, order_id, None, delivery="rest")
    if Decimal(before.refunded) and status not in ("cancelled", "refunded"):
        raise conflict(f"Something of order {before.external_id} was given back: it cannot be {status} again")
    if status in ("delivered", "cancelled"):
        back = before.status == "cancelled"  # what was cancelled with the order comes back with it
        open_ = [line.line for line in before.lines if line.kind not in DONE or (back and line.kind == "cancelled")]
        await store.set_line_status(tx, order_id, open_, status)
    elif before.status in FOLLOWED and status != "refunded":  # taken back: its lines are open again
        again = [line.line for line in before.lines if line.kind == before.status or line.kind in DONE]
        await store.set_line_status(tx, order_id, again, "new")
    await store.set_status(tx, order_id, status)
    return await _changed(tx, actor, before, "order.status")


async def change_line_status(
    tx: Tx, actor: Actor | None, order_id: int, lines: Sequence[int], status: str
) -> OrderDetail:
    """Set the status of lines, one built in or one set up; the order's is derived from all of its lines.

    A status that means *refunded* gives back what is left of the lines. ``actor=None`` writes no audit.
    """
    kinds = await details.line_kinds(tx)
    status = BUILT_IN.get(status, (status, ""))[0]
    if status not in kinds:
        raise invalid_field("/status", f"There is no status {status} of lines; set it up first")
    before = (await details.order_details(tx, [order_id], kinds, lock=True)).get(order_id)
    if before is None:
        raise not_found("Order", order_id)
    chosen = _lines_of(before, lines)
    if kinds[status] == "refunded":
        parts = [RefundLine(line.line) for line in chosen if line.kind != "refunded"]
        if parts:
            return await refund_lines(tx, actor, order_id, parts, status=status)
    for line in chosen:
        if line.kind == "refunded" and kinds[status] != "refunded":
            raise conflict(f"Line {line.line} was given back: it cannot be {status} again")
    changing = [line.line for line in chosen if line.status != status]
    if not changing:
        return await read_order(tx, order_id)
    await store.set_line_status(tx, order_id, changing, status)
    await _derive(tx, before)
    return await _changed(tx, actor, before, "order.lines")


async def refund_lines(
    tx: Tx,
    actor: Actor | None,
    order_id: int,
    lines: Sequence[RefundLine] | None,
    *,
    delivery: str = "0",
    reason: str = "",
    reference: str | None = None,
    status: str = "refunded",
    history: bool = True,
) -> OrderDetail:
    """Give back parts of an order: items or money of lines (``None``: all that is left), and of the delivery.

    ``delivery`` is an amount, or ``rest`` for what is left of it. A line given back whole gets ``status``. The same
    ``reference`` with the same parts changes nothing a second time, with others it is 409. Whoever follows orders is
    told in the same transaction. Raises 404, 409 for more than is left, 422.
    """
    before = (await details.order_details(tx, [order_id], lock=True)).get(order_id)
    if before is None:
        raise not_found("Order", order_id)
    asked = [[part.line, _asked(part.quantity), part.amount] for part in lines] if lines is not None else None
    if reference is not None:
        earlier = await store.refund_asked(tx, order_id, reference)
        if earlier is not None:
            if earlier != {"lines": asked, "delivery": delivery}:
                raise conflict(f"The reference {reference} was used for another refund of this order")
            return await read_order(tx, order_id)
    back, of_delivery = parts_of(before, lines, delivery)
    if not back and not of_delivery:
        if lines is None and before.status != "refunded":  # an order that cost nothing
            await store.set_status(tx, order_id, "refunded")
            return await _changed(tx, actor, before, "order.refunded")
        raise conflict("There is nothing left to give back")
    number = await store.put_refund(
        tx,
        order_id,
        back,
        of_delivery,
        reason=reason,
        reference=reference,
        asked={"lines": asked, "delivery": delivery},
        author=actor.name if actor is not None else "",
        status=status,
    )
    await _derive(tx, before)
    return await _changed(tx, actor, before, "order.refunded", history=history, mark=f":{number}")


def parts_of(order: OrderDetail, lines: Sequence[RefundLine] | None, delivery: str) -> tuple[list[Back], Decimal]:
    """Return what a refund gives back of lines and of the delivery; raise 409 for more than is left, 422."""
    if order.status == "cancelled":
        raise conflict(f"Order {order.external_id} is cancelled: there is nothing to give back")
    parts = lines if lines is not None else [RefundLine(line.line) for line in order.lines if _has_rest(line)]
    return [work_out_refund(line, part, order.currency) for line, part in _pairs(order, parts)], _delivery(
        order, delivery
    )


def _asked(quantity: object) -> str | None:
    return None if quantity is None else amount_text(Decimal(str(quantity)))


def _has_rest(line: LineOut) -> bool:
    money, quantity = left_of(line)
    return line.kind not in DONE and (money != 0 or quantity != 0)


def _pairs(order: OrderDetail, parts: Sequence[RefundLine]) -> list[tuple[LineOut, RefundLine]]:
    numbers = [part.line for part in parts]
    if len(set(numbers)) != len(numbers):
        raise invalid_field("/lines", "A line stands here twice")
    return list(zip(_lines_of(order, numbers), parts, strict=True))


def _lines_of(order: OrderDetail, numbers: Sequence[int]) -> list[LineOut]:
    lines = {line.line: line for line in order.lines}
    for n, number in enumerate(numbers):
        if number not in lines:
            raise invalid_field(f"/lines/{n}/line", f"Order {order.external_id} has no line {number}")
    return [lines[number] for number in numbers]


def _delivery(order: OrderDetail, asked: str) -> Decimal:
    rest = Decimal(order.delivery) - Decimal(order.delivery_refunded)
    if asked == "rest":
        return rest
    return Back.delivery(asked, rest, order.currency)


async def _derive(tx: Tx, before: OrderDetail) -> None:
    """Set the order's status from its lines as they stand now."""
    now = await details.order_detail(tx, before.id)
    goods = [line for line in now.lines if Decimal(line.quantity) != 0] or now.lines
    states = [LineState(line.kind, Decimal(line.refunded) != 0) for line in goods]
    status: OrderStatus = derived(before.status, states)
    if status == "refunded" and Decimal(now.refunded) < Decimal(now.total) and _money_left(now):
        status = "part_refunded"
    await store.set_status(tx, before.id, status)


def _money_left(order: OrderDetail) -> bool:
    """Tell whether lines that still stand have money in them (cancelled ones were never paid for)."""
    return any(line.kind not in DONE and Decimal(line.total) != Decimal(line.refunded) for line in order.lines)


async def _changed(
    tx: Tx, actor: Actor | None, before: OrderDetail, action: str, *, history: bool = True, mark: str = ""
) -> OrderDetail:
    after = await details.order_detail(tx, before.id)
    tx.mark_dirty("orders", before.database_id, [before.id])
    await follow(tx, {before.id: before}, {before.id: after}, history=history, mark=mark)
    if actor is not None:
        await audit(
            tx,
            actor,
            action,
            kind="order",
            object_id=before.id,
            name=before.external_id,
            before=_summary(before),
            after=_summary(after),
        )
    return await read_order(tx, before.id)


def _summary(order: OrderDetail) -> dict[str, object]:
    lines = {str(line.line): line.status for line in order.lines}
    return {"status": order.status, "refunded": order.refunded, "lines": lines}


async def change_named(tx: Tx, database_id: int, items: Sequence[tuple[str, str | int, str]]) -> BatchReply:
    """Change statuses of lines by the caller's ids of order and line, or the line's number; a result per item."""
    await profiles.get_database(tx, database_id)
    results = []
    for n, (external_id, line, status) in enumerate(items):
        order_id = await details.order_number(tx, database_id, external_id)
        try:
            if order_id is None:
                raise invalid_field("/order", f"There is no order {external_id}")
            order = await details.order_detail(tx, order_id, lock=True)
            found = [at for at in order.lines if (at.id == line if isinstance(line, str) else at.line == line)]
            if not found:
                raise invalid_field("/line", f"Order {external_id} has no line {line}")
            numbers = [at.line for at in found]
            after = await change_line_status(tx, None, order_id, numbers, status)
        except Problem as problem:
            results.append(rejected(n, problem))
        else:
            results.append(ItemResult(n, "unchanged" if after.lines == order.lines else "updated", order_id))
    return reply(results)
