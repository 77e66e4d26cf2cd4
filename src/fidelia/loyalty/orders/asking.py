"""The questions of a calculation, sent together: one way to the database for all that is asked of the buyer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from fidelia import market, profiles
from fidelia.platform.postgres import Asked, Tx

from .. import ledger, members
from ..promotions import CounterKey, PromotionLimit, Ready, ask_used, counter_keys
from .model import DraftOrder


async def ask_items(tx: Tx, order: DraftOrder) -> Asked[dict[str, market.Item]]:
    """Ask what the catalogue knows of an order's lines."""
    return await market.ask_catalogue(tx, {key for line in order.lines if (key := line.sku or line.product)})


class AskedBuyer:
    """What was asked of who buys, and of the limits that hold for them. Without a program nothing is asked."""

    def __init__(
        self, known: Ready | None, profile_id: int | None, counters: list[tuple[CounterKey, PromotionLimit]]
    ) -> None:
        self.known = known
        self.profile_id = profile_id
        self.counters = counters
        self.asked_person: Asked[dict[str, Any] | None] | None = None
        self.asked_member: Asked[tuple[str, datetime] | None] | None = None
        self.asked_purse: ledger.AskedPurse | None = None
        self.asked_points: ledger.AskedView | None = None
        self.asked_standings: Asked[dict[int, members.Standing]] | None = None
        self.asked_number: Asked[int] | None = None
        self.asked_used: Asked[dict[CounterKey, tuple[int, Decimal]]] | None = None

    async def person(self) -> dict[str, Any] | None:
        """Return the fields that conditions look at; ``None`` for nobody."""
        return None if self.asked_person is None else await self.asked_person.answer()

    async def member(self) -> tuple[str, datetime] | None:
        """Return the state of a member, or of who was one, and since when."""
        return None if self.asked_member is None else await self.asked_member.answer()

    async def points(self, purse: ledger.Purse | None) -> Mapping[int, ledger.Balance]:
        """Return what a member has, out of the purse if it was asked for."""
        if purse is not None:
            return purse.balances()
        return {} if self.asked_points is None else await self.asked_points.answer()

    async def standings(self) -> Mapping[int, members.Standing]:
        """Return where a member stands, by level group, if conditions ask."""
        return {} if self.asked_standings is None else await self.asked_standings.answer()

    async def number(self) -> int | None:
        """Return which order of the buyer it is, if conditions ask."""
        return None if self.asked_number is None else await self.asked_number.answer() + 1

    async def used(self) -> Mapping[CounterKey, tuple[int, Decimal]]:
        """Return the ids of counters that are there, and what has been used of them."""
        return {} if self.asked_used is None else await self.asked_used.answer()


async def ask_buyer(
    tx: Tx, order: DraftOrder, known: Ready | None, profile_id: int | None, now: datetime, *, locked: bool = False
) -> AskedBuyer:
    """Ask; within ``Tx.together``. ``locked`` keeps the member's row and accounts, in this order, for a commit."""
    counters = [] if known is None else counter_keys(known.limits, profile_id, now, known.zone)
    asked = AskedBuyer(known, profile_id, counters)
    if known is None:
        return asked
    if profile_id is not None:
        program_id, names = known.program.id, known.loyalty
        asked.asked_member = await members.ask_member(tx, program_id, profile_id, locked=locked)
        if locked:
            asked.asked_purse = await ledger.ask_purse(tx, list(known.setting.types), profile_id)
        else:
            asked.asked_points = await ledger.ask_view(tx, known.setting, profile_id)
        asked.asked_person = await profiles.ask_person(tx, known.database, profile_id, list(known.fields))
        if any(".levels." in name for name in names):
            groups = [group.id for group in known.setting.groups]
            asked.asked_standings = await members.ask_standings(tx, groups, profile_id)
        if known.numbered:
            asked.asked_number = await market.ask_standing_orders(tx, order.database, profile_id)
    if counters:
        asked.asked_used = await ask_used(tx, [key for key, _ in counters])
    return asked
