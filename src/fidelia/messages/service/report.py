"""Reports of mailings: every figure, what it is made of, and the people behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Mailing, Run
from ..store import ledger, runs
from ..store import mailings as mailings_store
from ..store import report as store
from .audience import REASONS

FIGURES = (*store.LEDGER, "delivered", "not_opened", *store.REACTED, "left_out")


class Reacted(msgspec.Struct, frozen=True):
    """A reaction: ``people`` and how often (``total``), those of machines apart; ``rate`` is people of delivered."""

    people: int
    total: int
    machines: int
    machine_total: int
    rate: float | None


class ReasonCount(msgspec.Struct, frozen=True):
    """So many people for a reason."""

    reason: str
    count: int
    code: int | None = None
    text: str = ""


class LinkReport(msgspec.Struct, frozen=True):
    """Clicks on one link."""

    no: int
    url: str
    dynamic: bool
    people: int
    total: int
    machines: int
    machine_total: int


class SeriesPoint(msgspec.Struct, frozen=True):
    """A moment in the database's time zone and how many people did what in the hour or day that begins there."""

    at: datetime
    sent: int
    opened: int
    clicked: int
    unsubscribed: int


class Series(msgspec.Struct, frozen=True):
    """Figures over time. Empty hours and days are left out."""

    unit: Literal["hour", "day"]
    timezone: str
    points: list[SeriesPoint]


class MailingReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went. Always: selected = audience + left_out, and
    audience = waiting + in_flight + sent + failed + blocked + unknown."""

    mailing: Mailing
    run_id: int | None
    as_of: datetime
    selected: int | None
    audience: int
    left_out: int
    waiting: int
    in_flight: int
    sent: int
    failed: int
    blocked: int
    unknown: int
    delivered: int
    bounced: int
    opened: Reacted
    clicked: Reacted
    unsubscribed: int
    complained: int
    left_out_reasons: list[ReasonCount]
    failures: list[ReasonCount]
    blocks: list[ReasonCount]
    links: list[LinkReport]
    series: Series | None


class MailingPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a mailing, and why they got it or not."""

    profile_id: int
    email: str | None
    name: str
    state: str
    reason: str | None
    code: int | None
    attempts: int
    at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    unsubscribed_at: datetime | None


async def report(tx: Tx, mailing_id: int, unit: str | None = None) -> MailingReport:
    """Return the figures of a mailing's newest run; all are nought before the first. Raise 404."""
    mailing = await mailings_store.get(tx, mailing_id)
    run = await runs.newest(tx, mailing_id)
    if run is None:
        return _empty(tx, mailing)
    raw = await tx.raw()
    states = await ledger.states(raw, run.id)
    audience = sum(states.values())
    if run.phase == "audience":  # rows are still being made: nobody is missing, they wait
        audience = max(audience, run.audience or 0)
    reactions = await store.reactions(raw, run.id)
    excluded = await runs.exclusions(tx, run.id)
    sent = states.get("sent", 0)
    bounced = reactions.get(("bounced", False), (0, 0))[0]
    delivered = sent - bounced
    unopened = audience - sum(states.values())
    return MailingReport(
        mailing=mailing,
        run_id=run.id,
        as_of=tx.now,
        selected=run.selected,
        audience=audience,
        left_out=sum(excluded.values()),
        waiting=states.get("queued", 0) + states.get("leased", 0) + unopened,
        in_flight=states.get("handed", 0),
        sent=sent,
        failed=states.get("failed", 0),
        blocked=states.get("blocked", 0),
        unknown=states.get("unknown", 0),
        delivered=delivered,
        bounced=bounced,
        opened=_reacted(reactions, "opened", delivered),
        clicked=_reacted(reactions, "clicked", delivered),
        unsubscribed=reactions.get(("unsubscribed", False), (0, 0))[0],
        complained=reactions.get(("complained", False), (0, 0))[0],
        left_out_reasons=[
            ReasonCount(reason, count, None, REASONS.get(reason, reason))
            for reason, count in sorted(excluded.items(), key=lambda item: _order(item[0]))
        ],
        failures=[
            ReasonCount(why, count, code, why) for why, code, count in await store.reasons(raw, run.id, "failed")
        ],
        blocks=[ReasonCount(why, count, code, why) for why, code, count in await store.reasons(raw, run.id, "blocked")],
        links=[LinkReport(*row) for row in await store.links(raw, run.id, run.version_id)],
        series=await _series(tx, run, unit),
    )


def _order(reason: str) -> int:
    names = list(REASONS)
    return names.index(reason) if reason in names else -1


def _reacted(found: dict[tuple[str, bool], tuple[int, int]], kind: str, delivered: int) -> Reacted:
    people, total = found.get((kind, False), (0, 0))
    machines, machine_total = found.get((kind, True), (0, 0))
    return Reacted(people, total, machines, machine_total, people / delivered if delivered else None)


