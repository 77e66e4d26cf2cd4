"""Who is in a campaign: page by page, and behind every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import CampaignMember, Side, Source
from ..store import campaigns as store
from ..store import people as lists
from ..store.people import Entry, People, Strata

COLUMNS = ("email", "first_name", "last_name")
MAX_COLUMNS = 50
SIDES: tuple[str, ...] = get_args(Side)
SOURCES: tuple[str, ...] = get_args(Source)
_WAYS = {
    "segment": "by its segment",
    "audience": "because an activity was launched to them",
    "opened": "by opening a message",
    "clicked": "by clicking in a message",
    "goal": "by reaching a goal",
    "order": "by an order",
}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which people: everybody who was ever given a side, or those on a side, in a stratum, who came in some way.

    ``present``: only those who are in now, or only those who have left.
    """

    side: str | None = None
    stratum: str | None = None
    sources: Sequence[str] = ()
    activity: int | None = None
    present: bool | None = None


async def members(
    tx: Tx, campaign_id: int, page: PageRequest, wanted: Filter, columns: Sequence[str]
) -> Page[CampaignMember]:
    """Return a page of a campaign's people by id, with some columns; ``q`` finds as the list of profiles does.

    How and when somebody came in is told of the first time, of those times that are asked for. Raises 404, 422.
    """
    row = await store.get(tx, campaign_id)
    _check(page, wanted, columns)
    people = await lists.people(tx, campaign_id)
    if row.state == "completed":  # everybody has left it
        people = msgspec.structs.replace(people, audience=BitMap())
    strata = await lists.strata(tx, campaign_id)
    entries = [entry for entry in await lists.entries(tx, campaign_id) if _fits(entry, wanted)]
    found = _chosen(people, strata, row.first_epoch, entries, wanted)
    if page.q:
        found &= await profiles.search_ids(tx, row.database_id, page.q)
    start = found.rank(_after(page))
    ids = found[start : start + page.limit]
    known = {person["id"]: person for person in await profiles.read_many(tx, row.database_id, list(ids), list(columns))}
    came: dict[int, Entry] = {}
    for entry in entries:
        for profile in entry.people & ids:
            came.setdefault(profile, entry)
    labels = {profile: label for label, inside in strata.values() for profile in inside & ids}
    items = []
    for profile in ids:
        first = came.get(profile)
        told = known.get(profile, {})
        items.append(
            CampaignMember(
                profile_id=profile,
                side="control" if profile in people.control else "test",
                stratum=labels.get(profile),
                source=None if first is None else msgspec.convert(first.source, Source),
                activity=first.activity if first is not None and first.activity else None,
                entered_on=None if first is None else first.day,
                present=profile in people.audience,
                profile={name: told.get(name) for name in columns},
            )
        )
    more = start + page.limit < len(found)
    return Page(items, encode_cursor([ids.max()]) if more else None, len(found))


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> profiles.Counted:
    """Return whom a figure of a campaign counts (a source of figures); they are always those of now.

    ``5:audience``, ``5:test``, ``5:control`` and ``5:guests`` are in it now, ``5:assigned`` were ever given a side,
    ``5:withheld`` are kept out by the global control group. ``5:stratum:0.1`` are those of a stratum who are in now,
    ``5:entry:clicked:12`` who came by clicking in activity 12 (0: by none); with ``:test`` or ``:control`` behind it,
    those of them on one side. Raises 403, 404.
    """
    actor.require("campaigns:read")
    row = await store.find(tx, profiles.figure_number(parts[0] if parts else ""))
    key = ":".join(("campaign", *parts))
    if row is None or row.database_id != database_id:
        raise not_found("Figure", key)
    people = await lists.people(tx, row.id)
    rest, side = list(parts[1:]), None
    if len(rest) > 1 and rest[-1] in SIDES:
        side = rest.pop()
    match rest:
        case ["audience" | "test" | "control" | "guests" | "assigned" | "withheld" as which]:
            title, found = _plain(row.name, which, people)
        case ["stratum", *key_parts]:
            title, found = await _stratum(tx, row.id, ":".join(key_parts), row.first_epoch, people)
        case ["entry", source, activity] if source in SOURCES and activity.isascii() and activity.isdigit():
            found = BitMap()
            for entry in await lists.entries(tx, row.id):
                if entry.source == source and entry.activity == int(activity):
                    found |= entry.people
            title = f"Came into {row.name} {_WAYS[source]}"
            found &= people.assigned
        case _:
            raise not_found("Figure", key)
    if side is not None:
        found = found & people.control if side == "control" else found - people.control
        title += ", control group" if side == "control" else ", test group"
    return profiles.Counted(title=title, link=f"/campaigns/{row.id}?tab=audience", people=found)


def _plain(name: str, which: str, people: People) -> tuple[str, BitMap]:
    match which:
        case "test":
            return f"Test group of {name}", people.test
        case "control":
            return f"Control group of {name}", people.audience & people.control
        case "guests":
            return f"In {name} by an activity", people.audience & people.guests
        case "assigned":
            return f"Ever in {name}", people.assigned
        case "withheld":
            return f"Kept out of {name} by the global control group", people.withheld
    return f"In {name}", people.audience


async def _stratum(tx: Tx, campaign_id: int, key: str, since: int, people: People) -> tuple[str, BitMap]:
    found, title = BitMap(), None
    for (_, own), (label, inside) in (await lists.strata(tx, campaign_id, since=since)).items():
        if own == key:
            found, title = found | inside, label
    if title is None:
        raise not_found("Figure", f"campaign:{campaign_id}:stratum:{key}")
    return f"In the stratum {title}", found & people.audience


def _chosen(people: People, strata: Strata, since: int, entries: Sequence[Entry], wanted: Filter) -> BitMap:
    found = BitMap(people.assigned)
    if wanted.present is not None:
        found = found & people.audience if wanted.present else found - people.audience
    if wanted.side is not None:
        found = found & people.control if wanted.side == "control" else found - people.control
    if wanted.stratum is not None:
        inside = (some for (epoch, key), (_, some) in strata.items() if key == wanted.stratum and epoch >= since)
        found &= BitMap.union(BitMap(), *inside)
    if wanted.sources or wanted.activity is not None:
        found &= BitMap.union(BitMap(), *(entry.people for entry in entries))
    return found


def _fits(entry: Entry, wanted: Filter) -> bool:
    if wanted.sources and entry.source not in wanted.sources:
        return False
    return wanted.activity is None or entry.activity == wanted.activity


def _check(page: PageRequest, wanted: Filter, columns: Sequence[str]) -> None:
    if page.sort not in (None, "id", "profile_id"):
        raise invalid_field("/sort", "The people of a campaign are sorted by id")
    if wanted.side is not None and wanted.side not in SIDES:
        raise invalid_field("/side", f"side must be one of: {', '.join(SIDES)}")
    if not set(wanted.sources) <= set(SOURCES):
        raise invalid_field("/source", f"source must be one of: {', '.join(SOURCES)}")
    if len(columns) > MAX_COLUMNS:
        raise invalid_field("/columns", f"Choose {MAX_COLUMNS} columns at most")


def _after(page: PageRequest) -> int:
    if page.cursor is None:
        return 0
    if len(page.cursor) != 1 or type(page.cursor[0]) is not int or not 0 <= page.cursor[0] <= MAX_PROFILE_ID:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned")
    return page.cursor[0]
