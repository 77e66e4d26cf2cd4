"""Trigger promotions at work: points, a code or a level for somebody, because a call says so or something happened.

For one or for thousands it is the same work: read and lock at once, decide for one after another, write at once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal

import msgspec
import structlog

from fidelia.access import Actor
from fidelia.conditions import Checked
from fidelia.kernel.errors import Problem, conflict, invalid_field
from fidelia.platform.postgres import Tx

from ... import members
from ..checks import Scope, scope_of, understand
from ..limits import CounterKey, Tally
from ..model import PromotionDefinition, PromotionFired
from ..store import counters
from ..store import firings as store
from ..store import promotions as promotions_store
from ..store.promotions import PromotionRow
from .audience import Audience, audience
from .gifts import Gift, Wish, gift_of
from .reading import read_definition

log = structlog.get_logger(__name__)
MAX_REFERENCE = 200


async def fire(
    tx: Tx,
    actor: Actor,
    program_id: int,
    promotion: int | str,
    profile_id: int,
    *,
    reference: str | None = None,
    amount: str | None = None,
) -> PromotionFired:
    """Let a trigger promotion do its work for somebody; the same reference again gives the first answer.

    Raises 404; 409 when it is not running, its limits are used up, the person does not fit or has too few points, or
    the reference was used for something else; 422 for the amount.
    """
    row = await _find(tx, program_id, promotion)
    asked = hashlib.blake2b(msgspec.json.encode([profile_id, amount]), digest_size=16).hexdigest()
    if reference is not None:
        if not 0 < len(reference) <= MAX_REFERENCE or "\x00" in reference:
            raise invalid_field("/reference", f"A reference has 1 to {MAX_REFERENCE} characters")
        if not await store.begin(tx, row.id, reference, profile_id, asked):
            return await _again(tx, row.id, reference, asked)
    definition = await running(tx, row)
    await members.require(tx, program_id, [profile_id])
    scope = await scope_of(tx, program_id, [definition])
    checked = understand(scope, "trigger", definition).whole
    gift = gift_of(tx, actor, scope, row.id, definition, amount)
    ((_, done),) = await _work(tx, scope, row, definition, checked, gift, [Wish(profile_id, reference)], _raise)
    if reference is not None:
        await store.finish(tx, row.id, reference, done)
    return done


async def fire_all(
    tx: Tx, row: PromotionRow, definition: PromotionDefinition, scope: Scope, wishes: Sequence[Wish]
) -> int:
    """Let a promotion that runs do its work for members, whose rows are locked, as far as it did not for a reference.

    What comes of it is what one after another would have led to, in this order: who does not fit, has too few points
    or has used it as often as they may gets nothing. Everything is read and written at once. Returns how often it
    worked.
    """
    try:
        checked = understand(scope, "trigger", definition).whole
        gift = gift_of(tx, Actor.system(), scope, row.id, definition, None)
    except Problem as problem:
        log.info("a promotion gives nothing", promotion=row.id, reason=problem.detail)
        return 0
    before = await store.known(tx, row.id, [wish.reference or "" for wish in wishes])
    fresh = [wish for wish in wishes if wish.reference not in before]

    def refuse(wish: Wish, problem: Problem) -> None:
        log.debug("an event gives nothing", promotion=row.id, profile=wish.profile_id, reason=problem.detail)

    fired = await _work(tx, scope, row, definition, checked, gift, fresh, refuse)
    await store.write(tx, row.id, [(wish.reference or "", done) for wish, done in fired])
    return len(fired)


def _raise(_wish: Wish, problem: Problem) -> None:
    raise problem


async def _find(tx: Tx, program_id: int, promotion: int | str) -> PromotionRow:
    if isinstance(promotion, int):
        row = await promotions_store.get(tx, promotion)
    else:
        found = await promotions_store.by_external_id(tx, program_id, promotion)
        row = found if found is not None else await promotions_store.get(tx, 0)
    if row.program_id != program_id:
        row = await promotions_store.get(tx, 0)
    if row.kind != "trigger":
        raise conflict("Only a trigger promotion can be fired; others work by themselves on orders")
    return row


async def _again(tx: Tx, promotion_id: int, reference: str, asked: str) -> PromotionFired:
    before, reply = await store.first_answer(tx, promotion_id, reference)
    if before != asked:
        raise conflict(f"The reference {reference} was used for something else")
    return msgspec.structs.replace(msgspec.convert(reply, PromotionFired), repeated=True)


async def running(tx: Tx, row: PromotionRow) -> PromotionDefinition:
    """Return what a promotion that runs says now; raise 409 when it does not run."""
    if row.state != "active":
        raise conflict(f"The promotion is {row.state}")
    versions = await promotions_store.versions(tx, [row.id], tx.now)
    current = next((v for v in versions if v.effective_at is not None and v.effective_at <= tx.now), None)
    if current is None:
        raise conflict("The promotion has not begun")
    definition = read_definition(current)
    if definition.starts_at is not None and tx.now < definition.starts_at:
        raise conflict("The promotion has not begun")
    if definition.ends_at is not None and definition.ends_at <= tx.now:
        raise conflict("The promotion is over")
    return definition


async def _work(
    tx: Tx,
    scope: Scope,
    row: PromotionRow,
    definition: PromotionDefinition,
    checked: Checked | None,
    gift: Gift,
    wishes: Sequence[Wish],
    refuse: Callable[[Wish, Problem], None],
) -> list[tuple[Wish, PromotionFired]]:
    """Do the work for some wishes in their order; ``refuse`` is told why one gets nothing, and may raise.

    Locks accounts, then counters, then codes; members' rows are locked.
    """
    people = {wish.profile_id for wish in wishes}
    whom = await audience(tx, scope, checked, people)
    tally = Tally(row.id, definition.limits, tx.now, scope.timezone, {"uses": Decimal(1), "points": gift.points})
    wishes = await _likely(tx, whom, tally, gift, wishes, refuse)
    if not wishes:
        return []
    people = {wish.profile_id for wish in wishes}
    await gift.begin(people, len(wishes))
    tally.begin(await _held(tx, tally.keys(people)))
    fired: list[tuple[Wish, PromotionFired]] = []
    done: set[str] = set()
    for wish in wishes:
        if wish.reference is not None and wish.reference in done:
            continue
        try:
            _need(whom, tally, wish)
            fired.append((wish, gift.give(wish)))
        except Problem as problem:
            refuse(wish, problem)
            continue
        tally.take(wish.profile_id)
        if whom.asks:
            whom.learn(wish.profile_id, gift.changed(wish.profile_id, whom.asks))
        if wish.reference is not None:
            done.add(wish.reference)
    if not fired:
        return []
    await gift.write()
    fired = await _with_codes(gift, fired, refuse)
    await counters.keep(tx, tally.taken(wish.profile_id for wish, _ in fired))
    uses = Counter(wish.profile_id for wish, _ in fired)
    await counters.count_uses(tx, row.id, {id_: (times, gift.points * times) for id_, times in uses.items()})
    return fired


async def _likely(
    tx: Tx,
    whom: Audience,
    tally: Tally,
    gift: Gift,
    wishes: Sequence[Wish],
    refuse: Callable[[Wish, Problem], None],
) -> list[Wish]:
    """Leave out who gets nothing for sure, so that nothing is opened for them.

    Somebody who does not fit at first never will here, for what is known of them changes only by what they get. Limits
    may be used up by others until they are locked, but never the other way round.
    """
    fitting = {wish.profile_id for wish in wishes if whom.fits(wish.profile_id)}
    tally.begin(await counters.used(tx, sorted(tally.keys(fitting))))
    certain = gift.certain and not whom.asks
    found, done = [], set[str | None]()
    for wish in wishes:
        try:
            _need(whom, tally, wish)
        except Problem as problem:
            refuse(wish, problem)
            continue
        found.append(wish)
        if certain and (wish.reference is None or wish.reference not in done):
            tally.take(wish.profile_id)
            done.add(wish.reference)
    return found


def _need(whom: Audience, tally: Tally, wish: Wish) -> None:
    if not whom.fits(wish.profile_id):
        raise conflict("This person does not fit the conditions of the promotion")
    if not tally.room(wish.profile_id):
        raise conflict("The promotion was used as often as it may be")


async def _held(tx: Tx, wanted: Collection[CounterKey]) -> dict[CounterKey, Decimal]:
    """Lock counters in the order of their ids and return what is used; those of everybody are made where missing.

    Those of members need not be there: whoever takes from them has the member's row.
    """
    found = await (await counters.hold(tx, sorted(wanted))).answer() if wanted else {}
    missing = [key for key in wanted if key.profile_id == 0 and key not in found]
    if missing:
        await counters.open_missing(tx, missing)
        found |= await (await counters.hold(tx, missing)).answer()
    return {key: used for key, (_, used) in found.items()}


async def _with_codes(
    gift: Gift, fired: Sequence[tuple[Wish, PromotionFired]], refuse: Callable[[Wish, Problem], None]
) -> list[tuple[Wish, PromotionFired]]:
    """Give codes to whom they were promised, as far as there are any: whoever comes after the last one gets none."""
    try:
        codes = await gift.codes([wish for wish, _ in fired])
    except Problem as problem:  # the pool is gone
        codes, gone = {}, problem
    else:
        gone = conflict("The pool has no code left")
    if codes is None:
        return list(fired)
    found = []
    for wish, done in fired:
        if wish in codes:
            found.append((wish, msgspec.structs.replace(done, code=codes[wish])))
        else:
            refuse(wish, gone)
    return found
