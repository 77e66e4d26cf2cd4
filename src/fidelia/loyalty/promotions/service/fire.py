"""Trigger promotions at work: points, a code or a level for somebody, because a call says so."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import msgspec

from fidelia import conditions, profiles, segments
from fidelia.access import Actor
from fidelia.conditions import Facts
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.kernel.money import amount_text, parse_amount
from fidelia.platform.postgres import Tx

from ... import codes, ledger, members
from ...programs import PointType
from .. import rewards as r
from ..checks import Scope, Understood, scope_of, understand
from ..facts import loyalty_facts
from ..limits import keys, takings
from ..model import PromotionDefinition, PromotionFired
from ..store import counters
from ..store import firings as store
from ..store import promotions as promotions_store
from ..store.promotions import PromotionRow
from .reading import read_definition

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
    await _fits(tx, scope, understand(scope, "trigger", definition), profile_id)
    done = await _do(tx, actor, scope, row, definition, profile_id, reference, amount)
    if reference is not None:
        await store.finish(tx, row.id, reference, done)
    return done


async def fire_once(
    tx: Tx, scope: Scope, row: PromotionRow, definition: PromotionDefinition, profile_id: int, reference: str
) -> bool:
    """Let a promotion that runs do its work for a member whose row is locked, unless it did for this reference.

    Tells whether it did. Raises what :func:`fire` raises.
    """
    if not await store.begin(tx, row.id, reference, profile_id, ""):
        return False
    await _fits(tx, scope, understand(scope, "trigger", definition), profile_id)
    done = await _do(tx, Actor.system(), scope, row, definition, profile_id, reference, None)
    await store.finish(tx, row.id, reference, done)
    return True


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


async def _fits(tx: Tx, scope: Scope, understood: Understood, profile_id: int) -> None:
    checked = understood.whole
    if checked is None:
        return
    names = {
        name.removeprefix("profile.").split("[")[0].split(".")[0]
        for name in checked.references.fields
        if name.startswith("profile.")
    }
    fields: dict[str, object] = {}
    if names:
        found = await profiles.read_many(tx, scope.program.database_id, [profile_id], sorted(names))
        fields.update(found[0] if found else {})
    loyal = [name for name in checked.references.fields if name.startswith("loyalty.")]
    if loyal:
        known = await loyalty_facts(tx, scope.program, scope.types.values(), [profile_id], loyal)
        fields.update(known[profile_id])
    inside = {id_: profile_id in await segments.members(tx, id_) for id_ in checked.references.segments}
    if not conditions.evaluate(checked, Facts(fields=fields, segments=inside), tx.now, scope.timezone):
        raise conflict("This person does not fit the conditions of the promotion")


async def _do(
    tx: Tx,
    actor: Actor,
    scope: Scope,
    row: PromotionRow,
    definition: PromotionDefinition,
    profile_id: int,
    reference: str | None,
    amount: str | None,
) -> PromotionFired:
    reward, program_id = definition.reward, scope.program.id
    done = PromotionFired(row.id, profile_id, None, None, None, None, None, False)
    points = Decimal(0)
    if isinstance(reward, r.PointsFixed | r.PointsSpent):
        point_type = scope.types[reward.points]
        points = _amount(reward, point_type, amount)
        because = ledger.Because(source_type="promotion", source_id=reference or "", promotion_id=row.id)
        if isinstance(reward, r.PointsFixed):
            given = ledger.Accrual(profile_id=profile_id, point_type_id=point_type.id, amount=points, because=because)
            (moved,) = await ledger.accrue(tx, program_id, [given], by=actor)
            await members.settle_levels(tx, program_id, [profile_id])
        else:
            spent = ledger.Redemption(
                profile_id=profile_id, point_type_id=point_type.id, amount=points, because=because
            )
            (moved,) = await ledger.redeem(tx, program_id, [spent], by=actor)
        done = msgspec.structs.replace(
            done, transaction=str(moved.id), points=reward.points, amount=amount_text(moved.change)
        )
    elif amount is not None:
        raise invalid_field("/amount", "This promotion gives no points")
    if isinstance(reward, r.GrantLevel):
        level = next(
            one
            for group in scope.levels
            if group.key == reward.group
            for one in group.levels
            if one.key == reward.level
        )
        await members.grant_level(tx, program_id, [profile_id], level.id, reason=definition.name)
        done = msgspec.structs.replace(done, level=level.key)
    asked = keys({row.id: definition.limits}, profile_id, tx.now, scope.timezone)
    amounts = {row.id: {"uses": Decimal(1), "points": points}}
    if await counters.take(tx, takings(asked, amounts)) is None:
        raise conflict("The promotion was used as often as it may be")
    if isinstance(reward, r.IssueCode):
        run = f"promotion:{row.id}:{reference or f'{tx.now.timestamp()}'}"
        code = (await codes.give(tx, reward.pool_id, run, [profile_id])).get(profile_id)
        if code is None:
            raise conflict("The pool has no code left")
        done = msgspec.structs.replace(done, code=code)
    await counters.count_use(tx, profile_id, {row.id: (1, Decimal(0), points)})
    return done


def _amount(reward: r.PointsFixed | r.PointsSpent, point_type: PointType, asked: str | None) -> Decimal:
    if reward.amount is not None:
        return Decimal(reward.amount)
    if asked is None:
        raise invalid_field("/amount", "Say how many points")
    points = parse_amount(asked, "/amount", places=point_type.places)
    if points <= 0:
        raise invalid_field("/amount", "This must be above nought")
    if reward.least is not None:
        points = max(points, Decimal(reward.least))
    return points if reward.most is None else min(points, Decimal(reward.most))
