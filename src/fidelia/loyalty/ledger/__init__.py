"""The points ledger: accounts, lots, transactions that are only ever added. The face for the parts of loyalty above.

    accrue(tx, program_id, rows: Sequence[Accrual], *, by=None) -> list[Transaction]
    redeem(tx, program_id, rows: Sequence[Redemption], *, by=None) -> list[Transaction]
    finish(tx, program_id, ids, how, *, by=None, because=None, policy=None) -> list[Transaction]
    take_back(tx, program_id, rows: Sequence[TakeBack], *, by=None) -> list[Transaction]
    give_back(tx, program_id, rows: Sequence[GiveBack], *, by=None) -> list[Transaction]
    balances(tx, program_id, profile_ids) -> {profile: {point_type_id: Balance}}
    ask_balances(tx, program_id, profile_id)            the same of one member, sent with other questions
    ask_purse(tx, types, profile_id) -> AskedPurse      one member's accounts, locked: for orders
    purses(tx, program_id, point_type_id, profile_ids, *, accruals=0) -> Purses   many members', posted to in turn
    earned(tx, point_type_id, profile_ids, since=None) -> {profile: Decimal}

``by`` is the actor, the platform itself unless given. Every call writes all its rows or raises: 404 a transaction, 409
too few points, a hold that has ended otherwise, a reference used for something else; 422 an amount, with pointers
``/items/<n>/…``. Members are to be locked before accounts; accounts are locked here, in the order of their ids.
"""

from .model import (
    NOTHING,
    STATES,
    TYPES,
    Accrual,
    Balance,
    Because,
    GiveBack,
    How,
    Lot,
    Policy,
    Redemption,
    State,
    TakeBack,
    Transaction,
    Type,
)
from .people import forget_people, merge_people, personal_data
from .service.ask import ask_earned, balances, earned, expiring, open_lots, transaction
from .service.back import give_back, take_back
from .service.finish import finish
from .service.post import accrue, redeem
from .service.purse import AskedPurse, AskedView, Purse, ask_purse, ask_view
from .service.purses import Purses, purses
from .service.upkeep import activate, becoming_active, expire_chunk, expire_lots, time_out_holds
from .store.page import Filter, after, count, page
from .store.read import chain, moved
from .vocabulary import step_of, vocabulary

__all__ = [
    "NOTHING",
    "STATES",
    "TYPES",
    "Accrual",
    "AskedPurse",
    "AskedView",
    "Balance",
    "Because",
    "Filter",
    "GiveBack",
    "How",
    "Lot",
    "Policy",
    "Purse",
    "Purses",
    "Redemption",
    "State",
    "TakeBack",
    "Transaction",
    "Type",
    "accrue",
    "activate",
    "after",
    "ask_earned",
    "ask_purse",
    "ask_view",
    "balances",
    "becoming_active",
    "chain",
    "count",
    "earned",
    "expire_chunk",
    "expire_lots",
    "expiring",
    "finish",
    "forget_people",
    "give_back",
    "merge_people",
    "moved",
    "open_lots",
    "page",
    "personal_data",
    "purses",
    "redeem",
    "step_of",
    "take_back",
    "time_out_holds",
    "transaction",
    "vocabulary",
]
