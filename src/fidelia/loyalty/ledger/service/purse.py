"""What one member has in a program, locked and looked at once, and then spent from and added to: for orders.

It does what ``redeem`` and ``accrue`` do, in fewer ways to the database: its questions and its writes can be sent with
others (``Tx.together``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from fidelia.access import Actor
from fidelia.platform.postgres import Asked, Tx

from ...programs import Setting
from ..model import NOTHING, Accrual, Balance, Redemption, Transaction
from ..rules.book import ZERO, AccountState, LotState
from ..store import accounts as store
from ..store.write import write_few
from .ask import balances
from .desk import Desk, References
from .post import check_accruals, check_redemptions, credit, debit, opening


class AskedPurse:
    """A purse on its way."""

    def __init__(
        self,
        tx: Tx,
        profile_id: int,
        accounts: Asked[dict[int, tuple[AccountState, int | None]]],
        lots: Asked[tuple[bool, list[LotState]]],
    ) -> None:
        self._tx = tx
        self._profile_id = profile_id
        self._accounts = accounts
        self._lots = lots

    async def answer(self, known: Setting) -> Purse:
        """Return the purse, brought up to this moment; ``known`` is the program as it is in this transaction."""
        accounts, (overdue, lots) = await self._accounts.answer(), await self._lots.answer()
        desk = Desk.at(self._tx, known)
        if overdue or any(heir is not None for _, heir in accounts.values()):
            keys = {(account.point_type_id, self._profile_id) for account, _ in accounts.values()}
            found = await desk.lock_members(keys)
        else:
            for lot in lots:
                accounts[lot.account_id][0].lots[lot.id] = lot
            desk.take_in([account for account, _ in accounts.values()])
            found = {(account.point_type_id, self._profile_id): account for account, _ in accounts.values()}
        return Purse(desk, self._profile_id, found)


class Purse:
    """A member's locked accounts by (point type, profile)."""

    def __init__(self, desk: Desk, profile_id: int, accounts: dict[store.Key, AccountState]) -> None:
        self._desk = desk
        self._profile_id = profile_id
        self._accounts = accounts

    def balances(self) -> dict[int, Balance]:
        """Return what can be spent and what waits, by point type; what is held or promised is not looked at."""
        now = self._desk.tx.now
        return {type_id: balance_of(account, now) for (type_id, _), account in self._accounts.items()}

    async def prepare(self, accruals: Sequence[Accrual]) -> Asked[list[int]] | None:
        """Ask for the lots that these will open."""
        count = opening(accruals)
        return await store.ask_lot_ids(self._desk.tx, count) if count else None

    async def ask_missing(self, types: Sequence[int]) -> Asked[list[AccountState]] | None:
        """Ask for accounts that are not there yet to be opened; :meth:`take_in` the answer before :meth:`post`."""
        missing = [type_id for type_id in types if (type_id, self._profile_id) not in self._accounts]
        if not missing:
            return None
        tx, program = self._desk.tx, self._desk.program
        return await store.ask_opened(tx, program.database_id, program.id, missing, self._profile_id)

    def take_in(self, opened: Sequence[AccountState]) -> None:
        """Take note of accounts that were opened."""
        self._desk.take_in(opened)
        self._accounts |= {(one.point_type_id, self._profile_id): one for one in opened}

    def post(
        self, redemptions: Sequence[Redemption], accruals: Sequence[Accrual], lot_ids: Sequence[int], by: Actor | None
    ) -> tuple[list[Transaction], list[Transaction]]:
        """Spend, then earn; rows have no references. Nothing is written before :meth:`save`. Raises 409, 422."""
        check_redemptions(self._desk, redemptions)
        check_accruals(self._desk, accruals)
        self._desk.book.use_lots(lot_ids)
        spent = debit(self._desk, redemptions, self._accounts, References({}), by)
        return spent, credit(self._desk, accruals, self._accounts, References({}), by)

    async def save(self, by: Actor | None) -> None:
        """Write everything by one statement, tell the history, and have the lots projected."""
        await self._desk.save(by, writer=write_few)


def balance_of(account: AccountState, now: datetime) -> Balance:
    """Return what can be spent of an account and what waits; what is held or promised is not looked at."""
    pending = sum((lot.remaining for lot in account.lots.values() if lot.active_from > now), ZERO)
    active = sum((lot.remaining for lot in account.lots.values() if lot.active(now)), ZERO)
    return Balance(
        total=active + pending - account.debt,
        active=account.available(now),
        pending=pending,
        held=NOTHING.held,
        promised=NOTHING.promised,
        debt=account.debt,
    )


class AskedView:
    """What is in a member's accounts, on its way; nothing is locked."""

    def __init__(self, tx: Tx, program_id: int, profile_id: int, asked: Asked[tuple[bool, list[store.Held]]]) -> None:
        self._tx = tx
        self._program_id = program_id
        self._profile_id = profile_id
        self._asked = asked

    async def answer(self) -> Mapping[int, Balance]:
        """Return what can be spent and what waits, by point type; what is held or promised is not looked at."""
        overdue, rows = await self._asked.answer()
        if overdue:  # what such a hold had taken is there again, although nobody has written it down
            return (await balances(self._tx, self._program_id, [self._profile_id])).get(self._profile_id, {})
        now, found = self._tx.now, dict[int, Balance]()
        for type_id in {row.point_type_id for row in rows}:
            mine = [row for row in rows if row.point_type_id == type_id]
            lots = [(row.remaining or ZERO, row.active_from or now, row.expires_at) for row in mine]
            lapsed = sum((rest for rest, _, ends in lots if ends is not None and ends <= now), ZERO)
            kept = [(rest, since) for rest, since, ends in lots if ends is None or ends > now]
            active = sum((rest for rest, since in kept if since <= now), ZERO)
            pending = sum((rest for rest, since in kept if since > now), ZERO)
            debt = max(ZERO, mine[0].debt - lapsed)  # what lapses pays a debt first
            found[type_id] = msgspec.structs.replace(
                NOTHING, total=active + pending - debt, active=max(ZERO, active - debt), pending=pending, debt=debt
            )
        return found


async def ask_view(tx: Tx, known: Setting, profile_id: int) -> AskedView:
    """Ask what one member has, together with other questions; nothing is locked."""
    asked = await store.ask_view(tx, list(known.types), profile_id)
    return AskedView(tx, known.program.id, profile_id, asked)


async def ask_purse(tx: Tx, types: Sequence[int], profile_id: int) -> AskedPurse:
    """Lock somebody's accounts of these point types, and ask for what is in them; their member's row is locked."""
    return AskedPurse(tx, profile_id, *await store.ask_purse(tx, types, profile_id))
