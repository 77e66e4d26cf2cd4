"""The people behind a report's figures."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import MessageKey, Run
from ..senders.report import labels
from ..store import mailings as mailings_store
from ..store import report as store
from ..store import runs
from .audience import reason_words
from .report import run_of

FIGURES = (*store.LEDGER, "delivered", "not_opened", *store.REACTED, "converted", "left_out")


class Wanted(msgspec.Struct, frozen=True):
    """Which people: those of a figure; of them only for a ``reason``, on a ``link``, with a ``variant``, or whose
    message went by a ``sender``.
    """

    figure: str
    reason: str | None = None
    link: int | None = None
    variant: int | None = None
    sender: int | None = None


class MailingPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a mailing, and why they got it or not. ``message`` is what events call it by, null without one;
    a mailing that is set off by events may have several for a person. ``sender`` is the server and address it went by,
    where a virtual sender chose them."""

    profile_id: int
    message: str | None
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
    sender: str | None


def wanted_of(
    figure: str, reason: str | None, link: int | None, variant: int | None, sender: int | None = None
) -> Wanted:
    """Return which people are asked for; raise 422 for a figure that does not exist."""
    if figure not in FIGURES:
        raise invalid_field("/state", f"state must be one of: {', '.join(FIGURES)}")
    return Wanted(figure, reason, link, variant, sender)


async def people(
    tx: Tx,
    mailing_id: int,
    page: PageRequest,
    wanted: Wanted,
    run_id: int | None = None,
) -> Page[MailingPerson]:
    """Return the people behind a figure, by id; ``q`` finds people as the list of profiles does. Raise 404, 422."""
    await mailings_store.get(tx, mailing_id)
    run = await run_of(tx, mailing_id, run_id)
    if run is None:
        return Page([], None, 0)
    after = 0
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int):
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        after = page.cursor[0]
    among = await found_by(tx, run.database_id, page.q)
    found = await _people(tx, run, wanted, after, page.limit + 1, among)
    if len(found) <= page.limit:
        return Page(found, None, None)
    # Messages of one person stay on one page; more of them than a page takes are a page of their own.
    items = [person for person in found if person.profile_id != found[-1].profile_id] or found
    return Page(items, encode_cursor([items[-1].profile_id]), None)


async def found_by(tx: Tx, database_id: int, q: str | None) -> BitMap | None:
    """Return whom a search finds; ``None`` when nothing is sought. Raise 422."""
    return await profiles.search_ids(tx, database_id, q) if q else None


async def _people(
    tx: Tx, run: Run, wanted: Wanted, after: int, limit: int, among: BitMap | None = None
) -> list[MailingPerson]:
    if wanted.figure == "left_out":
        plain = wanted.variant is None and wanted.sender is None
        out = await runs.excluded(tx, run.id, wanted.reason) if plain else BitMap()
        if among is not None:
            out &= among
        if after:
            out.remove_range(0, after + 1)
        rows: list[tuple[Any, ...]] = [
            (profile, "left_out", None, None, 0, None, None, None, None, None, None) for profile in out[:limit]
        ]
        if rows:
            why = await runs.reasons_of(tx, run.id, [row[0] for row in rows])
            rows = [(row[0], row[1], reason_words(why[row[0]], run.plan.channel), *row[3:]) for row in rows]
    else:
        rows = await store.people(
            await tx.raw(),
            run.id,
            wanted.figure,
            limit=limit,
            after=after,
            reason=wanted.reason,
            link=wanted.link,
            among=None if among is None else list(among),
            variant=wanted.variant,
            sender=wanted.sender,
        )
    known = {
        row["id"]: row
        for row in await profiles.read_many(
            tx, run.database_id, [row[0] for row in rows], ["email", "first_name", "last_name"]
        )
    }
    went = await labels(tx, {row[10] for row in rows if row[10] is not None})
    return [_person(run.id, row, known.get(row[0], {}), went) for row in rows]


def _person(run_id: int, row: tuple[Any, ...], who: dict[str, Any], went: dict[int, str]) -> MailingPerson:
    profile, state, reason, code, attempts, at, opened, clicked, left, occasion, sender = row
    return MailingPerson(
        profile_id=profile,
        message=None if occasion is None else MessageKey(profile, occasion).name(run_id),
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
        sender=went.get(sender),
    )


async def export_people(
    engines: Engines, run: Run | None, wanted: Wanted, among: BitMap | None = None
) -> AsyncIterator[bytes]:
    """Yield the people behind a figure as CSV, in chunks; cells that a spreadsheet would run are escaped.

    ``among``: only these people.
    """
    names = [field.name for field in msgspec.structs.fields(MailingPerson)]
    yield _csv([names])
    after = 0
    while True:
        async with engines.tx() as tx:
            found = await _people(tx, run, wanted, after, 5000, among) if run else []
        if not found:
            return
        after = found[-1].profile_id
        yield _csv([[_cell(getattr(person, name)) for name in names] for person in found])


def _cell(value: Any) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
