"""Making, changing, publishing and arranging promotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.kernel.money import amount_text
from fidelia.platform import listeners
from fidelia.platform.postgres import Tx

from ...programs import program
from ..checks import scope_of, understand
from ..limits import since
from ..model import (
    Kind,
    Promotion,
    PromotionDefinition,
    PromotionLimitUse,
    PromotionLogEntry,
    PromotionUsage,
    PromotionVersion,
)
from ..store import counters, parts
from ..store import promotions as store
from ..store.promotions import PromotionRow, VersionRow
from ..words import sentence
from .listening import CONSUMER, attend
from .reading import read_definition

LOG_LENGTH = 200
MAX_EXTERNAL_ID = 200
_NOTHING = (0, Decimal(0), Decimal(0))


async def read(tx: Tx, promotion_id: int) -> Promotion:
    """Return a promotion; raise 404."""
    return (await _shown(tx, [await store.get(tx, promotion_id)]))[0]


async def read_all(tx: Tx, program_id: int, *, archived: bool = False, kind: Kind | None = None) -> list[Promotion]:
    """Return the promotions of a program in the order in which they are tried; raise 404."""
    await program(tx, program_id)
    rows = await store.every(tx, program_id, archived=archived)
    return await _shown(tx, [row for row in rows if kind is None or row.kind == kind])


async def _shown(tx: Tx, rows: Sequence[PromotionRow]) -> list[Promotion]:
    if not rows:
        return []
    of: dict[int, list[VersionRow]] = {}
    for version in await store.versions(tx, [row.id for row in rows], tx.now):
        of.setdefault(version.promotion_id, []).append(version)
    owner = await program(tx, rows[0].program_id)
    zone = (await profiles.get_database(tx, owner.database_id)).timezone
    used = await counters.of_programs(tx, [row.id for row in rows])
    given = await counters.usage(tx, [row.id for row in rows])
    return [_one(row, of.get(row.id, []), given.get(row.id, _NOTHING), used, zone, tx.now) for row in rows]


def _one(
    row: PromotionRow,
    versions: Sequence[VersionRow],
    given: tuple[int, Decimal, Decimal],
    used: Mapping[tuple[int, str, str, str], Decimal],
    zone: str,
    now: datetime,
) -> Promotion:
    draft = next((v for v in versions if v.published_at is None), None)
    coming = [v for v in versions if v.effective_at is not None and v.effective_at > now]
    current = next((v for v in versions if v.effective_at is not None and v.effective_at <= now), None)
    shown = current or (coming[0] if coming else draft)
    if shown is None:
        raise LookupError(f"Promotion {row.id} has no version")
    definition = read_definition(shown)
    limits = [
        PromotionLimitUse(
            limit.what,
            limit.period,
            limit.most,
            amount_text(used.get((row.id, limit.what, limit.period, str(since(limit.period, now, zone))), Decimal(0))),
        )
        for limit in definition.limits
        if limit.per == "program"
    ]
    return Promotion(
        id=row.id,
        program_id=row.program_id,
        external_id=row.external_id,
        kind=row.kind,
        state=row.state,
        place=row.place,
        version=None if current is None else current.number,
        draft=None if draft is None else draft.number,
        scheduled=coming[0].number if coming else None,
        definition=definition,
        sentence=shown.sentence,
        phase=_phase(row, current, definition, now),
        usage=PromotionUsage(given[0], amount_text(given[1], definition.currency), amount_text(given[2]), limits),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _phase(
    row: PromotionRow, current: VersionRow | None, definition: PromotionDefinition, now: datetime
) -> Literal["draft", "waiting", "running", "over", "paused", "archived"]:
    if row.state != "active":
        return row.state
    if current is None or (definition.starts_at is not None and now < definition.starts_at):
        return "waiting"
    return "over" if definition.ends_at is not None and definition.ends_at <= now else "running"


async def create(
    tx: Tx, actor: Actor, program_id: int, kind: Kind, definition: PromotionDefinition, external_id: str | None = None
) -> Promotion:
    """Store a promotion as a draft, last in the order; raise 404, 409 for a taken external id, 422."""
    scope = await scope_of(tx, program_id, [definition])
    if scope.program.state == "archived":
        raise conflict(f"The program {scope.program.name} is archived")
    text = sentence(scope, definition, understand(scope, kind, definition))
    if external_id is not None:
        if not 0 < len(external_id) <= MAX_EXTERNAL_ID or "\x00" in external_id:
            raise invalid_field("/external_id", f"An id has 1 to {MAX_EXTERNAL_ID} characters")
        if await store.by_external_id(tx, program_id, external_id) is not None:
            raise conflict(f"There is a promotion {external_id} already")
    values = {"program_id": program_id, "kind": kind, "external_id": external_id}
    promotion_id = await store.insert(tx, values)
    await store.save_draft(tx, promotion_id, 1, _stored(definition), text, actor.name, new=True)
    await store.note(tx, promotion_id, actor.name, "created", 1, {})
    made = await read(tx, promotion_id)
    await _audit(tx, actor, "created", made, None, _picture(made))
    return made


async def save_draft(
    tx: Tx, actor: Actor, promotion_id: int, definition: PromotionDefinition, revision: int | UnsetType = UNSET
) -> PromotionVersion:
    """Store what the next version shall say; what is in force stays. Raise 404, 409 for somebody else's change, 422."""
    row = await _to_change(tx, promotion_id, revision)
    scope = await scope_of(tx, row.program_id, [definition])
    text = sentence(scope, definition, understand(scope, row.kind, definition))
    draft = await _draft(tx, promotion_id)
    number = row.versions + 1 if draft is None else draft.number
    await store.save_draft(tx, promotion_id, number, _stored(definition), text, actor.name, new=draft is None)
    await store.change(tx, promotion_id, {"versions": max(number, row.versions)})
    if draft is None:
        await store.note(tx, promotion_id, actor.name, "draft", number, {})
    return (await versions(tx, promotion_id))[0]


