"""A channel as an outlet: its provider, so many connections, and the makers of a run's templates."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from fidelia import profiles
from fidelia.access import Actor, SecretError
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher
from fidelia.platform.postgres import Tx

from ...markup.model import Compiled
from ...model import Run
from ...sending.desk import Desk
from ...sending.port import CannotSend
from ...tracking.tokens import Signer
from . import service, store
from .calling import Caller
from .lane import Lane
from .maker import HttpMaker, HttpMessage
from .secrecy import Hider

#: Seconds between tries to reach a provider that cannot be reached, the first time; then twice as long each time.
_AGAIN = 0.5


class HttpOutlet:
    """The provider of one channel as a run uses it; ``templates`` are the mailing's own and then its variants'.

    Raises ``SecretError`` when the channel's secrets cannot be read.
    """

    def __init__(
        self, engines: Engines, run: Run, templates: Sequence[Compiled], signer: Signer, kept: store.Kept
    ) -> None:
        definition = kept.channel.definition
        requests = service.maker_of(engines, kept)
        secrets = service.secrets_of(engines, kept)
        token = requests.fixed["inbound.url"].rpartition("/")[2]
        self.makers = [
            HttpMaker(definition, requests, run.plan, made, signer, run.id, n) for n, made in enumerate(templates)
        ]
        self.connections = definition.limits.connections
        self.rate = definition.limits.rate
        self.name = kept.channel.name
        self._engines, self._run = engines, run
        self._fetcher = Fetcher(engines.settings, connections=self.connections)
        self.caller = Caller(self._fetcher, definition, requests, Hider([*secrets.values(), token]), engines.clock)
        self._lanes = 0
        self._wait_until = 0.0
        self._reached: bool | None = None
        self._pause = _AGAIN

    async def lane(self, desk: Desk) -> None:
        """Keep one connection busy with the desk's messages."""
        self._lanes += 1
        try:
            await Lane(desk, self).run()
        finally:
            self._lanes -= 1
            if not self._lanes:
                await self._fetcher.__aexit__(None, None, None)

    # -- what lanes share -------------------------------------------------------------------------------------------

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the provider asks for that, or cannot be reached."""
        self._wait_until = max(self._wait_until, asyncio.get_running_loop().time() + seconds)

    @property
    def held(self) -> float:
        """Return the seconds for which nothing shall be sent."""
        return max(0.0, self._wait_until - asyncio.get_running_loop().time())

    async def rest(self, desk: Desk) -> None:
        """Wait until sending may go on, or the sender stops."""
        while (seconds := self.held) and not desk.stopping and not desk.closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(desk.stopped.wait(), min(seconds, 0.25))

    async def reached(self, desk: Desk) -> None:
        """Note that the provider answers."""
        self._pause = _AGAIN
        if self._reached is not True:
            self._reached = True
            await desk.connected()

    async def not_reached(self, desk: Desk, reason: str) -> None:
        """Note that the provider cannot be reached, and leave it alone for a while, longer each time."""
        if self._reached:
            desk.disconnected()
        self._reached = False
        if not self.held:
            self.hold(self._pause)
            self._pause = min(self._pause * 2, desk.patience)
        await desk.no_connection(reason)

    async def leaves(self, message: HttpMessage, reason: str) -> None:
        """End the subscription of somebody whose provider says that nothing ever reaches them."""
        plan = self._run.plan
        scope: dict[str, Any] = {"channel": plan.channel, "contact": message.contact}
        if plan.resource_id is not None:
            scope["resource_id"] = plan.resource_id
        actor = Actor.system(f"Channel {self.name}")
        try:
            async with self._engines.tx() as tx:
                await profiles.unsubscribe(
                    tx, actor, self._run.database_id, [message.key.profile_id], reason=reason[:500], **scope
                )
        except Problem as exc:
            if exc.status != 404:  # a database that is gone has nobody left to write to
                raise


async def http_outlet(tx: Tx, run: Run, templates: Sequence[Compiled], signer: Signer) -> HttpOutlet:
    """Return where the messages of a run of a channel leave by.

    Raises:
        CannotSend: the channel is gone or archived, a setting of it is missing, or its secrets cannot be read.
    """
    kept = await store.find(tx, run.plan.channel)
    if kept is None or kept.channel.archived_at is not None:
        raise CannotSend(f"The channel {run.plan.channel} is archived. Restore it, then resume")
    if kept.channel.missing:
        missing = ", ".join(kept.channel.missing)
        raise CannotSend(f"Settings of the channel {kept.channel.name} are missing: {missing}. Set them, then resume")
    try:
        return HttpOutlet(tx.engines, run, templates, signer, kept)
    except SecretError as exc:
        text = f"The secrets of the channel {kept.channel.name} cannot be read: {exc}. Enter them again, then resume"
        raise CannotSend(text) from exc
