"""What others see of promo codes: pools, codes, batches, what a code is worth to somebody right now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

PoolKind = Literal["personal", "universal"]
Way = Literal["template", "remote", "file"]
CodeState = Literal["free", "attached", "activated", "expired"]
BatchState = Literal["queued", "running", "done", "failed", "cancelled"]
#: Who hands codes out: a promotion's reward and the API always take what is there; the others may also make new ones.
Giver = Literal["mailing", "scenario", "promotion", "api"]
#: Why a code cannot be used: ``taken`` by another person, ``used_up``, ``person_limit`` (used often enough by them),
#: ``needs_person`` (nobody is named who could have it), ``not_yet`` and ``over`` (the pool's dates, for a code that
#: nobody has yet), ``archived`` (its pool).
Reason = Literal[
    "unknown", "taken", "used_up", "person_limit", "expired", "needs_person", "not_yet", "over", "archived"
]

REASONS: dict[Reason, str] = {
    "unknown": "There is no such code",
    "taken": "The code belongs to somebody else",
    "used_up": "The code has been used",
    "person_limit": "This person has used the code as often as they may",
    "expired": "The code has expired",
    "needs_person": "The code is for people who are known: say who orders",
    "not_yet": "The code cannot be used yet",
    "over": "The time of the code is over",
    "archived": "The code is not in use any more",
}


class CodeExpiry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When codes expire: ``never``, ``fixed`` at a moment, or ``after`` a period (``P30D``) counted from attaching."""

    kind: Literal["never", "fixed", "after"] = "never"
    at: datetime | None = None
    period: str | None = None


class CodeField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further value that codes of a pool carry, such as the sum that stands on a voucher."""

    key: str
    name: str


class PoolFigures(msgspec.Struct, frozen=True):
    """Codes of a pool. Of personal ones ``left + given + used + lapsed = made``.

    ``attached``, ``activated`` and ``expired`` are how many ever got that far. Of universal ones ``given`` and
    ``used`` count people, and ``left`` what may still be used, null without a limit.
    """

    made: int
    left: int | None
    given: int
    used: int
    lapsed: int
    attached: int
    activated: int
    expired: int
    uses: int


class PromoPool(msgspec.Struct, frozen=True, kw_only=True):
    """A pool of promo codes and its settings."""

    id: int
    database_id: int
    name: str
    description: str
    short_name: str
    kind: PoolKind
    way: Way
    pattern: str | None
    remote_url: str | None
    remote_header_names: list[str]
    remote_batch: int
    valid_from: datetime | None
    valid_until: datetime | None
    expiry: CodeExpiry
    max_uses: int | None
    max_uses_per_person: int | None
    code_limit: int
    warn_below: int
    scenarios_create: bool
    mailings_create: bool
    fields: list[CodeField]
    version: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PromoCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it stands: ``attached`` is somebody's, ``activated`` was used. ``profile_id`` is whose, if anybody's.

    A universal code is free; who has it is listed beside it.
    """

    id: int
    pool_id: int
    code: str
    state: CodeState
    profile_id: int | None
    attached_at: datetime | None
    activated_at: datetime | None
    expires_at: datetime | None
    uses: int
    extra: dict[str, str]
    created_at: datetime


class CodeHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has a universal code."""

    code_id: int
    code: str
    profile_id: int
    attached_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None
    uses: int


class PromoBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were made, read from a file or fetched together. ``asked`` is null where a file tells how many.

    ``discarded`` did not fit under the pool's limit; ``refused`` were no codes.
    """

    id: int
    pool_id: int
    way: Way
    state: BatchState
    asked: int | None
    made: int
    duplicated: int
    discarded: int
    refused: int
    job_id: str | None
    actor: str
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class CodeFound(msgspec.Struct, frozen=True, kw_only=True):
    """What a code is worth to somebody at a moment: ``ready`` to be used, or ``refused`` with the reason.

    ``code`` is as it was asked for. ``attached`` tells whether it is this person's already.
    """

    code: str
    state: Literal["ready", "refused"]
    reason: Reason | None = None
    pool_id: int | None = None
    code_id: int | None = None
    database_id: int = 0
    profile_id: int | None = None
    attached: bool = False

    @property
    def words(self) -> str:
        """Why it is refused, as a sentence; empty when it is not."""
        return "" if self.reason is None else REASONS[self.reason]


class ImportedCode(msgspec.Struct, frozen=True):
    """What became of one code of an import. ``discarded``: the pool is as large as it may be; ``refused``: no code."""

    index: int
    code: str
    status: Literal["inserted", "duplicated", "discarded", "refused"]
    reason: str | None


class ImportedCodes(msgspec.Struct, frozen=True):
    """The outcome of an import, a row for every code."""

    inserted: int
    duplicated: int
    discarded_by_limit: int
    refused: int
    items: list[ImportedCode]


class PromoLine(msgspec.Struct, frozen=True):
    """A line of a file that became no code, counted as a spreadsheet does."""

    line: int
    code: str
    status: Literal["duplicated", "discarded", "refused"]
    reason: str | None


class CodeUse(msgspec.Struct, frozen=True, kw_only=True):
    """An order that uses a code, or did until it gave it back."""

    order_ref: str
    profile_id: int | None
    used_at: datetime
    released_at: datetime | None


class PersonCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that somebody has."""

    pool_id: int
    pool: str
    code: str
    kind: PoolKind
    state: CodeState
    attached_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None
    uses: int