async def publish(
    tx: Tx, actor: Actor, promotion_id: int, at: datetime | None = None, revision: int | UnsetType = UNSET
) -> Promotion:
    """Put the draft in force, now or at a moment to come; raise 404, 409 without a draft, 422."""
    row = await _to_change(tx, promotion_id, revision)
    draft = await _draft(tx, promotion_id)
    if draft is None:
        raise conflict("There is no draft to publish: change the promotion first")
    if at is not None and at.tzinfo is None:
        raise invalid_field("/at", "A time needs its zone, like 2026-11-01T10:00:00Z")
    if at is not None and at < tx.now:
        raise invalid_field("/at", "A version cannot be in force since a moment that is over")
    definition = read_definition(draft)
    scope = await scope_of(tx, row.program_id, [definition])
    understand(scope, row.kind, definition)  # what it names may be gone since
    before = await read(tx, promotion_id)
    await store.publish(tx, promotion_id, draft.number, at or tx.now)
    await store.change(tx, promotion_id, {"state": "active"} if row.state == "draft" else {})
    detail = {} if at is None else {"at": at}
    await store.note(tx, promotion_id, actor.name, "published", draft.number, detail)
    await parts.touch(tx, row.program_id)
    await attend(tx, await store.get(tx, promotion_id))
    after = await read(tx, promotion_id)
    await _audit(tx, actor, "published", after, _picture(before), _picture(after))
    return after


async def drop_version(tx: Tx, actor: Actor, promotion_id: int, number: int) -> Promotion:
    """Throw away a draft, or a version whose moment has not come; raise 404, 409 for the only one or one in force."""
    row = await _to_change(tx, promotion_id, UNSET)
    known = {version.number: version for version in await store.all_versions(tx, promotion_id)}
    if number not in known or len(known) == 1:
        raise conflict("There must be a version left" if number in known else f"There is no version {number}")
    at = known[number].effective_at
    if at is not None and at <= tx.now:
        raise conflict("A version that was in force stays")
    await store.drop(tx, promotion_id, number)
    await store.change(tx, promotion_id, {})
    await store.note(tx, promotion_id, actor.name, "discarded", number, {})
    await parts.touch(tx, row.program_id)
    await attend(tx, await store.get(tx, promotion_id))
    return await read(tx, promotion_id)


