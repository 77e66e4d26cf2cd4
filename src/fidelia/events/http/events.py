"""Routes of own events: sending them, and the latest ones."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid, too_large
from fidelia.kernel.paging import Page
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, PageParams, Strict
from fidelia.platform.postgres import Tx

from ..ingest.group import GroupCommit
from ..ingest.model import EventsResult, Submission
from ..ingest.own import EventIn, read_items, write_own
from ..model import HistoryItem
from ..service import history as service

_PORT = "events.own"


class EventsIn(Body, frozen=True):
    """Events of a database; ``create`` holds for all of them."""

    database: int
    events: list[EventIn]
    create: bool = False


class _Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same body with its items unread, so that a wrong one is rejected alone."""

    database: int
    events: list[msgspec.Raw]
    create: bool = False


class EachItem(Strict[EventsIn]):
    """Describes :class:`EventsIn`, decodes :class:`_Items`."""

    @classmethod
    def create_for_field_definition(cls, field_definition: Any, handler_id: str, backend_cls: Any = None) -> None:
        """Keep a decoder that leaves the items unread."""
        super().create_for_field_definition(field_definition, handler_id, backend_cls)
        cls.decoder = msgspec.json.Decoder(_Items)


def own_events(engines: Engines) -> GroupCommit[Submission, EventsResult]:
    """Return the process's group commit of own events."""
    found: GroupCommit[Submission, EventsResult] | None = engines.ports.get(_PORT)
    if found is None:
        found = engines.ports[_PORT] = GroupCommit(engines, write_own)
    return found


class EventController(Controller):
    """Own events."""

    path = "/events"
    tags = ("Events",)

    @post(dto=EachItem, return_dto=None, opt={"right": "events:create"}, status_code=202, summary="Send events")
    async def send(self, request: Request[Any, Any, Any], actor: Actor, data: EventsIn) -> EventsResult:
        """Take up to 10,000 events; each is accepted, a duplicate, or rejected with its index and the reason.

        The answer comes when they are durable. 503 with `Retry-After` when more waits than can be held.
        """
        items = cast("_Items", data)
        engines: Engines = request.app.state.engines  # a second dependency would cost a group of tasks
        limit = engines.settings.limits
        if len(items.events) > limit.batch_items:
            raise too_large(f"A request has {limit.batch_items:,} events at most; this one has {len(items.events):,}")
        if not items.events:
            raise invalid(FieldError("/events", "At least one event is needed"))
        submission = read_items(
            items.events,
            database=items.database,
            actor=actor,
            create=items.create,
            now=engines.clock.now(),
            event_bytes=limit.event_bytes,
        )
        return await own_events(engines).submit(submission, len(items.events))

    @get(opt={"right": "events:read"}, summary="The latest events")
    async def latest(
        self,
        tx: Tx,
        page: PageParams,
        database: Annotated[int, QueryParameter(name="database")],
        type_: Annotated[
            str | None, QueryParameter(name="type", description="One type, or several with commas")
        ] = None,
        profile: Annotated[int | None, QueryParameter(name="profile")] = None,
    ) -> Page[HistoryItem]:
        """List the events of a database, newest first."""
        return await service.latest(tx, page, database, types=service.split(type_), profile=profile)
