"""What many members have of a point type, locked together, posted to one after another, and written together.

It does what ``accrue`` and ``redeem`` do, a row at a time and in memory: whoever posts sees after each row how things
stand, as if every row had been written before the next one.
"""

from __future__ import annotations

from collections.abc import Collection

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from ..model import NOTHING, Accrual, Balance, Redemption, Transaction
from ..rules.book import ZERO, AccountState
from ..store import accounts as store
from .desk import Desk, References
from .post import check_accruals, check_redemptions, credit, debit, short
from .purse import balance_of


class Purses:
    """Locked accounts of a point type by profile."""

    def __init__(self, desk: Desk, accounts: dict[store.Key, AccountState]) -> None:
        self._desk = desk
        self._accounts = accounts

    def balance(self, point_type_id: int, profile_id: int) -> Balance:
        """Return what can be spent and what waits; what is held or promised is not looked at."""
        account = self._accounts.get((point_type_id, profile_id))
        return NOTHING if account is None else balance_of(account, self._desk.tx.now)

    def accrue(self, row: Accrual, by: Actor | None) -> Transaction:
        """Credit points, without a reference; raise 422 for the row."""
        check_accruals(self._desk, [row])
        return credit(self._desk, [row], self._accounts, References({}), by)[0]

    def redeem(self, row: Redemption, by: Actor | None) -> Transaction:
        """Spend points, without a reference; raise 409 when fewer are active, 422 for the row."""
        check_redemptions(self._desk, [row])
        if (row.point_type_id, row.profile_id) not in self._accounts:
            raise short(ZERO, 0)
        return debit(self._desk, [row], self._accounts, References({}), by)[0]

    async def save(self, by: Actor | None) -> None:
        """Write everything, tell the history, and have the lots projected."""
        await self._desk.save(by)


async def purses(
    tx: Tx, program_id: int, point_type_id: int, profile_ids: Collection[int], *, accruals: int = 0
) -> Purses:
    """Lock what members have of a point type; their members' rows are locked. Raises 404 the program.

    So many ``accruals`` may follow at most; without any, nobody's account is opened.
    """
    desk = await Desk.of(tx, program_id)
    raw = await tx.raw()
    keys = {(point_type_id, profile_id) for profile_id in profile_ids}
    if not accruals:
        keys &= (await store.account_ids(raw, keys)).keys()
    accounts = await desk.lock_members(keys)
    desk.book.use_lots(await store.new_lot_ids(raw, accruals))
    return Purses(desk, accounts)