async def set_state(
    tx: Tx, actor: Actor, promotion_id: int, state: Literal["active", "paused", "archived"]
) -> Promotion:
    """Pause, resume or archive a promotion; raise 404, 409 where its state does not allow it."""
    row = await _to_change(tx, promotion_id, UNSET)
    allowed = {"active": ("paused",), "paused": ("active",), "archived": ("draft", "active", "paused")}
    if row.state == state:
        return await read(tx, promotion_id)
    if row.state not in allowed[state]:
        raise conflict(f"A promotion that is {row.state} cannot become {state}: publish it first")
    before = await read(tx, promotion_id)
    values: dict[str, Any] = {"state": state}
    if state == "archived":
        values["archived_at"] = tx.now
    await store.change(tx, promotion_id, values)
    what = {"active": "resumed", "paused": "paused", "archived": "archived"}[state]
    await store.note(tx, promotion_id, actor.name, what, None, {})
    await parts.touch(tx, row.program_id)
    await attend(tx, await store.get(tx, promotion_id))
    if state == "archived":
        await store.arrange(tx, [one.id for one in await store.every(tx, row.program_id)])
    after = await read(tx, promotion_id)
    await _audit(tx, actor, what, after, _picture(before), _picture(after))
    return after


async def copy(tx: Tx, actor: Actor, promotion_id: int) -> Promotion:
    """Make a draft that says the same, last in the order."""
    found = await read(tx, promotion_id)
    definition = msgspec.structs.replace(found.definition, name=f"{found.definition.name[:190]} (copy)")
    return await create(tx, actor, found.program_id, found.kind, definition)


async def arrange(tx: Tx, actor: Actor, program_id: int, ids: Sequence[int]) -> list[Promotion]:
    """Put the promotions of a program in another order; raise 404, 409 when the list is not all of them."""
    await program(tx, program_id)
    before = [row.id for row in await store.every(tx, program_id)]
    if sorted(before) != sorted(ids):
        raise conflict("Somebody has changed the list: these are not all promotions of the program")
    await store.arrange(tx, ids)
    await parts.touch(tx, program_id)
    await audit(
        tx,
        actor,
        "promotion.arranged",
        kind="loyalty_program",
        object_id=program_id,
        name=(await program(tx, program_id)).name,
        before={"order": before},
        after={"order": list(ids)},
    )
    return await read_all(tx, program_id)


async def versions(tx: Tx, promotion_id: int) -> list[PromotionVersion]:
    """Return every version, the newest first; raise 404."""
    await store.get(tx, promotion_id)
    rows = await store.all_versions(tx, promotion_id)
    come = [row for row in rows if row.effective_at is not None and row.effective_at <= tx.now]
    current = max(come, key=lambda row: (row.effective_at, row.number), default=None)
    return [_version(row, current, tx.now) for row in rows]


def _version(row: VersionRow, current: VersionRow | None, now: datetime) -> PromotionVersion:
    state: Literal["draft", "scheduled", "published", "replaced"] = "replaced"
    if row.effective_at is None:
        state = "draft"
    elif row.effective_at > now:
        state = "scheduled"
    elif current is not None and row.number == current.number:
        state = "published"
    return PromotionVersion(
        row.number,
        state,
        read_definition(row),
        row.sentence,
        row.author,
        row.created_at,
        row.published_at,
        row.effective_at,
    )


async def log(tx: Tx, promotion_id: int) -> list[PromotionLogEntry]:
    """Return what happened to a promotion, newest first; raise 404."""
    await store.get(tx, promotion_id)
    return await store.log(tx, promotion_id, LOG_LENGTH)


async def _draft(tx: Tx, promotion_id: int) -> VersionRow | None:
    found = await store.versions(tx, [promotion_id], tx.now)
    return next((row for row in found if row.published_at is None), None)


async def _to_change(tx: Tx, promotion_id: int, revision: int | UnsetType) -> PromotionRow:
    await listeners.hold(tx, CONSUMER, promotion_id)  # whoever deals with its events has that first, too
    row = await store.get(tx, promotion_id, lock=True)
    if row.state == "archived":
        raise conflict("The promotion is archived")
    if revision is not UNSET and revision != row.revision:
        raise conflict("Somebody else has changed this promotion meanwhile", revision=row.revision)
    return row


def _stored(definition: PromotionDefinition) -> Any:
    return msgspec.to_builtins(definition)


def _picture(found: Promotion) -> dict[str, Any]:
    return {"state": found.state, "version": found.version, **msgspec.to_builtins(found.definition)}


async def _audit(tx: Tx, actor: Actor, what: str, found: Promotion, before: Any, after: Any) -> None:
    name = found.definition.name
    await audit(
        tx, actor, f"promotion.{what}", kind="promotion", object_id=found.id, name=name, before=before, after=after
    )
