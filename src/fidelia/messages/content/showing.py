"""What messages show besides their template and their recipient: kept with a run, shown again, shown in previews."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import msgspec
from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..markup.includes import PARTS
from ..markup.model import TemplateSource
from ..markup.refers import FEEDS, IN_SEGMENT, feeds_used, refers_of
from . import segments
from .feeds.values import FeedValues
from .feeds.values import freeze as freeze_feeds

#: Seconds that a preview waits for feeds.
PATIENCE = 6.0


class _RunOf(Protocol):
    @property
    def run_id(self) -> int:
        """The run's id."""

    @property
    def database_id(self) -> int:
        """Whose people it is for."""


class Sight(msgspec.Struct, frozen=True):
    """The further roots of templates for some people (0: nobody in particular), and why somebody gets no message.

    Who is in neither has feeds that did not answer in time.
    """

    roots: dict[int, dict[str, Any]]
    refused: dict[int, str]


async def freeze(engines: Engines, run_id: int, uses: Collection[str], people: BitMap, tag: str | None = None) -> None:
    """Keep with a run what all its recipients see, and which of them are in which segment.

    Raises 404, 409: a segment is gone, or a feed that no message goes without cannot be fetched.
    """
    await freeze_feeds(engines, run_id, feeds_used(uses))
    await segments.freeze(engines, run_id, uses, people, tag)


async def shown_to(tx: Tx, run: _RunOf, uses: Collection[str], profile: int) -> dict[str, Any]:
    """Return the roots of a message that is shown once more to its recipient; nothing is fetched for it."""
    roots: dict[str, Any] = {}
    if segments.wanted(uses):
        roots[IN_SEGMENT] = (await segments.of(tx, run.run_id, uses, [profile]))[profile]
    if keys := feeds_used(uses):
        async with FeedValues(tx.engines, run.database_id, keys, run.run_id, fetch=False) as feeds:
            roots[FEEDS] = (await feeds.of([profile])).values[profile]
    return roots


async def seen_by(engines: Engines, source: TemplateSource, database_id: int | None, people: Sequence[int]) -> Sight:
    """Return what some people would see now, of everything that a template names."""
    texts = [getattr(source, part) for part in PARTS]
    texts += source.content.values()
    named = refers_of([*texts, *(fragment.body for fragment in source.outside.fragments.values())])
    roots: dict[int, dict[str, Any]] = {profile: {} for profile in people}
    refused: dict[int, str] = {}
    if named.segments:
        for profile, inside in (await segments.now(engines, named.segments, people)).items():
            roots[profile][IN_SEGMENT] = inside
    if named.feeds:
        async with FeedValues(engines, database_id, named.feeds) as feeds:
            shown = await feeds.of(people, PATIENCE)
        refused = shown.refused
        for profile in people:
            roots[profile][FEEDS] = {key: v for key, v in shown.values[profile].items() if v is not None}
        roots = {profile: found for profile, found in roots.items() if profile not in shown.later}
    return Sight({profile: found for profile, found in roots.items() if profile not in refused}, refused)
