"""What a pool may be set to."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia.access import read_audit
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import PageRequest
from fidelia.platform.fetch import FetchProblem, Guard, read_url
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import CodeExpiry, CodeField, PoolKind, PromoPool, Way
from ..store import pools as store
from .headers import seal

MOST_CODES = 20_000_000
LIMIT = 5_000_000
MOST_FIELDS = 20
_LOOKUP = 5.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a pool is set to. ``remote_headers`` is ``None`` where those stay that are kept."""

    name: str
    short_name: str
    kind: PoolKind = "personal"
    way: Way = "template"
    description: str = ""
    pattern: str | None = None
    remote_url: str | None = None
    remote_headers: dict[str, str | None] | None = None
    remote_batch: int = 1000
    valid_from: Any = None
    valid_until: Any = None
    expiry: CodeExpiry = CodeExpiry()
    max_uses: int | None = None
    max_uses_per_person: int | None = 1
    code_limit: int = LIMIT
    warn_below: int = 0
    scenarios_create: bool = False
    mailings_create: bool = False
    fields: tuple[CodeField, ...] = ()


def settings_of(pool: PromoPool) -> Settings:
    """Return what a pool is set to; its headers stay."""
    names = [name for name in Settings.__struct_fields__ if name not in ("remote_headers", "fields")]
    return Settings(**{name: getattr(pool, name) for name in names}, fields=tuple(pool.fields))


async def checked(tx: Tx, database_id: int, wanted: Settings, before: PromoPool | None) -> dict[str, Any]:
    """Return the columns for a pool's settings; raise 422."""
    errors = _texts(wanted) + _numbers(wanted) + _dates(wanted) + _fields(wanted)
    errors += await _short_name(tx, database_id, wanted, before)
    errors += await _way(tx, wanted, before)
    columns = msgspec.structs.asdict(wanted)
    headers = columns.pop("remote_headers")
    columns |= {
        "name": wanted.name.strip(),
        "short_name": wanted.short_name.strip(),
        "expiry": msgspec.to_builtins(wanted.expiry),
        "fields": msgspec.to_builtins(list(wanted.fields)),
    }
    if wanted.way != "template":
        columns["pattern"] = None
    if wanted.way != "remote":
        columns |= {"remote_url": None, "remote_headers": None, "remote_header_names": []}
    elif not errors:
        sealed, faults = await seal(tx, before, wanted.remote_url or "", headers)
        columns |= sealed
        errors += faults
    if errors:
        raise invalid(*errors)
    return columns


def _texts(wanted: Settings) -> list[FieldError]:
    errors = []
    if not wanted.name.strip():
        errors.append(FieldError("/name", "Enter a name for the pool"))
    if len(wanted.name) > 200:
        errors.append(FieldError("/name", "A name has 200 characters at most"))
    for part in ("name", "description", "short_name", "pattern", "remote_url"):
        if "\x00" in (getattr(wanted, part) or ""):
            errors.append(FieldError(f"/{part}", "A text cannot hold the character NUL"))
    return errors


def _numbers(wanted: Settings) -> list[FieldError]:
    errors = []
    for part in ("max_uses", "max_uses_per_person"):
        number = getattr(wanted, part)
        if number is not None and not 1 <= number <= 1_000_000_000:
            errors.append(FieldError(f"/{part}", "Enter 1 or more, or nothing for any number"))
    if not 1 <= wanted.code_limit <= MOST_CODES:
        errors.append(FieldError("/code_limit", f"A pool has 1 to {MOST_CODES:,} codes"))
    if not 0 <= wanted.warn_below <= MOST_CODES:
        errors.append(FieldError("/warn_below", "Enter how many codes are too few, 0 for no warning"))
    if not 1 <= wanted.remote_batch <= 10_000:
        errors.append(FieldError("/remote_batch", "A service is asked for 1 to 10,000 codes at a time"))
    return errors


