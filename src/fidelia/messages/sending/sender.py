"""A sender of one run: leases recipients, makes their mails, and keeps the connections busy until no row is open."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import psycopg
import structlog

from fidelia.platform.engines import Engines

from .. import rules
from ..channels.email.dkim import DkimSigner
from ..channels.email.smtp import Reply, SmtpConnection, SmtpServer
from ..kinds.trigger import causes
from ..markup.model import Compiled
from ..markup.render import CannotRender
from ..model import MessageKey, Recipient, Run
from ..policies import marks
from ..policies.rules import text as limit_text
from ..store import ledger
from ..store.ledger import Result
from ..timing.hours import Hours
from ..tracking.tokens import Signer
from . import recipients
from .compose import Composed, Composer, contact_hash
from .lane import Lane, open_with_patience
from .settler import Settler

log = structlog.get_logger(__name__)

BATCH = 400
IDLE = 0.25
BEAT = 0.5
#: Seconds that messages under way have to be answered when the process is asked to stop.
GRACE = 8.0
#: A run keeps its senders while somebody is due within this time; then they go home.
LINGER = timedelta(seconds=10)
QUIET = "Waits for the end of quiet hours"


@dataclass(frozen=True)
class SendResult:
    """How a sender's work on a run ended: the run's phase, and how many mails it handed over."""

    phase: str
    sent: int


class Sender:
    """One sender session of a run. Several, in several processes, may work on the same run."""

    def __init__(
        self,
        engines: Engines,
        run: Run,
        compiled: Compiled,
        server: SmtpServer,
        signer: Signer,
        *,
        connections: int = 10,
        rate: float = 0,
        dkim: DkimSigner | None = None,
        patience: float = 30.0,
        linger: timedelta = LINGER,
        variants: Sequence[Compiled] = (),
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self.engines = engines
        self.run_ = run
        self.compiled = _together(compiled, variants)
        self.server = server
        domain = engines.settings.smtp.return_path_domain
        self.composers = [
            Composer(run.plan, made, signer, run.id, dkim, n, return_domain=domain)
            for n, made in enumerate((compiled, *variants))
        ]
        self.composer = self.composers[0]
        self.settler = Settler(engines, run.id, run.database_id, self._say)
        self.patience = patience
        self.linger = linger
        self.hours = Hours(run)
        self.stopped = asyncio.Event()
        self.sent = 0
        self._lanes = connections
        self._waiting = 0
        self._rate = self._full_rate = rate
        self._slot = 0.0
        self._queue: deque[Recipient] = deque()
        self._arrived = asyncio.Event()
        self._beat_at = 0.0
        self._ended = False
        self._connections = 0
        self._in_trouble = False
        self._refusals = 0
        self._on_progress = on_progress

    @property
    def stopping(self) -> bool:
        """Tell whether no further message may be begun."""
        return self.stopped.is_set() or self.settler.phase != "sending" or self.engines.stop.is_set()

    async def run(self) -> SendResult:
        """Send until the run ends, pauses or stops, or :meth:`stop` is called."""
        await self.settler.open()
        lanes = [asyncio.create_task(Lane(self).run()) for _ in range(self._lanes)]
        feeder = asyncio.create_task(self._feed())
        try:
            await asyncio.gather(feeder, *lanes)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait(lanes, timeout=GRACE)  # what was handed over gets its answer
            raise
        finally:
            self.stop()
            for task in (feeder, *lanes):
                task.cancel()
            await asyncio.gather(feeder, *lanes, return_exceptions=True)
            await self.settler.close()
        return SendResult(self.settler.phase, self.sent)

    def stop(self) -> None:
        """Begin no further message; those under way are finished."""
        self.stopped.set()
        self._arrived.set()

    # -- what lanes ask ---------------------------------------------------------------------------------------------

    def take(self) -> Composed | None:
        """Return the next message when one is at hand and the rate allows it; blocks people who cannot get theirs."""
        if self.stopping:
            return None
        while self._queue and self._may_send():
            recipient = self._queue.popleft()
            now = self.engines.clock.now()
            if (due := self.hours.too_late(recipient.key, now)) is not None:
                self.settler.submit([_put_off(recipient.key, due)])
                continue
            try:
                message = self.composers[recipient.variant].compose(recipient, self.engines.clock.now())
            except CannotRender as exc:
                self.settler.submit([self._blocked(recipient.key, str(exc), recipient.variant)])
                continue
            except Exception as exc:  # a fault of ours must cost this recipient, not the connections of the others
                log.exception("a message could not be made", run=self.run_.id, profile=recipient.profile_id)
                fault = f"Internal fault: {type(exc).__name__}"
                self.settler.submit([self._blocked(recipient.key, fault, recipient.variant)])
                continue
            self._count_slot()
            return message
        return None

    async def wait_for_message(self) -> Composed | None:
        """Return the next message, waiting for it; ``None`` when there is no more."""
        self._waiting += 1
        try:
            while not self._ended and not self.stopping:
                message = self.take()
                if message is not None:
                    return message
                if not self._queue:
                    self._arrived.clear()
                    await asyncio.wait((asyncio.ensure_future(self._arrived.wait()),), timeout=IDLE)
                else:
                    await asyncio.sleep(self._pause())
        finally:
            self._waiting -= 1
        return None

    async def connect(self) -> SmtpConnection | None:
        """Open a connection, waiting for the server as long as it takes."""
        return await open_with_patience(self)

    def judge(self, message: Composed, reply: Reply, *, sender: bool = False) -> Result:
        """Turn the server's answer into a result."""
        now = self.engines.clock.now()
        if reply.ok:
            self._refusals = 0
            self.sent += 1
            if self._on_progress is not None:
                self._on_progress(self.sent)
            line = self.composers[message.variant].event("sent", message.key, now)
            return Result(message.key, "sent", tried=True, line=line)
        text = str(reply).replace("\n", " ")[:500]
        if sender and not reply.temporary:  # the sender's fault, not the recipient's
            return Result(message.key, "queued", text, reply.code, now)
        if reply.temporary:
            return self.later(message, text, reply.code)
        self._refusals += 1
        return self.refused(message, text, reply.code)

    def later(self, message: Composed, reason: str, code: int | None = None) -> Result:
        """Return the result of a message that is tried again, or failed when it was tried often enough."""
        now = self.engines.clock.now()
        delay = rules.retry_after(message.attempts + 1)
        if delay is None:
            return self.refused(message, f"Tried {message.attempts + 1} times: {reason}", code)
        return Result(message.key, "queued", reason, code, now + delay, tried=True)

    def refused(self, message: Composed, reason: str, code: int | None = None) -> Result:
        """Return the result of a message that this recipient will not get."""
        now = self.engines.clock.now()
        line = self.composers[message.variant].event("bounced", message.key, now, reason=reason)
        return Result(message.key, "failed", reason, code, tried=True, line=line)

    async def sender_refused(self, reply: Reply) -> None:
        """Pause the run: the server does not take mails from this sender at all."""
        await self._pause_run(f"The mail server refuses the sender {self.composer.sender}: {reply}")

    async def no_connection(self, reason: str) -> None:
        """Note that the server cannot be reached, when no connection is left."""
        if self._connections == 0 and not self._in_trouble:
            self._in_trouble = True
            await self._say(reason)

    async def connected(self) -> None:
        """Note that a connection was made."""
        self._connections += 1
        if self._in_trouble:
            self._in_trouble = False
            await self._say(None)

    def disconnected(self) -> None:
        """Note that a connection is gone."""
        self._connections -= 1

    # -- rate -------------------------------------------------------------------------------------------------------

    def _may_send(self) -> bool:
        return self._rate <= 0 or asyncio.get_running_loop().time() >= self._slot

    def _count_slot(self) -> None:
        if self._rate > 0:
            now = asyncio.get_running_loop().time()
            self._slot = max(self._slot, now - 0.1) + 1 / self._rate

    def _pause(self) -> float:
        return min(IDLE, max(0.001, self._slot - asyncio.get_running_loop().time()))

    # -- feeding ----------------------------------------------------------------------------------------------------

    async def _feed(self) -> None:
        while not self.stopping:
            try:
                await self._beat()
                if not await self._refill():
                    break
            except psycopg.OperationalError as exc:
                log.warning("recipients wait for the database", error=str(exc))
                await asyncio.sleep(0.5)
            if self._refusals >= rules.REFUSALS_IN_A_ROW:
                await self._pause_run(
                    f"The mail server refused {self._refusals} mails in a row; look at the failures, then resume"
                )
        self._ended = True
        self._arrived.set()

    async def _beat(self) -> None:
        """Learn now and then whether somebody paused or stopped the run, and how many senders share its rate."""
        now = asyncio.get_running_loop().time()
        if now < self._beat_at:
            return
        self._beat_at = now + BEAT
        await self.settler.submit([])
        if self._full_rate > 0:
            async with self.engines.db.hot() as raw:
                self._rate = self._full_rate / max(1, await ledger.live_sessions(raw, self.run_.id))

    async def _refill(self) -> bool:
        """Bring recipients in while few are left; return ``False`` when the run has ended."""
        if len(self._queue) > BATCH // 2:
            await self._rest(0.01)
            return True
        async with self.engines.db.hot() as raw:
            rows = await ledger.lease(raw, self.run_.id, self.settler.session, self.engines.clock.now(), BATCH)
        if rows:
            await self._bring(rows)
            return True
        if self._queue or self._waiting < self._lanes:
            await self._rest(0.02)  # connections still work on what was leased
            return True
        return await self._idle()

    async def _idle(self) -> bool:
        """Nobody is due: look after dead senders, wait for those who are tried again, or end the run."""
        async with self.engines.db.hot() as raw:
            now = self.engines.clock.now()
            await ledger.recover(raw, self.run_.id, now)
            due = await ledger.next_due(raw, self.run_.id)
            if (due is None and self.run_.plan.lasting) or (due is not None and due > now + self.linger):
                return False  # whoever is due next, a sender is called again for them
            if due is None and await ledger.finish(raw, self.run_.id, now):
                self.settler.phase = "done"
                return False
            if due is None and self.run_.plan.test is not None:
                return False  # the rest waits for the winner
        wait = IDLE if due is None else (due - now).total_seconds()
        await self._rest(min(IDLE, max(wait, 0.01)))
        return True

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopped.wait(), seconds)

    async def _bring(self, leased: Sequence[ledger.Leased]) -> None:
        async with self.engines.tx() as tx:
            asleep = await self.hours.asleep(tx, [row.key for row in leased])
            leased = [row for row in leased if row.key not in asleep]
            people = {row.key.profile_id for row in leased}
            found, refused = await recipients.load(tx, self.engines, self.run_, self.compiled, sorted(people))
        blocked = [_put_off(key, due) for key, due in asleep.items()]
        ready: list[Recipient] = []
        for key, attempts, known, variant in leased:
            recipient = found.get(key.profile_id)
            if recipient is None:
                blocked.append(self._blocked(key, refused.get(key.profile_id, recipients.WORDS["not_found"]), variant))
                continue
            present = contact_hash(recipient.contact)
            if present != known and not await self._new_contact(key, present):
                blocked.append(self._blocked(key, "Somebody else has this address in this run", variant))
                continue
            ready.append(msgspec.structs.replace(recipient, attempts=attempts, occasion=key.occasion, variant=variant))
        if ready and causes.wanted(self.compiled.uses):
            async with self.engines.tx() as tx:
                ready = await causes.with_causes(tx, self.run_.id, ready)
        held_back = await self._reserve(ready)
        blocked += held_back.values()
        if blocked:
            await self.settler.submit(blocked)
        self._queue.extend(recipient for recipient in ready if recipient.key not in held_back)
        self._arrived.set()

    async def _reserve(self, ready: Sequence[Recipient]) -> dict[MessageKey, Result]:
        """Count these messages for frequency policies; return the results of those who have had enough."""
        plan = self.run_.plan
        if plan.confirms or not ready:  # asked for by the recipient: neither held back nor counted
            return {}
        chunk = marks.Chunk(
            run_id=self.run_.id,
            database_id=self.run_.database_id,
            resource_id=plan.resource_id,
            channel=plan.channel,
            messages={recipient.key: contact_hash(recipient.contact) for recipient in ready},
        )
        async with self.engines.db.hot() as raw:
            policy = await marks.effective(raw, plan.policy_id, plan.resource_id)
            reached = await marks.reserve(raw, policy, chunk, self.engines.clock.now())
        variants = {recipient.key: recipient.variant for recipient in ready}
        return {
            key: self._blocked(key, f"{policy.name}: {limit_text(limit)}", variants[key])
            for key, limit in reached.items()
        }

    async def _new_contact(self, key: MessageKey, present: bytes) -> bool:
        async with self.engines.db.hot() as raw:
            return await ledger.change_contact(raw, self.run_.id, key, self.settler.session, present)

    def _blocked(self, key: MessageKey, reason: str, variant: int = 0) -> Result:
        line = self.composers[variant].event("blocked", key, self.engines.clock.now(), reason=reason)
        return Result(key, "blocked", reason[:500], line=line)

    # -- what people should know ------------------------------------------------------------------------------------

    async def _say(self, text: str | None) -> None:
        with contextlib.suppress(psycopg.OperationalError):
            async with self.engines.db.hot() as raw:
                await ledger.trouble(raw, self.run_.id, text, self.engines.clock.now())

    async def _pause_run(self, text: str) -> None:
        if self.settler.phase != "sending":
            return
        self.settler.phase = "paused"
        async with self.engines.db.hot() as raw:
            await ledger.pause(raw, self.run_.id, text, self.engines.clock.now())


def _put_off(key: MessageKey, due: datetime) -> Result:
    return Result(key, "queued", QUIET, next_at=due)


def _together(compiled: Compiled, variants: Sequence[Compiled]) -> Compiled:
    """Return a template that stands for all of them when values are read."""
    uses = {use for made in variants for use in made.uses}
    return msgspec.structs.replace(compiled, uses=sorted(uses.union(compiled.uses))) if uses else compiled
