"""What callers send and see of points. Amounts are decimal texts in the point type's places."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.platform.http import Body

from ..ledger import State, Type

MAX_ITEMS = 10_000
MAX_HOLD = 366 * 86_400

Amount = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "12.50"')]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Reference = Annotated[
    str, msgspec.Meta(max_length=200, description="The caller's id: asked again, it gives the first answer")
]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=MAX_HOLD)]


class AccrualIn(Body, frozen=True):
    """Points for a member. ``points`` is a point type's key; a program with one kind to spend needs none.

    With ``hold_seconds`` they are promised until then: commit them, or they never come. The dates are the point type's
    unless given; ``expires_at`` null is never. ``at`` dates the accrual back.
    """

    amount: Amount
    points: Word | None = None
    reference: Reference | None = None
    hold_seconds: Seconds | None = None
    activates_at: datetime | None = None
    expires_at: datetime | UnsetType | None = UNSET
    at: datetime | None = None
    source_type: Word = ""
    source_id: Word = ""
    reason: Text = ""
    data: dict[str, Any] | None = None


class RedemptionIn(Body, frozen=True):
    """Points that a member spends. With ``hold_seconds`` they are reserved until then: commit, or they come back."""

    amount: Amount
    points: Word | None = None
    reference: Reference | None = None
    hold_seconds: Seconds | None = None
    source_type: Word = ""
    source_id: Word = ""
    reason: Text = ""
    data: dict[str, Any] | None = None


class AdjustmentIn(Body, frozen=True):
    """A correction by hand: ``change`` is ``"50"`` or ``"-50"``, ``reason`` says why and is kept for ever."""

    change: Amount
    reason: Text
    points: Word | None = None
    reference: Reference | None = None
    expires_at: datetime | UnsetType | None = UNSET


class EndIn(Body, frozen=True):
    """Why a transaction is ended; kept with the row that says so."""

    reason: Text = ""


class MemberAccrualIn(AccrualIn, frozen=True, kw_only=True):
    """One of many accruals."""

    profile_id: int


class MemberRedemptionIn(RedemptionIn, frozen=True, kw_only=True):
    """One of many redemptions."""

    profile_id: int


class AccrualBatch(Body, frozen=True):
    """Accruals of many members: all of them, or none."""

    items: Annotated[tuple[MemberAccrualIn, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class RedemptionBatch(Body, frozen=True):
    """Redemptions of many members: all of them, or none."""

    items: Annotated[tuple[MemberRedemptionIn, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class TransactionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger: ``amount`` was asked, ``change`` came; after = before + change.

    ``of`` is the transaction that this one commits, undoes or lets expire. ``debt_change`` is by how much the member
    owes more, or less. ``at`` is when it counts from, ``created_at`` when it was written.
    """

    id: str
    program_id: int
    points: str
    points_name: str
    profile_id: int
    member: str | None
    type: Type
    state: State
    amount: str
    change: str
    balance_before: str
    balance_after: str
    debt_change: str
    of: str | None
    reference: str | None
    source_type: str
    source_id: str
    promotion_id: int | None
    reason: str
    by: str
    data: dict[str, Any] | None
    hold_until: datetime | None
    active_from: datetime | None
    expires_at: datetime | None
    seq: int
    at: datetime
    created_at: datetime


class LotOut(msgspec.Struct, frozen=True, kw_only=True):
    """Points that came in together, and what is left of them."""

    id: int
    transaction: str
    points: str
    amount: str
    remaining: str
    taken_back: str
    expired: str
    active_from: datetime
    expires_at: datetime | None


class LotPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction took out of a lot; negative: put back. ``repays``: it went into what was owed."""

    lot: LotOut
    amount: str
    repays: bool


class TransactionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction with the lot it opened, the lots it used, and what belongs to it, the oldest first."""

    transaction: TransactionOut
    opened: LotOut | None
    used: list[LotPart]
    chain: list[TransactionOut]


class TransactionReply(msgspec.Struct, frozen=True):
    """What was written for a call; the same call again gets the same transaction, in the state it is in then."""

    transaction: TransactionOut


class TransactionsReply(msgspec.Struct, frozen=True):
    """What was written, in the order of the items."""

    items: list[TransactionOut]


class Worth(msgspec.Struct, frozen=True):
    """Money."""

    amount: str
    currency: str


class NextExpiry(msgspec.Struct, frozen=True):
    """The points that lapse first."""

    at: datetime
    amount: str


class BalanceOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a member has of a point type now.

    ``total`` = active + pending − debt; ``held`` is reserved, ``promised`` waits to be committed; neither is in it.
    ``worth`` is what the active points come to in money.
    """

    points: str
    name: str
    kind: str
    total: str
    active: str
    pending: str
    held: str
    promised: str
    debt: str
    worth: Worth | None
    next_expiry: NextExpiry | None


class MemberBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a member has of each point type."""

    program_id: int
    profile_id: int
    as_of: datetime
    balances: list[BalanceOut]


class ExpiringDay(msgspec.Struct, frozen=True):
    """Points that lapse at a moment."""

    points: str
    at: datetime
    amount: str


class ExpiringPoints(msgspec.Struct, frozen=True):
    """What lapses in a range of days unless it is spent before: in all by point type, and each moment."""

    totals: dict[str, str]
    items: list[ExpiringDay]
