"""Routes of outgoing hooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, PageParams, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from .model import Hook, HookDelivery, HookDeliveryDetail, HookFiltersIn, HookMessage, HookSecret, Kind, State
from .service import deliveries as log
from .service import manage as service
from .service import replay
from .service.manage import MAX_OVERLAP_HOURS

_BatchSize = Annotated[int, msgspec.Meta(ge=1, le=500)]
_Delay = Annotated[int, msgspec.Meta(ge=0, le=3600)]
_Url = Annotated[str, msgspec.Meta(max_length=2000)]
#: Their values are encrypted and never shown; null keeps the one that is stored.
_Headers = dict[str, str | None]


class HookIn(Body, frozen=True):
    """A new hook. ``types`` empty: every event; ``database_id`` null: of every database.

    A batch is sent when it has ``batch_size`` events, or ``max_delay`` seconds after its first one.
    """

    name: str
    url: _Url
    allow_http: bool = False
    active: bool = True
    database_id: int | None = None
    types: tuple[str, ...] = ()
    filters: HookFiltersIn | None = None
    headers: _Headers | None = None
    custom_data: dict[str, Any] | None = None
    batch_size: _BatchSize = 100
    max_delay: _Delay = 5


class HookPatch(Body, frozen=True):
    """What to change. ``headers`` are all that shall be sent: null as a value keeps the stored one."""

    name: str | UnsetType = UNSET
    url: _Url | UnsetType = UNSET
    allow_http: bool | UnsetType = UNSET
    database_id: int | UnsetType | None = UNSET
    types: tuple[str, ...] | UnsetType = UNSET
    filters: HookFiltersIn | UnsetType = UNSET
    headers: _Headers | UnsetType = UNSET
    custom_data: dict[str, Any] | UnsetType = UNSET
    batch_size: _BatchSize | UnsetType = UNSET
    max_delay: _Delay | UnsetType = UNSET


class HookRotateIn(Body, frozen=True):
    """How many hours the present secret signs beside the new one; 0: not at all."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP_HOURS)] = 24


class HookReplayIn(Body, frozen=True, rename={"since": "from", "until": "to"}):
    """A period of the history to be sent again, ``to`` not included; without ``types`` all that the hook gets."""

    since: datetime
    until: datetime
    types: tuple[str, ...] = ()


def _sent(data: msgspec.Struct) -> dict[str, Any]:
    """Return what a body holds, lists as lists."""
    values = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


