"""A program's promotions made ready for the calculator, once per version, kept by the process.

What is kept is checked against marks of the rows in the asking transaction, so a change is seen by the next
calculation, and one that was rolled back by none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
import structlog

from fidelia import profiles
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.kernel.money import exponent
from fidelia.platform.postgres import Tx

from .. import pricing, programs
from ..programs import Program
from . import rewards as r
from .checks import Scope, check_condition, named_segments, scope_of, understand
from .drafts import Supposed, supposed_row
from .model import PromotionDefinition, PromotionLimit
from .service.reading import read_definition
from .store import parts
from .store import promotions as store
from .store import scene as scenes
from .store.parts import RulesRow
from .store.promotions import PromotionRow, VersionRow
from .store.scene import Scene

log = structlog.get_logger(__name__)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
RATE = Decimal(pricing.RATE)


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A program ready to be asked, between two moments, and what facts its conditions ask for.

    ``fields`` are the buyer's own, ``loyalty`` those of their points and levels. ``limits`` and ``names`` are by
    promotion.
    """

    program: Program
    setting: programs.Setting
    database: profiles.Database
    rules: RulesRow
    zone: str
    compiled: pricing.Compiled
    types: Mapping[int, programs.PointType]
    limits: Mapping[int, tuple[PromotionLimit, ...]]
    names: Mapping[int, str]
    rewards: Mapping[int, r.Reward]
    kinds: Mapping[int, str]
    external_ids: Mapping[int, str | None]
    currencies: Mapping[int, str | None]
    fields: tuple[str, ...]
    loyalty: frozenset[str]
    numbered: bool
    segments: frozenset[int]
    lists: frozenset[int]
    since: datetime
    until: datetime
    scene: Scene
    #: What is told of promotions that did not fit, the same for every order: whoever tells it keeps it here.
    told: dict[tuple[int, str, bool], object] = msgspec.field(default_factory=dict)

    def type_of(self, key: str) -> programs.PointType | None:
        """Return a point type by its key."""
        return next((one for one in self.types.values() if one.key == key), None)


_kept: dict[tuple[str, int], Ready] = {}
#: What was in force for a database when it was asked for last.
_last: dict[tuple[str, int], Ready] = {}


def likely(tx: Tx, database_id: int) -> Ready | None:
    """Return what is probably in force for a database, so that it can be worked with while :func:`ready_in` makes sure.

    It is in force if, and only if, ``ready_in`` then returns this very object.
    """
    return _last.get((tx.engines.db.dsn, database_id))


async def ready(tx: Tx, program: Program, now: datetime | None = None) -> Ready:
    """Return a program's promotions as they are at a moment, the transaction's unless given."""
    found = await ready_in(tx, await scenes.of_program(tx, program.id), now)
    assert found is not None
    return found


async def ready_in(tx: Tx, scene: Scene, now: datetime | None = None) -> Ready | None:
    """Return the promotions of a scene's program at a moment, the transaction's unless given; ``None`` without one."""
    if scene.program_id is None:
        return None
    at = tx.now if now is None else now
    key = tx.engines.db.dsn, scene.program_id
    kept = _kept.get(key)
    if kept is not None and kept.scene == scene and kept.since <= at < kept.until:
        _last[tx.engines.db.dsn, kept.program.database_id] = kept
        return kept
    program = await programs.program(tx, scene.program_id)
    made = await _make(tx, program, await parts.rules(tx, program.id), scene, at)
    if now is None:
        _kept[key] = _last[tx.engines.db.dsn, program.database_id] = made
    return made


async def ready_as_if(
    tx: Tx, program: Program, now: datetime, versions: Mapping[int, int], supposed: Supposed | None = None
) -> Ready:
    """Return a program's promotions as if other versions (a number by promotion) were in force, drafts included.

    A promotion that is named so is taken as if it were active. ``supposed`` is a version that need not be stored: it
    takes the place of what ``versions`` says of its promotion, unless it is only published from a moment on. Nothing
    of it is kept. Raise 404 for its promotion, 422 at ``/versions`` and for what it says.
    """
    instead: list[tuple[PromotionRow, VersionRow]] = []
    coming: list[tuple[PromotionRow, VersionRow]] = []
    if supposed is not None:
        owner, row = await supposed_row(tx, program, supposed)
        if supposed.since is None:
            versions = {id_: number for id_, number in versions.items() if id_ != owner.id}
            instead.append((owner, row))
        else:
            coming.append((owner, row))
    found = {owner.id: (owner, row) for owner, row in await store.numbered(tx, program.id, versions)}
    for id_, number in versions.items():
        if id_ not in found:
            raise invalid_field(f"/versions/{id_}", f"This program has no promotion {id_} with a version {number}")
        if found[id_][0].kind == "trigger":
            raise invalid_field(f"/versions/{id_}", "A trigger promotion has no order to be tried on")
    scene = await scenes.of_program(tx, program.id)
    rules = await parts.rules(tx, program.id)
    instead += [(msgspec.structs.replace(owner, state="active"), row) for owner, row in found.values()]
    made = await _make(tx, program, rules, scene, now, instead, coming)
    for id_ in versions:
        if id_ not in made.compiled.places:
            name = made.names[id_]
            raise invalid_field(f"/versions/{id_}", f"This version of {name} names something that is gone: change it")
    return made


