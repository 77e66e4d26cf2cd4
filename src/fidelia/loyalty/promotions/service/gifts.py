"""What trigger promotions give or take: to one member after another in memory, then written together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.kernel.money import amount_text, parse_amount
from fidelia.platform.postgres import Tx

from ... import codes, ledger, members
from ...programs import Level, PointType
from .. import rewards as r
from ..checks import Scope
from ..model import PromotionDefinition, PromotionFired


class Wish(NamedTuple):
    """A member for whom a promotion shall work, and the reference under which it does so once."""

    profile_id: int
    reference: str | None


class Gift(Protocol):
    """What a reward does. ``points`` is how many each time."""

    points: Decimal
    #: Whether everybody gets it who is asked for; otherwise that is only known when it is tried.
    certain: bool

    async def begin(self, people: Collection[int], times: int) -> None:
        """Lock and read what is needed to give it to these people, so many times at most."""
        ...

    def give(self, wish: Wish) -> PromotionFired:
        """Give it to somebody for whom it was begun; raise 409, 422, having done nothing."""
        ...

    def changed(self, profile_id: int, asked: Collection[str]) -> Mapping[str, Any]:
        """Return of these fields those that a gift may have changed, as they are now."""
        ...

    async def write(self) -> None:
        """Store what was given, but for codes."""
        ...

    async def codes(self, wishes: Sequence[Wish]) -> dict[Wish, str] | None:
        """Give codes to the first of these for whom there are any; ``None``: it gives no codes."""
        ...


class _Plain:
    """What most gifts do not need."""

    points = Decimal(0)
    certain = True

    async def begin(self, people: Collection[int], times: int) -> None:
        pass

    def changed(self, profile_id: int, asked: Collection[str]) -> Mapping[str, Any]:
        return {}

    async def write(self) -> None:
        pass

    async def codes(self, wishes: Sequence[Wish]) -> dict[Wish, str] | None:
        return None


class _Work(NamedTuple):
    """For which promotion of which program something is given, and by whom."""

    tx: Tx
    actor: Actor
    scope: Scope
    promotion_id: int
    name: str

    def fired(self, wish: Wish, **told: Any) -> PromotionFired:
        plain = PromotionFired(self.promotion_id, wish.profile_id, None, None, None, None, None, False)
        return msgspec.structs.replace(plain, **told)

    def level_fields(self, known: members.Ladder, profile_id: int, asked: Collection[str]) -> dict[str, Any]:
        """Return the fields of a member's levels as they are now; none is on no level."""
        root, levels = f"loyalty.{self.scope.program.external_id}.levels", known.levels(profile_id)
        found = {f"{root}.{one.key}": levels[one.id].key if one.id in levels else None for one in self.scope.levels}
        return {name: value for name, value in found.items() if name in asked}


class _Points(_Plain):
    """Points that are given, or taken."""

    def __init__(self, work: _Work, kind: PointType, points: Decimal, *, taken: bool) -> None:
        self.points = points
        self.certain = not taken
        self._work = work
        self._kind = kind
        self._taken = taken

    async def begin(self, people: Collection[int], times: int) -> None:
        tx, program_id = self._work.tx, self._work.scope.program.id
        if not self._taken:  # what was earned is read before anything is
            self._ladder = await members.ladder(tx, program_id, people)
        accruals = 0 if self._taken else times
        self._purses = await ledger.purses(tx, program_id, self._kind.id, people, accruals=accruals)

    def give(self, wish: Wish) -> PromotionFired:
        because = ledger.Because(
            source_type="promotion", source_id=wish.reference or "", promotion_id=self._work.promotion_id
        )
        what: dict[str, Any] = {
            "profile_id": wish.profile_id,
            "point_type_id": self._kind.id,
            "amount": self.points,
            "because": because,
        }
        if self._taken:
            moved = self._purses.redeem(ledger.Redemption(**what), self._work.actor)
        else:
            moved = self._purses.accrue(ledger.Accrual(**what), self._work.actor)
            waits = moved.active_from is not None and moved.active_from > self._work.tx.now
            self._ladder.earn(wish.profile_id, self._kind.id, Decimal(0) if waits else moved.change)
        change = amount_text(moved.change)
        return self._work.fired(wish, transaction=str(moved.id), points=self._kind.key, amount=change)

    def changed(self, profile_id: int, asked: Collection[str]) -> Mapping[str, Any]:
        root = f"loyalty.{self._work.scope.program.external_id}.points.{self._kind.key}"
        balance = self._purses.balance(self._kind.id, profile_id)
        found: dict[str, Any] = {f"{root}.active": balance.active, f"{root}.pending": balance.pending}
        found = {name: value for name, value in found.items() if name in asked}
        return found if self._taken else found | self._work.level_fields(self._ladder, profile_id, asked)

    async def write(self) -> None:
        await self._purses.save(self._work.actor)
        if not self._taken:
            await self._ladder.write("points")


class _Levels(_Plain):
    """A level until the next review."""

    def __init__(self, work: _Work, level: Level) -> None:
        self._work = work
        self._level = level

    async def begin(self, people: Collection[int], times: int) -> None:
        self._ladder = await members.ladder(self._work.tx, self._work.scope.program.id, people)

    def give(self, wish: Wish) -> PromotionFired:
        self._ladder.grant(wish.profile_id, self._level)
        return self._work.fired(wish, level=self._level.key)

    def changed(self, profile_id: int, asked: Collection[str]) -> Mapping[str, Any]:
        return self._work.level_fields(self._ladder, profile_id, asked)

    async def write(self) -> None:
        await self._ladder.write("grant", self._work.name)


class _Codes(_Plain):
    """A promo code each time."""

    def __init__(self, work: _Work, pool_id: int) -> None:
        self._work = work
        self._pool_id = pool_id

    def give(self, wish: Wish) -> PromotionFired:
        return self._work.fired(wish)

    async def codes(self, wishes: Sequence[Wish]) -> dict[Wish, str] | None:
        now, id_ = self._work.tx.now.timestamp(), self._work.promotion_id
        runs = {wish: f"promotion:{id_}:{wish.reference or f'{now}'}" for wish in wishes}
        found = await codes.give_in_turn(
            self._work.tx, self._pool_id, [(wish.profile_id, run) for wish, run in runs.items()]
        )
        return {wish: found[wish.profile_id, run] for wish, run in runs.items() if (wish.profile_id, run) in found}


def gift_of(
    tx: Tx, actor: Actor, scope: Scope, promotion_id: int, definition: PromotionDefinition, amount: str | None
) -> Gift:
    """Return what a definition that was checked gives; raise 422 for the caller's amount."""
    reward, work = definition.reward, _Work(tx, actor, scope, promotion_id, definition.name)
    if isinstance(reward, r.PointsFixed | r.PointsSpent):
        kind = scope.types[reward.points]
        return _Points(work, kind, _amount(reward, kind, amount), taken=isinstance(reward, r.PointsSpent))
    if amount is not None:
        raise invalid_field("/amount", "This promotion gives no points")
    if isinstance(reward, r.GrantLevel):
        group = next(one for one in scope.levels if one.key == reward.group)
        return _Levels(work, next(level for level in group.levels if level.key == reward.level))
    if isinstance(reward, r.IssueCode):
        return _Codes(work, reward.pool_id)
    raise conflict("This promotion gives nothing that can be given without an order")


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
