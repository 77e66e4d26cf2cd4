"""What others ask messages: who uses this, what is it called, forget these people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.platform.postgres import Tx

from ..content.feeds import store as feeds
from ..content.fragments import store as fragments
from ..kinds.placement.store import shows
from ..kinds.trigger import store as causes
from ..policies import marks
from ..store import mailings as mailings_store
from ..store import templates as templates_store
from ..store import tracking as tracking_store


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> Sequence[str]:
    """Return the mailings of a database, or the templates and triggers that use a field."""
    if field is not None:
        looking = await causes.naming_field(await tx.raw(), database_id, field.name)
        shown = await templates_store.using_field(tx, database_id, field.name)
        return [*(f"template {name}" for name in shown), *(f"mailing {name}" for name in looking)]
    return [f"mailing {name}" for name in await mailings_store.using(tx, database_id=database_id)]


async def segment_used_by(tx: Tx, segment: segments.Segment) -> Sequence[str]:
    """Return the mailings that go to a segment, or that entering or leaving it sets off, and texts that ask for it."""
    going = await mailings_store.using(tx, segment_id=segment.id)
    heard = await causes.naming_segment(await tx.raw(), segment.id)
    asking = await templates_store.naming(tx, "segments", segment.id)
    inside = await fragments.naming(tx, "segments", segment.id)
    return [
        *(f"mailing {name}" for name in dict.fromkeys([*going, *heard])),
        *(f"template {name}" for name in asking),
        *(f"fragment {name}" for name in inside),
    ]


async def event_type_used_by(tx: Tx, database_id: int, type_: str) -> Sequence[str]:
    """Return the mailings that events of a type set off."""
    return [f"mailing {name}" for name in await mailings_store.set_off_by(tx, database_id, type_)]


async def mailing_names(tx: Tx, ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of mailings."""
    return await mailings_store.names(tx, ids)


async def template_names(tx: Tx, ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of templates."""
    return await templates_store.names(tx, ids)


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> dict[str, int]:
    """Remove what messages keep about erased people: reactions, caught mails, counted sends, showings, addresses."""
    raw = await tx.raw()
    seen = await shows.forget(raw, database_id, list(gone))
    counted = await marks.forget(raw, database_id, list(gone))
    caused = await causes.forget(raw, database_id, list(gone))
    await feeds.forget_copies(tx)  # whose answer is whose is not known: they are fetched again
    return {
        **await tracking_store.forget(raw, database_id, list(gone)),
        "counted_sends": counted,
        "causes": caused,
        "showings": seen,
    }


async def state_counts(tx: Tx) -> dict[str, int]:
    """Return how many mailings are in each state."""
    return await mailings_store.counts(tx)
