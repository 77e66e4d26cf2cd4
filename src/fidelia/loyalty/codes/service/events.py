"""What the history is told of codes: they became somebody's, and were used for the first time."""

from __future__ import annotations

from collections.abc import Iterable

from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..model import PromoPool


def attached(tx: Tx, pool: PromoPool, people: Iterable[tuple[int, str]]) -> None:
    """Tell that people (profile, code) have codes of a pool now."""
    _tell(tx, pool, "loyalty.code_attached", people)


def activated(tx: Tx, pool: PromoPool, people: Iterable[tuple[int, str]]) -> None:
    """Tell that people (profile, code) used codes of a pool for the first time."""
    _tell(tx, pool, "loyalty.code_activated", people)


def _tell(tx: Tx, pool: PromoPool, type_: str, people: Iterable[tuple[int, str]]) -> None:
    facts = {"pool": pool.id, "pool_name": pool.short_name}
    tx.emit_many(
        EventOut(pool.database_id, profile, type_, tx.now, {**facts, "code": code}) for profile, code in people
    )
