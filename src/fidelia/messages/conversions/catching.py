"""Goals and orders as they happen: each is given to the message that led to it, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from fidelia import events, profiles
from fidelia.kernel.money import MAX_AMOUNT
from fidelia.platform import listeners
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, CaughtEvent, Listener
from fidelia.platform.postgres import Tx

from ..ports import Converted, tell_converted
from . import history, store, tokens
from .model import Conversion, Occurred
from .rules import choose

CONSUMER = "conversions"
TYPES = ("goal.reached", "order.created", "order.paid", "order.delivered", "order.cancelled", "order.refunded")
#: What an event does to an order that was counted before: it stands, or it does not.
_TURNS = {"order.paid": 1, "order.delivered": 1, "order.cancelled": -1, "order.refunded": -1}
_PORT = "messages.conversions.round"
_ONE = 1
_FOURTH = Decimal("0.0001")


class _Round:
    listening = False
    busy = False


async def round_of(engines: Engines) -> int:
    """Attribute everything that has happened; return how many events it was.

    Waits for the next round while the history is far behind: what led to something must be there to be found.
    """
    state: _Round = engines.ports.setdefault(_PORT, _Round())
    if state.busy:
        return 0
    state.busy = True
    try:
        if not state.listening:
            async with engines.tx() as tx:
                await listeners.listen(tx, CONSUMER, _ONE, database_id=None, types=TYPES)
            state.listening = True
        async with engines.tx() as tx:
            if not await listeners.waiting(tx, CONSUMER, _ONE):
                return 0
        try:
            await engines.catch_up()
        except DrainBehind:
            return 0
        done = 0
        while not engines.stop.is_set() and (some := await listeners.consume(engines, CONSUMER, catch)):
            done += some
        return done
    finally:
        state.busy = False


async def catch(tx: Tx, listener: Listener, caught: Caught) -> None:
    """Attribute a chunk, inside the transaction that takes it off the queue."""
    raw = await tx.raw()
    if not await store.has_runs(raw, caught.database_id):
        return
    mine = list(caught.events())
    now = await profiles.living(tx, caught.database_id, {event.profile_id for event in mine})
    goals = await events.goals_of(tx, caught.database_id, living=False)
    occurred: list[Occurred] = []
    turns: list[store.Turn] = []
    for event in mine:
        if event.profile_id not in now:
            continue
        sign = _TURNS.get(event.type)
        if sign is not None:
            order = _order_of(event.properties)
            if order is not None:
                turns.append(store.Turn(order, sign, event.at, event.id))
            continue
        what = _goal(event, goals) if event.type == "goal.reached" else _order(event)
        if what is not None:
            occurred.append(msgspec.structs.replace(what, profile=now[event.profile_id]))
    found = await attribute(tx, caught.database_id, occurred)
    await store.add(raw, found)
    if found:
        mailings = await store.mailings_of(raw, {one.message.run for one in found})
        told = [Converted(mailings[one.message.run], one.what.profile, one.what.kind) for one in found]
        await tell_converted(tx, caught.database_id, told)
    if turns:
        await store.turn(raw, caught.database_id, turns)


async def attribute(tx: Tx, database_id: int, occurred: Sequence[Occurred]) -> list[Conversion]:
    """Return the conversions among what occurred: a valid token wins, whatever channel its message went by."""
    how = await store.attribution(await tx.raw())
    window = timedelta(days=how.window_days)
    known = await tokens.read(tx, database_id, {one.token for one in occurred if one.token})
    rest = [one for one in occurred if one.token not in known]
    touched = await history.touches(tx.engines, database_id, rest, window)
    found: list[Conversion] = []
    for one in occurred:
        if one.token in known:
            named = known[one.token]
            found.append(Conversion(one, named.message, "token", named.sent_at))
            continue
        touch = choose(touched.get(one.profile, ()), one.at, window, how.ways)
        if touch is not None:
            found.append(Conversion(one, touch.message, touch.way, touch.at))
    return found


def _goal(event: CaughtEvent, goals: Mapping[str, events.Goal]) -> Occurred | None:
    goal = goals.get(str(event.properties.get("goal")))
    if goal is None:  # an event of another program's goals
        return None
    value = _amount(event.properties.get("value", goal.default_value))
    currency = event.properties.get("currency", goal.currency)
    token = event.properties.get("message")
    return Occurred(
        profile=event.profile_id,
        event_id=event.id,
        kind="goal",
        at=event.at,
        goal=goal.key,
        value=value,
        currency=currency if goal.currency and value is not None and isinstance(currency, str) else None,
        token=token if isinstance(token, str) else "",
    )


def _order(event: CaughtEvent) -> Occurred | None:
    order, currency = _order_of(event.properties), event.properties.get("currency")
    if order is None:
        return None
    return Occurred(
        profile=event.profile_id,
        event_id=event.id,
        kind="order",
        at=event.at,
        order_id=order,
        value=_amount(event.properties.get("total")) or Decimal(0),
        currency=currency if isinstance(currency, str) else None,
    )


def _order_of(properties: Mapping[str, Any]) -> int | None:
    order = properties.get("order_id")
    return order if isinstance(order, int) and not isinstance(order, bool) and 0 < order < 2**63 else None


def _amount(value: Any) -> Decimal | None:
    """Return a number of an event as it is stored; ``None`` for what is none, or cannot be."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
        return amount.quantize(_FOURTH) if amount.is_finite() and abs(amount) <= MAX_AMOUNT else None
    except InvalidOperation:
        return None
