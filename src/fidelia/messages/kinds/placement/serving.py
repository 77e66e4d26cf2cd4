"""What a page gets for its slots: the one placement that a known visitor may see, or the slot's fallback."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from psycopg.errors import DeadlockDetected, UndefinedColumn
from pyroaring import BitMap

from fidelia import events, profiles
from fidelia.access import SecretError
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...conversions import tokens
from ...markup.render import CannotRender, Renderer
from ...model import MessageKey, Recipient, Run
from ...policies import marks
from ...policies.rules import text as limit_text
from ...ports import admit, further_roots, gates, hand_out, laid_over
from ...sending.composing import Context
from ...sending.values import plain_values
from ...service.outlet import signer
from ...store import runs as runs_store
from ...store.tracking import tell
from . import rules, service
from .model import Live, Placement, Seen, Visitor
from .reaching import chunk_of
from .store import runs, shows
from .store.slots import Secret

log = structlog.get_logger(__name__)
_PORT = "messages.placements"
_KEPT_RUNS = 200
_KEEP_SECONDS = 3.0
#: What stands before content in its frame: nothing of it runs, nothing but pictures, fonts and styles is loaded, and
#: links lead the whole page on.
FRAME = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " img-src https: http: data:; media-src https: http: data:; font-src https: http: data:;"
    " style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\"><base target=\"_top\">"
    "<style>html,body{margin:0}</style>"
)


class Content(msgspec.Struct, frozen=True):
    """What a slot is filled with: HTML for its frame. ``token`` names the serving, empty for a fallback."""

    html: str
    token: str = ""
    closable: bool = False


class _Prepared:
    """What is the same for everybody who sees a run."""

    def __init__(self, run: Run, context: Context, renderer: Renderer) -> None:
        assert run.plan.placement is not None
        self.run = run
        self.settings: Placement = run.plan.placement
        self.context = context
        self.renderer = renderer
        self.version = 0
        self.audience = BitMap()
        uses = renderer.compiled.uses
        self.whole = "profile" in uses
        self.columns = sorted({use.split(".")[1] for use in uses if use.startswith("profile.")} - {"id"})
        self.roots = {use.split(".")[0] for use in uses}
        self.uses = uses


class _Kept:
    """What a process keeps: runs, of which the audience is replaced when its version is another, and databases."""

    def __init__(self) -> None:
        self.runs: OrderedDict[int, _Prepared] = OrderedDict()
        self.databases: dict[int, tuple[float, profiles.Database]] = {}


def _kept(engines: Engines) -> _Kept:
    found: _Kept = engines.ports.setdefault(_PORT, _Kept())
    return found


async def _database(tx: Tx, database_id: int) -> profiles.Database:
    """Return a database with its fields, as they were some seconds ago at most."""
    kept = _kept(tx.engines).databases
    found = kept.get(database_id)
    if found is None or found[0] < time.monotonic():
        found = kept[database_id] = time.monotonic() + _KEEP_SECONDS, await profiles.get_database(tx, database_id)
    return found[1]


class Asked(msgspec.Struct, frozen=True):
    """What a page asks: for which slots, for whom its site has signed, or whom the token of a mail brought there."""

    slots: list[str]
    signed: str = ""
    message: str = ""


async def serve(engines: Engines, key_id: int, database_id: int, host: str, asked: Asked) -> dict[str, Content]:
    """Return what each slot is filled with for a visitor; slots that stay as the page made them are left out.

    ``key_id`` is of the site's key, ``host`` the page's.
    """
    try:
        return await _serve(engines, key_id, database_id, host, asked)
    except (UndefinedColumn, DeadlockDetected):  # a field was deleted in these seconds; two pages of one person
        _kept(engines).databases.clear()
        return await _serve(engines, key_id, database_id, host, asked)


async def _serve(engines: Engines, key_id: int, database_id: int, host: str, asked: Asked) -> dict[str, Content]:
    found: dict[str, Content] = {}
    async with engines.tx() as tx:
        raw = await tx.raw()
        slots, secret = await runs.in_slots(raw, database_id, asked.slots, key_id, tx.now)
        slots = [slot for slot in slots if not slot.domains or events.is_own(host, slot.domains)]
        prepared = [p for slot in slots for live in slot.live if (p := await _prepared(tx, live)) is not None]
        who = None
        if prepared:
            visitor = _signed(tx, secret, asked.signed) if asked.signed else None
            if not asked.signed and asked.message and any(slot.by_link and slot.live for slot in slots):
                visitor = await _come_by(tx, database_id, asked.message)
                slots = [slot if slot.by_link else slot._replace(live=[]) for slot in slots]
            who = await _person(tx, database_id, visitor, prepared) if visitor is not None else None
        theirs = {p.run.id: p for p in prepared if who is not None and who["id"] in p.audience}
        seen: Mapping[int, Seen] = {}
        if who is not None and theirs:
            seen = await shows.seen(raw, who["id"], list(theirs), tx.now - rules.HOLD)
        settings = {run: p.settings for run, p in theirs.items()}
        for slot in slots:
            content = None
            for live in rules.order([live for live in slot.live if live.run_id in theirs], settings, seen):
                assert who is not None
                content = await _content(tx, theirs[live.run_id], who, seen.get(live.run_id, Seen()))
                if content is not None:
                    break
            if content is None and slot.fallback:
                content = Content(FRAME + slot.fallback)
            if content is not None:
                found[slot.key] = content
    return found


async def _prepared(tx: Tx, live: Live) -> _Prepared | None:
    kept = _kept(tx.engines)
    found = kept.runs.get(live.run_id)
    if found is None:
        run = await runs_store.get(tx, live.run_id)
        if run.plan.placement is None:
            return None
        compiled = await runs_store.compiled(tx, run.version_id)
        context = Context(run.plan, compiled, await signer(tx.engines), run.id)
        found = kept.runs[live.run_id] = _Prepared(run, context, Renderer(compiled))
        if len(kept.runs) > _KEPT_RUNS:
            kept.runs.popitem(last=False)
    if found.version != live.version:
        found.audience = await runs.audience(await tx.raw(), live.run_id)
        found.version = live.version
    return found


def _signed(tx: Tx, secret: Secret | None, signed: str) -> Visitor | None:
    try:
        return rules.read_visitor(signed, service.secrets_of(tx.engines, secret, tx.now), tx.now)
    except SecretError as exc:
        log.error("visitors of a site cannot be known", reason=str(exc))
        return None


async def _come_by(tx: Tx, database_id: int, message: str) -> Visitor | None:
    known = (await tokens.read(tx, database_id, {message})).get(message)
    if known is None or known.sent_at < tx.now - rules.LINK_HOLDS:
        return None
    return Visitor(profile_id=known.message.profile)


async def _person(tx: Tx, database_id: int, visitor: Visitor, prepared: Sequence[_Prepared]) -> dict[str, Any] | None:
    """Return the visitor with what the templates use, if they exist and have not left."""
    database = await _database(tx, database_id)
    names = {name for p in prepared for name in p.columns}
    if any(p.whole for p in prepared):
        names |= {field.name for field in database.fields}
    row = await profiles.visitor(
        tx, database, sorted(names | {"status"}), profile_id=visitor.profile_id, external_id=visitor.external_id
    )
    return row if row is not None and row["status"] == "subscribed" else None


async def _kept_out(tx: Tx, prepared: _Prepared, person: int) -> bool:
    """Tell whether a gate (a control group) keeps a run from somebody, at this moment."""
    people = BitMap([person])
    for gate in gates(tx.engines):
        for some in (await gate(tx, prepared.run.database_id, prepared.run.plan, people)).values():
            if person in some:
                return True
    return False


async def _content(tx: Tx, prepared: _Prepared, who: Mapping[str, Any], seen: Seen) -> Content | None:
    """Return a placement as somebody sees it now, with the right to it; ``None`` when they do not see it now."""
    person = int(who["id"])
    if not seen.shows and not seen.reserved:  # nobody has looked at whether a campaign takes them in
        await admit(tx, prepared.run.database_id, prepared.run.plan, BitMap([person]))
    if await _kept_out(tx, prepared, person):
        return None
    try:
        html = await _html(tx, prepared, who)
    except CannotRender as exc:
        await _block(tx, prepared, person, str(exc))
        return None
    nonce = rules.new_nonce(tx.now, secrets.randbits(20))
    if not await _right(tx, prepared, person, seen, nonce):
        return None
    token = (await signer(tx.engines)).token("v", prepared.run.id, person, nonce)
    return Content(FRAME + html, token, prepared.settings.closable)


async def _html(tx: Tx, prepared: _Prepared, who: Mapping[str, Any]) -> str:
    person, plan = int(who["id"]), prepared.run.plan
    values = plain_values(who if prepared.whole else {name: who.get(name) for name in ("id", *prepared.columns)})
    roots: dict[str, Mapping[str, Any]] = {"profile": values, "subscription": {"channel": plan.channel}}
    for root, found in (await further_roots(tx, prepared.run.database_id, plan, [person], prepared.roots)).items():
        roots[root] = found.get(person, {})
    key = MessageKey(person)
    handed = await hand_out(tx, prepared.run.database_id, prepared.run.id, [key], prepared.uses)
    if key in handed.refused:
        raise CannotRender(handed.refused[key])
    roots = dict(laid_over(roots, handed.values[key]))
    return prepared.renderer.html(prepared.context.of(Recipient(person, "", roots)))


async def _right(tx: Tx, prepared: _Prepared, person: int, seen: Seen, nonce: int) -> bool:
    """Give somebody the right to see it: frequency policies count the first time, and some are seen so often only."""
    run, most = prepared.run, prepared.settings.max_shows
    raw = await tx.raw()
    if not seen.reserved:
        policy = await marks.effective(raw, run.plan.policy_id, run.plan.resource_id)
        if policy.limits:  # without any it is counted once it is seen
            chunk = chunk_of(run.id, run.database_id, run.plan, person)
            refused = (await marks.reserve(raw, policy, chunk, tx.now)).get(MessageKey(person))
            if refused is not None:
                await _block(tx, prepared, person, f"{policy.name}: {limit_text(refused)}")
                return False
    if most is None and seen.shows:
        return True
    return await shows.hold(raw, run.id, person, nonce, most, tx.now, rules.HOLD)


async def _block(tx: Tx, prepared: _Prepared, person: int, reason: str) -> None:
    run, raw = prepared.run, await tx.raw()
    if await shows.blocked(raw, run.id, run.database_id, person, reason, tx.now):
        line = prepared.context.event("blocked", MessageKey(person), tx.now, reason=reason)
        await tell(raw, {run.database_id: [line]})