class HookController(Controller):
    """Outgoing hooks: events sent to an address as they happen."""

    path = "/hooks"
    tags = ("Hooks",)

    @get("/", opt={"right": "hooks:read"}, summary="List hooks")
    async def list_hooks(
        self,
        tx: Tx,
        page: PageParams,
        active: Annotated[
            bool | None, QueryParameter(name="active", description="Only those that send, or not")
        ] = None,
        database: Annotated[int | None, QueryParameter(name="database", description="Which get its events")] = None,
    ) -> Page[Hook]:
        """Return a page of hooks, sorted by ``name``, ``waiting``, ``delivered_at`` or ``created_at``."""
        return await service.list_hooks(tx, page, active=active, database_id=database)

    @post("/", dto=Strict[HookIn], return_dto=None, opt={"right": "hooks:create"}, summary="Make a hook")
    async def create_hook(self, tx: Tx, actor: Actor, data: HookIn) -> HookSecret:
        """Make a hook and return the secret that signs its requests; it is shown this once."""
        nothing: dict[str, Any] = {"headers": {}, "custom_data": {}, "filters": HookFiltersIn()}
        values = {name: nothing.get(name) if value is None else value for name, value in _sent(data).items()}
        return await service.create_hook(tx, actor, values)

    @get("/sample", opt={"right": "hooks:read"}, summary="What a receiver gets")
    async def sample(
        self,
        tx: Tx,
        type_: Annotated[str, QueryParameter(name="type", description="A type of event")],
        database: Annotated[int | None, QueryParameter(name="database", description="For types of your own")] = None,
    ) -> HookMessage:
        """Return the body of a request with one made-up event of a type."""
        return await log.sample_message(tx, type_, database)

    @get("/{hook_id:int}", opt={"right": "hooks:read"}, summary="Read a hook")
    async def get_hook(self, tx: Tx, hook_id: FromPath[int]) -> Hook:
        """Return a hook, without its secrets."""
        return await service.get_hook(tx, hook_id)

    @patch(
        "/{hook_id:int}", dto=Strict[HookPatch], return_dto=None, opt={"right": "hooks:update"}, summary="Change a hook"
    )
    async def change_hook(self, tx: Tx, actor: Actor, hook_id: FromPath[int], data: HookPatch) -> Hook:
        """Change what is sent; other types hold for events from now on."""
        return await service.change_hook(tx, actor, hook_id, _sent(data))

    @delete("/{hook_id:int}", opt={"right": "hooks:delete"}, status_code=204, summary="Delete a hook")
    async def delete_hook(self, tx: Tx, actor: Actor, hook_id: FromPath[int]) -> None:
        """Delete a hook, what waits for it, and its log."""
        await service.delete_hook(tx, actor, hook_id)

    @post("/{hook_id:int}/pause", opt={"right": "hooks:update"}, status_code=200, summary="Pause a hook")
    async def pause(self, tx: Tx, actor: Actor, hook_id: FromPath[int]) -> Hook:
        """Send nothing for now; events are kept for 7 days, 500,000 at most."""
        return await service.pause_hook(tx, actor, hook_id)

    @post("/{hook_id:int}/resume", opt={"right": "hooks:update"}, status_code=200, summary="Let a hook go on")
    async def resume(self, tx: Tx, actor: Actor, hook_id: FromPath[int]) -> Hook:
        """Send what has waited, at once."""
        return await service.resume_hook(tx, actor, hook_id)

    @post(
        "/{hook_id:int}/rotate",
        dto=Strict[HookRotateIn],
        return_dto=None,
        opt={"right": "hooks:update"},
        status_code=200,
        summary="Give a hook a new secret",
    )
    async def rotate(self, tx: Tx, actor: Actor, hook_id: FromPath[int], data: HookRotateIn) -> HookSecret:
        """Return a new secret, shown this once; the present one signs beside it for a while."""
        return await service.rotate_secret(tx, actor, hook_id, data.overlap_hours)

    @post("/{hook_id:int}/test", opt={"right": "hooks:run"}, status_code=200, summary="Send a test event")
    async def try_out(self, engines: Engines, actor: Actor, hook_id: FromPath[int]) -> HookDelivery:
        """Send a made-up event now and return what came of it; takes 20 seconds at most."""
        return await log.try_out(engines, actor, hook_id)

    @post(
        "/{hook_id:int}/replay",
        dto=Strict[HookReplayIn],
        return_dto=None,
        opt={"right": "hooks:run"},
        status_code=202,
        summary="Send a period again",
    )
    async def replay(self, tx: Tx, actor: Actor, hook_id: FromPath[int], data: HookReplayIn) -> JobReply:
        """Begin a job that sends the events of a period again, marked as a replay."""
        return JobReply(
            await replay.ask(tx, actor, hook_id, since=data.since, until=data.until, types=list(data.types))
        )

    @get("/{hook_id:int}/deliveries", opt={"right": "hooks:read"}, summary="Deliveries of a hook")
    async def deliveries(
        self,
        tx: Tx,
        page: PageParams,
        hook_id: FromPath[int],
        in_state: Annotated[State | None, QueryParameter(name="state", description="Only in this state")] = None,
        kind: Annotated[Kind | None, QueryParameter(name="kind", description="Only of this kind")] = None,
    ) -> Page[HookDelivery]:
        """Return a page of the deliveries of the last 7 days and of what waits, the newest first."""
        return await log.list_deliveries(tx, hook_id, page, state=in_state, kind=kind)

    @get("/{hook_id:int}/deliveries/{delivery_id:int}", opt={"right": "hooks:read"}, summary="A delivery")
    async def delivery(self, tx: Tx, hook_id: FromPath[int], delivery_id: FromPath[int]) -> HookDeliveryDetail:
        """Return a delivery with the body that was sent the last time."""
        return await log.get_delivery(tx, hook_id, delivery_id)

    @post(
        "/{hook_id:int}/deliveries/{delivery_id:int}/replay",
        opt={"right": "hooks:run"},
        summary="Send a delivery again",
    )
    async def again(self, tx: Tx, actor: Actor, hook_id: FromPath[int], delivery_id: FromPath[int]) -> HookDelivery:
        """Queue the events of a delivery once more, marked as a replay."""
        return await log.send_again(tx, actor, hook_id, delivery_id)

    @post(
        "/{hook_id:int}/deliveries/{delivery_id:int}/skip",
        opt={"right": "hooks:update"},
        status_code=204,
        summary="Give up a delivery",
    )
    async def skip(self, tx: Tx, actor: Actor, hook_id: FromPath[int], delivery_id: FromPath[int]) -> None:
        """Never send a delivery that waits, so that those behind it go out; its events are counted as dropped."""
        await service.skip(tx, actor, hook_id, delivery_id)