def in_force(
    found: Iterable[tuple[PromotionRow, VersionRow]], at: datetime
) -> tuple[list[tuple[PromotionRow, VersionRow]], datetime, datetime]:
    """Return the versions in force at a moment, and from when to when just these are."""
    latest: dict[int, tuple[PromotionRow, VersionRow]] = {}
    since, until = datetime.min.replace(tzinfo=UTC), FOREVER
    for owner, version in found:  # by their moments
        begins = version.effective_at
        if begins is None:
            continue
        if begins <= at:
            latest[owner.id] = owner, version
            since = max(since, begins)
        else:
            until = min(until, begins)
    return sorted(latest.values(), key=lambda one: (one[0].place, one[0].id)), since, until


async def _make(
    tx: Tx,
    program: Program,
    rules: RulesRow,
    scene: Scene,
    at: datetime,
    instead: Sequence[tuple[PromotionRow, VersionRow]] = (),
    coming: Sequence[tuple[PromotionRow, VersionRow]] = (),
) -> Ready:
    published = await store.published(tx, program.id)
    if coming:
        published = sorted([*published, *coming], key=lambda one: (one[1].effective_at or at, one[1].number))
    every, since, until = in_force(published, at)
    if instead:
        others = {owner.id for owner, _ in instead}
        every = [*(one for one in every if one[0].id not in others), *instead]
        every.sort(key=lambda one: (one[0].place, one[0].id))
    chosen = [(owner, read_definition(row)) for owner, row in every if owner.kind != "trigger"]
    scope = await scope_of(tx, program.id, [definition for _, definition in chosen])
    terms = [one for owner, definition in chosen if (one := _terms(scope, owner, definition)) is not None]
    partners = await _partners(tx, scope)
    found = [
        *(one.condition for one in terms),
        *(one.products for one in terms),
        *(one.products for one in partners),
    ]
    trees = [tree for tree in found if tree is not None]
    named = {name for tree in trees for name in tree.references.fields}
    limited = {definition.reward.points for _, definition in chosen if isinstance(definition.reward, r.AllowRedeem)}
    groups = await parts.groups(tx, program.id)
    return Ready(
        program=program,
        setting=await programs.setting(tx, program.id),
        database=await profiles.get_database(tx, program.database_id),
        rules=rules,
        zone=scope.timezone,
        compiled=pricing.compile_program(
            pricing.Program(
                promotions=tuple(terms),
                groups=tuple(pricing.Group(id=group.id, per=group.per) for group in groups),
                points=tuple(_point_type(one, one.key in limited) for one in scope.types.values()),
                partners=tuple(partners),
                mode=program.mode,
                percent_of=program.base,
            )
        ),
        types={one.id: one for one in scope.types.values()},
        limits={owner.id: definition.limits for owner, definition in chosen if definition.limits},
        names={owner.id: definition.name for owner, definition in chosen},
        rewards={owner.id: definition.reward for owner, definition in chosen},
        kinds={owner.id: str(definition.reward.__struct_config__.tag) for owner, definition in chosen},
        external_ids={owner.id: owner.external_id for owner, _ in chosen},
        currencies={owner.id: definition.currency for owner, definition in chosen},
        fields=tuple(sorted({_own(name) for name in named if name.startswith("profile.")})),
        loyalty=frozenset(name for name in named if name.startswith("loyalty.")),
        numbered="order.number" in named,
        segments=frozenset(id_ for tree in trees for id_ in tree.references.segments),
        lists=frozenset(id_ for tree in trees for id_ in tree.references.members),
        since=since,
        until=until,
        scene=scene,
    )


def _own(name: str) -> str:
    return name.removeprefix("profile.").split("[")[0].split(".")[0]


def _terms(scope: Scope, owner: PromotionRow, definition: PromotionDefinition) -> pricing.Terms | None:
    try:
        understood = understand(scope, owner.kind, definition)
    except Problem as problem:
        # What it names is gone (a field, a segment): it gives nothing until somebody changes it.
        log.warning("promotion_not_understood", promotion=owner.id, errors=[str(one) for one in problem.errors])
        return None
    return pricing.Terms(
        id=owner.id,
        reward=reward_of(scope, definition),
        name=definition.name,
        place=owner.place,
        active=owner.state == "active",
        starts_at=definition.starts_at,
        ends_at=definition.ends_at,
        group=definition.group_id,
        exclusive=definition.exclusive,
        condition=understood.whole,
        products=understood.products,
        pool=definition.code_pool_id,
        members_only=any(limit.per == "member" for limit in definition.limits),
    )


