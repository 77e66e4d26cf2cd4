"""Codes from outside: given through the API, or read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import anyio.to_thread
import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import ImportedCode, ImportedCodes, PromoBatch, PromoPool
from ..store import batches as batches_store
from ..store import codes as store
from ..store import pools as pools_store
from . import batches
from .pools import note

MOST_ITEMS = 10_000
_CODE_NAMES = ("code", "promo code", "promo_code", "promocode", "coupon", "voucher")


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code from outside: its own date of expiry, and further values by the keys of the pool's fields."""

    code: str
    expires_at: datetime | None = None
    extra: dict[str, str] = {}


async def add(
    tx: Tx,
    pool: PromoPool,
    items: Sequence[CodeIn],
    *,
    batch_id: int | None = None,
    faults: dict[int, str] | None = None,
) -> ImportedCodes:
    """Store codes of a pool that is locked; say what became of each. ``faults``: items that are no codes, and why."""
    reasons = dict(faults or {})
    keys = [rules.key_of(item.code) for item in items]
    first: dict[str, int] = {}
    for n, item in enumerate(items):
        if n in reasons:
            continue
        fault = rules.check_code(item.code.strip()) or rules.check_extra(pool.fields, item.extra)
        if fault is None and item.expires_at is not None and item.expires_at.tzinfo is None:
            fault = "A time needs its zone, like 2026-12-31T23:00:00Z"
        if fault is not None:
            reasons[n] = fault
        else:
            first.setdefault(keys[n], n)
    there = await store.existing(tx, pool.database_id, first)
    fresh = [n for key, n in first.items() if key not in there]
    made = await pools_store.codes(tx, pool.id) + await batches_store.waiting(tx, pool.id)
    fits = fresh[: max(0, pool.code_limit - made)]
    rows = [(items[n].code.strip(), keys[n], items[n].expires_at, items[n].extra) for n in fits]
    new = await batches_store.add_codes(tx, pool.id, pool.database_id, batch_id, rows) if rows else set()
    kept, beyond = set(fits), set(fresh) - set(fits)
    told = []
    for n, item in enumerate(items):
        if n in reasons:
            told.append(ImportedCode(n, item.code, "refused", reasons[n]))
        elif n in beyond:
            told.append(ImportedCode(n, item.code, "discarded", f"The pool has {pool.code_limit:,} codes at most"))
        elif n in kept and keys[n] in new:
            told.append(ImportedCode(n, item.code, "inserted", None))
        else:
            told.append(ImportedCode(n, item.code, "duplicated", "The database has this code already"))
    count = {status: sum(one.status == status for one in told) for status in ("inserted", "duplicated", "discarded")}
    return ImportedCodes(count["inserted"], count["duplicated"], count["discarded"], len(reasons), told)


async def import_codes(tx: Tx, actor: Actor, pool_id: int, items: Sequence[CodeIn]) -> ImportedCodes:
    """Store up to 10,000 codes at once; say what became of each. Raises 404, 409, 422."""
    pool = await pools_store.get(tx, pool_id, lock=True)
    batches.refuse_closed(tx, pool)
    if not 1 <= len(items) <= MOST_ITEMS:
        raise invalid_field("/items", f"Send 1 to {MOST_ITEMS:,} codes at a time")
    done = await add(tx, pool, items)
    counts = {"inserted": done.inserted, "duplicated": done.duplicated, "discarded": done.discarded_by_limit}
    await note(tx, actor, "filled", pool, after=counts)
    return done


async def import_file(tx: Tx, actor: Actor, pool_id: int, key: str, name: str) -> tuple[PromoBatch, JobRef]:
    """Have a job read codes from an uploaded file. Raises 404, 409, 422."""
    pool = await pools_store.get(tx, pool_id, lock=True)
    batches.refuse_closed(tx, pool)
    return await batches.start(tx, actor.name, pool, None, file=key, shown=name, actor=actor)


class CodeFile:
    """A file of codes, read in chunks: CSV, TSV or JSON lines, with or without a header, also as zip or gz."""

    def __init__(self, path: Path, pool: PromoPool) -> None:
        how = profiles.files.detect(path)
        if how.kind == "xlsx":
            raise profiles.files.FileProblem("Save the workbook as CSV first: codes are read from CSV, TSV, JSON lines")
        headed = msgspec.structs.replace(how, header=True)
        columns = [name.strip().casefold() for name in profiles.files.open_reader(path, headed).columns()]
        found = next((columns.index(name) for name in _CODE_NAMES if name in columns), None)
        if found is None and how.kind == "jsonl":
            raise profiles.files.FileProblem("No line has a member named code")
        # Without a column of that name there is no header: every line is a code.
        self._code = found or 0
        self._expires = columns.index("expires_at") if found is not None and "expires_at" in columns else None
        self._extra = {f.key: columns.index(f.key) for f in pool.fields if found is not None and f.key in columns}
        plain = msgspec.structs.replace(how, header=found is not None)
        self._chunks = iter(profiles.files.open_reader(path, plain).chunks(MOST_ITEMS))

    async def chunk(self) -> tuple[list[int], list[CodeIn], dict[int, str]] | None:
        """Return the next lines: their numbers, their codes, and what is wrong with some; ``None`` at the end."""
        return await anyio.to_thread.run_sync(self._next)

    def _next(self) -> tuple[list[int], list[CodeIn], dict[int, str]] | None:
        chunk = next(self._chunks, None)
        if chunk is None:
            return None
        numbers, items, faults = list[int](), list[CodeIn](), dict[int, str]()
        for n, row in enumerate(chunk.rows):
            if n in chunk.bad:
                faults[len(items)] = chunk.bad[n]
            elif all(cell is None or cell == "" for cell in row):
                continue
            numbers.append(chunk.numbers[n])
            items.append(self._item(row, faults, len(items)))
        return numbers, items, faults

    def _item(self, row: Sequence[profiles.files.Cell], faults: dict[int, str], n: int) -> CodeIn:
        cell = profiles.files.display
        code = cell(row[self._code]).strip() if self._code < len(row) else ""
        expires = None
        if self._expires is not None and self._expires < len(row):
            try:
                expires = _moment(row[self._expires])
            except ValueError:
                faults.setdefault(n, f"{cell(row[self._expires])} is no moment, like 2026-12-31T23:00:00Z")
        extra = {key: cell(row[at]).strip() for key, at in self._extra.items() if at < len(row)}
        return CodeIn(code, expires, {key: value for key, value in extra.items() if value})


def _moment(value: profiles.files.Cell) -> datetime | None:
    """Read a date of expiry; a day ends at its midnight in UTC, a time without a zone is in UTC."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, date):
        at = datetime(value.year, value.month, value.day, 23, 59, 59, tzinfo=UTC)
    else:
        text = str(value).strip()
        day = len(text) == 10
        at = datetime.fromisoformat(text)
        at = at.replace(hour=23, minute=59, second=59) if day else at
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
