"""What the ledger takes and gives. Points are exact decimals, moments aware and in UTC."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

Type = Literal[
    "accrual",
    "initial",
    "redeem",
    "adjust",
    "reset",
    "commit",
    "rollback",
    "time_out",
    "cancel",
    "expire",
    "take_back",
    "give_back",
    "merge_out",
    "merge_in",
]
State = Literal["final", "held", "committed", "rolled_back", "timed_out", "cancelled"]
How = Literal["commit", "rollback", "cancel", "time_out"]
#: What happens when points that are to be taken back are spent: the member owes them (``allow_negative``), only what
#: is there is taken (``floor_zero``), or only what could not be spent yet (``only_pending``).
Policy = Literal["allow_negative", "floor_zero", "only_pending"]

TYPES: tuple[Type, ...] = (
    "accrual",
    "initial",
    "redeem",
    "adjust",
    "reset",
    "commit",
    "rollback",
    "time_out",
    "cancel",
    "expire",
    "take_back",
    "give_back",
    "merge_out",
    "merge_in",
)
STATES: tuple[State, ...] = ("final", "held", "committed", "rolled_back", "timed_out", "cancelled")


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """Why points move: an order, an event, a promotion, a person's word. ``data`` is the caller's own JSON."""

    source_type: str = ""
    source_id: str = ""
    promotion_id: int | None = None
    reason: str = ""
    data: dict[str, Any] | None = None


class Accrual(msgspec.Struct, frozen=True, kw_only=True):
    """Points for a member. They can be spent in ``[active_from, expires_at)``, by default as the point type says.

    With ``hold_until`` they are only promised: they count when the hold is committed before that moment. ``at`` dates
    the accrual back. A ``reference`` is unique in its program: the same one again gives the first answer.
    """

    profile_id: int
    point_type_id: int
    amount: Decimal
    type: Literal["accrual", "initial", "adjust"] = "accrual"
    reference: str | None = None
    active_from: datetime | msgspec.UnsetType | None = msgspec.UNSET
    expires_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    hold_until: datetime | None = None
    at: datetime | None = None
    because: Because = Because()


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a member spends; never more than are active. ``hold_until`` reserves them until then.

    ``amount`` of a ``reset`` may be null: all that are active.
    """

    profile_id: int
    point_type_id: int
    amount: Decimal | None
    type: Literal["redeem", "adjust", "reset"] = "redeem"
    reference: str | None = None
    hold_until: datetime | None = None
    at: datetime | None = None
    because: Because = Because()


class TakeBack(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an accrual that is taken back because its cause is gone (a returned line).

    ``policy`` is the program's unless given.
    """

    transaction_id: UUID
    amount: Decimal
    policy: Policy | None = None
    reference: str | None = None
    because: Because = Because()


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a redemption that is given back: to the lots it came from, which keep their first expiry."""

    transaction_id: UUID
    amount: Decimal
    reference: str | None = None
    because: Because = Because()


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger. ``amount`` is what was asked, ``change`` what it did: after = before + change.

    ``of_id`` is the transaction that this one commits, undoes, takes back or lets expire. ``at`` is when it counts
    from, ``created_at`` when it was written.
    """

    id: UUID
    program_id: int
    point_type_id: int
    account_id: int
    profile_id: int
    seq: int
    type: Type
    state: State
    amount: Decimal
    change: Decimal
    balance_before: Decimal
    balance_after: Decimal
    debt_change: Decimal
    of_id: UUID | None
    reference: str | None
    source_type: str
    source_id: str
    promotion_id: int | None
    reason: str
    by_name: str
    by_key: str
    data: dict[str, Any] | None
    hold_until: datetime | None
    active_from: datetime | None
    expires_at: datetime | None
    at: datetime
    created_at: datetime


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What a member has of a point type at a moment, worked out from the lots by time alone.

    ``total`` = active + pending − what is owed beyond the active points; ``held`` is reserved by redemptions and in
    neither; ``promised`` waits in held accruals; ``debt`` is owed from points taken back after they were spent.
    """

    total: Decimal
    active: Decimal
    pending: Decimal
    held: Decimal
    promised: Decimal
    debt: Decimal


NOTHING = Balance(
    total=Decimal(0), active=Decimal(0), pending=Decimal(0), held=Decimal(0), promised=Decimal(0), debt=Decimal(0)
)


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """Points that came in together; spent soonest expiry first."""

    id: int
    transaction_id: UUID
    point_type_id: int
    profile_id: int
    amount: Decimal
    remaining: Decimal
    voided: Decimal
    lapsed: Decimal
    active_from: datetime
    expires_at: datetime | None