def _dates(wanted: Settings) -> list[FieldError]:
    errors = []
    for part in ("valid_from", "valid_until"):
        at = getattr(wanted, part)
        if at is not None and at.tzinfo is None:
            errors.append(FieldError(f"/{part}", "A time needs its zone, like 2026-11-24T09:00:00Z"))
    if not errors and wanted.valid_from and wanted.valid_until and wanted.valid_from >= wanted.valid_until:
        errors.append(FieldError("/valid_until", "The end must come after the beginning"))
    fault = rules.check_expiry(wanted.expiry)
    if fault is not None:
        errors.append(FieldError(f"/expiry/{fault[0]}", fault[1]))
    return errors


def _fields(wanted: Settings) -> list[FieldError]:
    errors = []
    if len(wanted.fields) > MOST_FIELDS:
        errors.append(FieldError("/fields", f"Codes have {MOST_FIELDS} fields at most"))
    seen = set[str]()
    for n, field in enumerate(wanted.fields):
        if not rules.FIELD_KEY.fullmatch(field.key) or field.key in ("code", "expires_at"):
            message = "A key has small letters, digits and _, begins with a letter, and is not code or expires_at"
            errors.append(FieldError(f"/fields/{n}/key", message))
        elif field.key in seen:
            errors.append(FieldError(f"/fields/{n}/key", "There is a field with this key already"))
        if not field.name.strip() or len(field.name) > 100 or "\x00" in field.name:
            errors.append(FieldError(f"/fields/{n}/name", "Enter a name of up to 100 characters"))
        seen.add(field.key)
    return errors


async def _short_name(tx: Tx, database_id: int, wanted: Settings, before: PromoPool | None) -> list[FieldError]:
    name = wanted.short_name.strip()
    if not rules.SHORT_NAME.fullmatch(name):
        message = "A short name has small letters, digits and _, and begins with a letter: templates use it"
        return [FieldError("/short_name", message)]
    if before is None or before.short_name != name:
        taken = (await store.by_short_name(tx, database_id, [name])).get(name)
        if taken is not None:
            words = f"The pool {taken.name} has this short name" + (" (archived)" if taken.archived_at else "")
            return [FieldError("/short_name", words)]
    return []


async def _way(tx: Tx, wanted: Settings, before: PromoPool | None) -> list[FieldError]:
    if wanted.way == "template":
        try:
            if not rules.room(wanted.pattern or ""):
                number = rules.space(wanted.pattern or "")
                message = f"The pattern has {number:,} codes only: they could be guessed. Add places"
                return [FieldError("/pattern", message)]
        except ValueError as exc:
            return [FieldError("/pattern", str(exc))]
    if wanted.way == "remote":
        if not wanted.remote_url:
            return [FieldError("/remote_url", "Enter the address of the service")]
        if before is None or before.remote_url != wanted.remote_url:
            try:
                url = read_url(wanted.remote_url)
                port = url.port or (443 if url.scheme == "https" else 80)
                await Guard(tx.engines.settings).resolve(url.host, port, seconds=_LOOKUP)
            except FetchProblem as exc:
                return [FieldError("/remote_url", exc.detail)]
    return []


def refuse_archived(pool: PromoPool) -> None:
    """Raise 409 for a pool that is archived."""
    if pool.archived_at is not None:
        raise conflict(f"The pool {pool.name} is archived; restore it first")


async def refuse_older(tx: Tx, pool: PromoPool, version: int | msgspec.UnsetType) -> None:
    """Raise 409 when somebody has changed a pool since a version of it was read."""
    if version is msgspec.UNSET or version == pool.version:
        return
    entries = (await read_audit(tx, PageRequest(limit=5), kind="promo_pool", object_id=str(pool.id))).items
    who = next((entry.actor_name for entry in entries if entry.action == "promo_pool.updated"), "Somebody")
    raise conflict(
        f"{who} has changed this pool since you opened it. Compare before you save",
        FieldError("/version", f"The present version is {pool.version}"),
        version=pool.version,
    )