async def _partners(tx: Tx, scope: Scope) -> list[pricing.Partner]:
    found = []
    for one in await programs.partners(tx, scope.program.id):
        tree = one.products or {"kind": "always"}
        named = await named_segments(tx, scope.program.database_id, [tree])
        checked = check_condition(scope.vocabulary, tree, "line", "/products", named)
        found.append(
            pricing.Partner(
                id=one.id,
                products=checked,
                factor=_rate(str(one.multiplier), 1),
                starts_at=_midnight(one.starts_on, scope.timezone),
                ends_at=_midnight(None if one.ends_on is None else one.ends_on + timedelta(days=1), scope.timezone),
            )
        )
    return found


def _midnight(day: date | None, zone: str) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def _rate(text: str, whole: int = 100) -> int:
    """Return a percentage (or with ``whole`` 1 a factor) in millionths."""
    return int((Decimal(text) * RATE / whole).to_integral_value())


def _point_type(one: programs.PointType, limited: bool) -> pricing.PointType:
    worth: dict[str, tuple[int, int]] = {}
    if one.ratio is not None and one.ratio_currency:
        part = Fraction(one.ratio) * 10 ** exponent(one.ratio_currency) / 10**one.places
        worth[one.ratio_currency] = part.numerator, part.denominator
    return pricing.PointType(
        id=one.id,
        places=one.places,
        worth=worth,
        rounding=one.rounding,
        spendable=one.kind == "standard",
        redeem_rate=0 if limited else pricing.RATE,
    )


def reward_of(scope: Scope, definition: PromotionDefinition) -> pricing.Reward:  # noqa: PLR0911, PLR0912 one per kind
    """Return a reward in the calculator's whole numbers."""
    reward, currency = definition.reward, definition.currency or ""

    def money(text: str) -> dict[str, int]:
        return {currency: int(Decimal(text).scaleb(exponent(currency)))}

    def most(text: str | None) -> dict[str, int] | None:
        return None if text is None else money(text)

    def parts_of(text: str | None) -> int:
        return int(Decimal(text or 0).scaleb(scope.types[reward.points].places))  # type: ignore[union-attr]

    def cap(text: str | None) -> int | None:
        return None if text is None else parts_of(text)

    match reward:
        case r.PercentOff():
            return pricing.PercentOff(
                rate=_rate(reward.percent), scope=reward.scope, of=reward.of, cap=most(reward.cap)
            )
        case r.AmountOff():
            return pricing.AmountOff(amount=money(reward.amount), scope=reward.scope, cap=most(reward.cap))
        case r.SetPrice():
            return pricing.SetPrice(price=money(reward.price), cap=most(reward.cap))
        case r.NthFree():
            return pricing.NthFree(
                every=reward.every,
                free=reward.free,
                rate=_rate(reward.percent),
                each_line=reward.each_line,
                cap=most(reward.cap),
            )
        case r.Gift():
            return pricing.Gift(key=reward.sku, quantity=reward.quantity, worth=most(reward.worth) or {})
        case r.FreeDelivery():
            return pricing.FreeDelivery(cap=most(reward.cap))
        case r.IssueCode():
            return pricing.IssueCode(pool=reward.pool_id)
        case r.GrantLevel():
            group = next(one for one in scope.levels if one.key == reward.group)
            level = next(one for one in group.levels if one.key == reward.level)
            return pricing.GrantLevel(group=group.id, level=level.id)
    type_id = scope.types[reward.points].id
    match reward:
        case r.PointsFixed() | r.PointsSpent():
            return pricing.PointsFixed(point_type=type_id, points=parts_of(reward.amount))
        case r.PointsPercent():
            return pricing.PointsPercent(
                point_type=type_id, rate=_rate(reward.percent), delivery=reward.delivery, cap=cap(reward.cap)
            )
        case r.PointsPerMoney():
            return pricing.PointsPerMoney(
                point_type=type_id,
                points=parts_of(reward.amount),
                per=money(reward.per),
                delivery=reward.delivery,
                cap=cap(reward.cap),
            )
        case r.PointsPerItem():
            return pricing.PointsPerItem(point_type=type_id, points=parts_of(reward.amount), cap=cap(reward.cap))
        case r.PointsMultiplier():
            return pricing.PointsMultiplier(point_type=type_id, factor=_rate(reward.factor, 1), cap=cap(reward.cap))
        case r.AllowRedeem():
            return pricing.AllowRedeem(point_type=type_id, rate=_rate(reward.percent), cap=most(reward.cap))