async def _series(tx: Tx, run: Run, unit: str | None) -> Series | None:
    if unit is not None and unit not in ("hour", "day"):
        raise invalid_field("/unit", "unit must be hour or day")
    started = run.started_at or tx.now
    chosen: Literal["hour", "day"] = (
        "day" if unit == "day" or (unit is None and (tx.now - started).days >= 4) else "hour"
    )
    database = await profiles.get_database(tx, run.database_id)
    points: dict[datetime, dict[str, int]] = {}
    for at, what, people in await store.series(await tx.raw(), run.id, chosen, database.timezone):
        points.setdefault(at, {})[what] = people
    return Series(
        chosen,
        database.timezone,
        [
            SeriesPoint(
                at,
                found.get("sent", 0),
                found.get("opened", 0),
                found.get("clicked", 0),
                found.get("unsubscribed", 0),
            )
            for at, found in sorted(points.items())
        ],
    )


def _empty(tx: Tx, mailing: Mailing) -> MailingReport:
    nothing = Reacted(0, 0, 0, 0, None)
    names = "audience left_out waiting in_flight sent failed blocked unknown delivered bounced unsubscribed complained"
    zero = dict.fromkeys(names.split(), 0)
    return MailingReport(
        mailing=mailing,
        run_id=None,
        as_of=tx.now,
        selected=None,
        opened=nothing,
        clicked=nothing,
        left_out_reasons=[],
        failures=[],
        blocks=[],
        links=[],
        series=None,
        **zero,
    )


# -- people ---------------------------------------------------------------------------------------------------------


async def people(
    tx: Tx, mailing_id: int, page: PageRequest, figure: str, *, reason: str | None = None, link: int | None = None
) -> Page[MailingPerson]:
    """Return the people behind a figure, by id; ``q`` finds people as the list of profiles does.

    Raise 404, 422 for a figure that does not exist.
    """
    _check(figure)
    await mailings_store.get(tx, mailing_id)
    run = await runs.newest(tx, mailing_id)
    if run is None:
        return Page([], None, 0)
    after = 0
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int):
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        after = page.cursor[0]
    among = await found_by(tx, run.database_id, page.q)
    found = await _people(tx, run, figure, reason, link, after, page.limit + 1, among)
    items = found[: page.limit]
    return Page(items, encode_cursor([items[-1].profile_id]) if len(found) > page.limit else None, None)


async def found_by(tx: Tx, database_id: int, q: str | None) -> BitMap | None:
    """Return whom a search finds; ``None`` when nothing is sought. Raise 422."""
    return await profiles.search_ids(tx, database_id, q) if q else None


def _check(figure: str) -> None:
    if figure not in FIGURES:
        raise invalid_field("/state", f"state must be one of: {', '.join(FIGURES)}")


async def _people(
    tx: Tx,
    run: Run,
    figure: str,
    reason: str | None,
    link: int | None,
    after: int,
    limit: int,
    among: BitMap | None = None,
) -> list[MailingPerson]:
    if figure == "left_out":
        out = await runs.excluded(tx, run.id, reason)
        if among is not None:
            out &= among
        if after:
            out.remove_range(0, after + 1)
        rows: list[tuple[Any, ...]] = [
            (profile, "left_out", None, None, 0, None, None, None, None) for profile in out[:limit]
        ]
        if rows:
            why = await runs.reasons_of(tx, run.id, [row[0] for row in rows])
            rows = [(row[0], row[1], REASONS.get(why[row[0]], why[row[0]]), *row[3:]) for row in rows]
    else:
        wanted = None if among is None else list(among)
        rows = await store.people(
            await tx.raw(), run.id, figure, limit=limit, after=after, reason=reason, link=link, among=wanted
        )
    known = {
        row["id"]: row
        for row in await profiles.read_many(
            tx, run.database_id, [row[0] for row in rows], ["email", "first_name", "last_name"]
        )
    }
    return [_person(row, known.get(row[0], {})) for row in rows]


def _person(row: tuple[Any, ...], who: dict[str, Any]) -> MailingPerson:
    profile, state, reason, code, attempts, at, opened, clicked, left = row
    return MailingPerson(
        profile_id=profile,
        email=who.get("email"),
        name=" ".join(str(who[n]) for n in ("first_name", "last_name") if who.get(n)),
        state="waiting" if state in ("queued", "leased") else "in_flight" if state == "handed" else state,
        reason=reason,
        code=code,
        attempts=attempts,
        at=at,
        opened_at=opened,
        clicked_at=clicked,
        unsubscribed_at=left,
    )


async def export_people(
    engines: Engines, mailing_id: int, figure: str, reason: str | None, link: int | None, among: BitMap | None = None
) -> AsyncIterator[bytes]:
    """Yield the people behind a figure as CSV, in chunks; cells that a spreadsheet would run are escaped.

    ``among``: only these people.
    """
    names = [field.name for field in msgspec.structs.fields(MailingPerson)]
    yield _csv([names])
    after = 0
    while True:
        async with engines.tx() as tx:
            run = await runs.newest(tx, mailing_id)
            found = await _people(tx, run, figure, reason, link, after, 5000, among) if run else []
        if not found:
            return
        after = found[-1].profile_id
        yield _csv([[_cell(getattr(person, name)) for name in names] for person in found])


def check_figure(figure: str) -> None:
    """Raise 422 for a figure that does not exist."""
    _check(figure)


def _cell(value: Any) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
