"""What a page gets for its slots: the one placement that a known visitor may see, or the slot's fallback."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
from psycopg.errors import UndefinedColumn
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
from ...ports import gates, root_loaders
from ...sending.composing import Context
from ...sending.values import plain_values
from ...service.outlet import signer
from ...store import runs as runs_store
from ...store.tracking import tell
from . import rules, service
from .model import Live, Placement, Seen, Visitor
from .reaching import chunk_of
from .store import runs, shows

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
    except UndefinedColumn:  # a field was deleted in these seconds
        _kept(engines).databases.clear()
        return await _serve(engines, key_id, database_id, host, asked)


async def _serve(engines: Engines, key_id: int, database_id: int, host: str, asked: Asked) -> dict[str, Content]:
    async with engines.tx() as tx:
        slots = await runs.in_slots(await tx.raw(), database_id, asked.slots, tx.now)
        slots = [slot for slot in slots if not slot.domains or events.is_own(host, slot.domains)]
        prepared = [p for slot in slots for live in slot.live if (p := await _prepared(tx, live)) is not None]
        by_run = {p.run.id: p for p in prepared}
        who = None
        if by_run:
            visitor = await _signed(tx, key_id, asked.signed) if asked.signed else None
            if not asked.signed and asked.message and any(slot.by_link and slot.live for slot in slots):
                visitor = await _come_by(tx, database_id, asked.message)
                slots = [slot if slot.by_link else slot._replace(live=[]) for slot in slots]
            who = await _person(tx, database_id, visitor, prepared) if visitor is not None else None
        seen: Mapping[int, Seen] = {}
        if who is not None:
            by_run = await _who_may(tx, database_id, who["id"], by_run)
            if by_run:
                seen = await shows.seen(await tx.raw(), who["id"], list(by_run), tx.now - rules.HOLD)
        at = tx.now
    found: dict[str, Content] = {}
    for slot in slots:
        content = None
        if who is not None:
            here = [live for live in slot.live if live.run_id in by_run]
            settings = {run: p.settings for run, p in by_run.items()}
            for live in rules.order(here, settings, seen):
                content = await _content(engines, by_run[live.run_id], who, seen.get(live.run_id, Seen()), at)
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


async def _signed(tx: Tx, key_id: int, signed: str) -> Visitor | None:
    try:
        secrets_ = await service.secrets_of(tx, key_id)
    except SecretError as exc:
        log.error("visitors of a site cannot be known", key=key_id, reason=str(exc))
        return None
    return rules.read_visitor(signed, secrets_, tx.now)


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


async def _who_may(tx: Tx, database_id: int, who: int, by_run: Mapping[int, _Prepared]) -> dict[int, _Prepared]:
    """Return the runs that somebody is in the audience of and that no gate (a control group) keeps from them."""
    may = {}
    for run_id, prepared in by_run.items():
        if who not in prepared.audience:
            continue
        people = BitMap([who])
        for gate in gates(tx.engines):
            for kept_out in (await gate(tx, database_id, prepared.run.plan, people)).values():
                people = people - kept_out
        if people:
            may[run_id] = prepared
    return may


async def _content(
    engines: Engines, prepared: _Prepared, who: Mapping[str, Any], seen: Seen, at: datetime
) -> Content | None:
    """Return a placement as somebody sees it now, with the right to it; ``None`` when they do not see it now."""
    run, person = prepared.run, int(who["id"])
    try:
        html = await _html(engines, prepared, who)
    except CannotRender as exc:
        await _block(engines, prepared, person, str(exc))
        return None
    nonce = rules.new_nonce(at, secrets.randbits(20))
    if not await _right(engines, prepared, person, seen, nonce, at):
        return None
    token = (await signer(engines)).token("v", run.id, person, nonce)
    return Content(FRAME + html, token, prepared.settings.closable)


async def _html(engines: Engines, prepared: _Prepared, who: Mapping[str, Any]) -> str:
    person, plan = int(who["id"]), prepared.run.plan
    values = plain_values(who if prepared.whole else {name: who.get(name) for name in ("id", *prepared.columns)})
    roots: dict[str, Mapping[str, Any]] = {"profile": values, "subscription": {"channel": plan.channel}}
    wanted = {root: load for root, load in root_loaders(engines).items() if root in prepared.roots}
    if wanted:
        async with engines.tx() as tx:
            for root, load in wanted.items():
                roots[root] = (await load(tx, prepared.run.database_id, [person])).get(person, {})
    return prepared.renderer.html(prepared.context.of(Recipient(person, "", roots)))


async def _right(engines: Engines, prepared: _Prepared, person: int, seen: Seen, nonce: int, at: datetime) -> bool:
    """Give somebody the right to see it: frequency policies count the first time, and some are seen so often only."""
    run, most = prepared.run, prepared.settings.max_shows
    if seen.reserved and seen.shows and most is None:
        return True
    refused, policy = None, None
    async with engines.db.hot() as raw:
        if not seen.reserved:
            policy = await marks.effective(raw, run.plan.policy_id, run.plan.resource_id)
            if policy.limits:  # without any it is counted once it is seen
                chunk = chunk_of(run.id, run.database_id, run.plan, person)
                refused = (await marks.reserve(raw, policy, chunk, at)).get(MessageKey(person))
        if refused is None and (most is not None or not seen.shows):
            return await shows.hold(raw, run.id, person, nonce, most, at, rules.HOLD)
    if refused is not None and policy is not None:
        await _block(engines, prepared, person, f"{policy.name}: {limit_text(refused)}")
    return refused is None


async def _block(engines: Engines, prepared: _Prepared, person: int, reason: str) -> None:
    run, now = prepared.run, engines.clock.now()
    async with engines.db.hot() as raw:
        if await shows.blocked(raw, run.id, run.database_id, person, reason, now):
            line = prepared.context.event("blocked", MessageKey(person), now, reason=reason)
            await tell(raw, {run.database_id: [line]})
