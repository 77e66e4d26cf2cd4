"""A sender of one run: leases recipients, makes their mails, and keeps the connections busy until no row is open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import msgspec
import psycopg
import structlog

from fidelia.platform.engines import Engines

from .. import rules
from ..kinds.trigger import causes
from ..markup.model import Compiled
from ..model import MessageKey, Recipient, Run
from ..policies import marks
from ..policies.rules import text as limit_text
from ..store import ledger, sessions
from ..store.ledger import Result
from ..timing.hours import Hours
from . import recipients
from .desk import IDLE, QUIET, Desk, put_off
from .feeding import Feeding
from .handing import Handing
from .pace import Pace
from .port import Outlet
from .routing import Route, Routing
from .settler import Settler
from .values import contact_hash

log = structlog.get_logger(__name__)

BATCH = 400
BEAT = 0.5
#: Seconds that messages under way have to be answered when the process is asked to stop.
GRACE = 8.0
#: A run keeps its senders while somebody is due within this time; then they go home.
LINGER = timedelta(seconds=10)
#: Who waits for a feed that is slow comes again after this time.
FEED_WAIT = timedelta(seconds=5)
#: Recipients that are at hand at once where messages leave by several lines; who waits for a slow one waits elsewhere.
AT_HAND = 5 * BATCH
#: After this time an outlet that takes no messages is tried once more.
CLOSED = timedelta(minutes=10)
TURN = "Waits for its turn"


@dataclass(frozen=True)
class SendResult:
    """How a sender's work on a run ended: the run's phase, and how many mails it handed over."""

    phase: str
    sent: int


class Sender:
    """One sender session of a run. Several, in several processes, may work on the same run.

    ``templates`` are the mailing's own and then its variants'; ``outlets`` where messages leave by, ``routing`` says
    which of them a recipient's takes, by default the only one. The speed that the mailing itself allows holds for all.
    """

    def __init__(
        self,
        engines: Engines,
        run: Run,
        templates: Sequence[Compiled],
        outlets: Sequence[Outlet],
        *,
        routing: Routing | None = None,
        patience: float = 30.0,
        linger: timedelta = LINGER,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self.engines = engines
        self.run_ = run
        self.compiled = _together(templates)
        self.settler = Settler(engines, run.id, run.database_id, partial(self._say, -1))
        self.linger = linger
        self.hours = Hours(run)
        self.stopped = asyncio.Event()
        self.sent = 0
        self.pace = Pace(run.plan.rate)
        self._feeding = Feeding(engines, run, self.compiled.uses)
        self._handing = Handing(engines, run, self.compiled.uses)
        self._routing = routing or Routing()
        self.desks = [
            Desk(
                outlet,
                self.settler,
                self.hours,
                engines.clock,
                self.stopped,
                partial(self._say, no),
                partial(self._refused, no),
                pace=self.pace,
                rates=self._routing.rates(no),
                patience=patience,
                stopping=lambda: self.stopping,
                count=self._count,
            )
            for no, outlet in enumerate(outlets)
        ]
        self._lines = [line for desk in self.desks for line in desk.lines]
        self._troubles: dict[int, str] = {}
        self._beat_at = 0.0
        self._on_progress = on_progress

    @property
    def stopping(self) -> bool:
        """Tell whether no further message may be begun."""
        return self.stopped.is_set() or self.settler.phase != "sending" or self.engines.stop.is_set()

    async def run(self) -> SendResult:
        """Send until the run ends, pauses or stops, or :meth:`stop` is called."""
        await self.settler.open()
        if len(self.desks) > 1:
            await self._say(-1, None)  # what an earlier sender could not get rid of may go by now
        lanes = [asyncio.create_task(desk.work()) for desk in self.desks for _ in range(desk.outlet.connections)]
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
            await self._feeding.close()
            await self.settler.close()
        return SendResult(self.settler.phase, self.sent)

    def stop(self) -> None:
        """Begin no further message; those under way are finished."""
        self.stopped.set()
        for desk in self.desks:
            desk.arrived.set()

    def _count(self) -> None:
        self.sent += 1
        if self._on_progress is not None:
            self._on_progress(self.sent)

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
            for no, desk in enumerate(self.desks):
                if desk.refusals >= rules.REFUSALS_IN_A_ROW and not desk.closed:
                    text = f"{desk.refusals} messages in a row were refused; look at the failures"
                    await self._refused(no, text, ", then resume")
        for desk in self.desks:
            desk.ended = True
            desk.arrived.set()

    async def _beat(self) -> None:
        """Learn now and then whether somebody paused or stopped the run, and how many senders share the limits."""
        now = asyncio.get_running_loop().time()
        if now < self._beat_at:
            return
        self._beat_at = now + BEAT
        await self.settler.submit([])
        if len(self._lines) > 1:
            for line in self._lines:
                line.measure(now)
        if self.pace.limit > 0 or any(desk.limited for desk in self.desks):
            async with self.engines.db.hot() as raw:
                here, everywhere = await sessions.sharing(raw, self.run_.id)
            self.pace.share(here)
            for desk in self.desks:
                desk.share(everywhere)

    async def _refill(self) -> bool:
        """Bring recipients in while few are left; return ``False`` when the run has ended."""
        if not await self._wanted():
            await self._rest(0.01)
            return True
        async with self.engines.db.hot() as raw:
            rows = await ledger.lease(raw, self.run_.id, self.settler.session, self.engines.clock.now(), BATCH)
        if rows:
            await self._bring(rows)
            return True
        now = asyncio.get_running_loop().time()
        for line in self._lines:
            line.brought(0, now)
        if not all(desk.idle for desk in self.desks):
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
        blocked = [put_off(key, due, QUIET) for key, due in asleep.items()]
        ready: list[Recipient] = []
        for key, attempts, known, variant in leased:
            recipient = found.get(key.profile_id)
            if recipient is None:
                blocked.append(
                    self.desks[0].blocked(key, refused.get(key.profile_id, recipients.WORDS["not_found"]), variant)
                )
                continue
            present = contact_hash(recipient.contact)
            if present != known and not await self._new_contact(key, present):
                blocked.append(self.desks[0].blocked(key, "Somebody else has this address in this run", variant))
                continue
            ready.append(msgspec.structs.replace(recipient, attempts=attempts, occasion=key.occasion, variant=variant))
        routes = {recipient.key: self._routing.of(recipient) for recipient in ready}
        if len(self._lines) > 1:
            ready = self._in_turn(ready, routes, blocked)
        if ready and causes.wanted(self.compiled.uses):
            async with self.engines.tx() as tx:
                ready = await causes.with_causes(tx, self.run_.id, ready)
        if ready and self._feeding.needed:
            ready = await self._feed_them(ready, blocked)
        held_back = await self._reserve(ready)
        blocked += held_back.values()
        ready = [recipient for recipient in ready if recipient.key not in held_back]
        if ready and self._handing.needed:
            ready = await self._hand_out(ready, blocked)
        if blocked:
            await self.settler.submit(blocked)
        for recipient in ready:
            way = routes[recipient.key]
            goes = msgspec.structs.replace(recipient, sender=way.sender) if way.sender else recipient
            self.desks[way.outlet].lines[way.line].queue.append(goes)
        for desk in self.desks:
            desk.arrived.set()

    async def _feed_them(self, ready: list[Recipient], results: list[Result]) -> list[Recipient]:
        """Return who can be written to, with their feeds; of the others, what becomes of them is a result."""
        served, refused, later = await self._feeding.give(ready)
        due = self.engines.clock.now() + FEED_WAIT
        variants = {recipient.key: recipient.variant for recipient in ready}
        results += [self.desks[0].blocked(key, reason, variants[key]) for key, reason in refused.items()]
        results += [put_off(key, due, "Waits for a feed") for key in later]
        return served

    async def _hand_out(self, ready: list[Recipient], results: list[Result]) -> list[Recipient]:
        """Return who can be written to, with what their messages hand out; that others get none is a result."""
        served, refused = await self._handing.give(ready)
        variants = {recipient.key: recipient.variant for recipient in ready}
        results += [self.desks[0].blocked(key, reason, variants[key]) for key, reason in refused.items()]
        return served

    # -- several lines ----------------------------------------------------------------------------------------------

    async def _wanted(self) -> bool:
        """Tell whether recipients are wanted: a line has few left, and there is room for more."""
        if len(self._lines) == 1:
            return len(self._lines[0]) <= BATCH // 2
        at_hand, now = sum(map(len, self._lines)), asyncio.get_running_loop().time()
        if at_hand >= AT_HAND:
            await self._make_room(now)
        hungry = any(line.hungry(now) for desk in self.desks if not desk.closed for line in desk.lines)
        return at_hand == 0 or (hungry and at_hand < AT_HAND)

    async def _make_room(self, now: float) -> None:
        """Put those off who wait in lines that turn out to be slow, the last ones first."""
        results = []
        for line in self._lines:
            while len(line) > line.most:
                recipient = line.queue.pop()
                results.append(put_off(recipient.key, self.engines.clock.now() + line.later(now), TURN))
        if results:
            await self.settler.submit(results)

    def _in_turn(
        self, ready: list[Recipient], routes: dict[MessageKey, Route], results: list[Result]
    ) -> list[Recipient]:
        """Return who can be taken up now; who has to wait for a slow line does not hold up the others meanwhile."""
        clock, now = self.engines.clock.now(), asyncio.get_running_loop().time()
        here, more = list[Recipient](), dict.fromkeys(self._lines, 0)
        for recipient in ready:
            no, position, _ = routes[recipient.key]
            desk, line = self.desks[no], self.desks[no].lines[position]
            if desk.closed:
                results.append(put_off(recipient.key, clock + CLOSED, desk.closed))
            elif len(line) + more[line] >= line.most:
                results.append(put_off(recipient.key, clock + line.later(now), TURN))
            else:
                here.append(recipient)
            more[line] += 1
        for line, many in more.items():
            line.brought(many, now)
        return here

    async def _refused(self, no: int, reason: str, then: str = "") -> None:
        """Go on without an outlet that takes no messages; without any left, pause the run and say what to do ``then``.

        After a while another sender is called for those who wait, and tries the outlet again.
        """
        desk = self.desks[no]
        if desk.closed or self.settler.phase != "sending":
            return
        name = self._routing.name(no)
        text = f"{name}: {reason}" if name else reason
        if all(other.closed for other in self.desks if other is not desk):
            await self._pause_run(text + then)
            return
        desk.close(f"Waits because its sender takes no messages. {text}"[:500])
        await self._say(no, f"{text}. Messages that go another way are sent")
        due = self.engines.clock.now() + CLOSED
        waiting = [recipient for line in desk.lines for recipient in line.queue]
        for line in desk.lines:
            line.queue.clear()
        await self.settler.submit([put_off(recipient.key, due, desk.closed or "") for recipient in waiting])

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
            key: self.desks[0].blocked(key, f"{policy.name}: {limit_text(limit)}", variants[key])
            for key, limit in reached.items()
        }

    async def _new_contact(self, key: MessageKey, present: bytes) -> bool:
        async with self.engines.db.hot() as raw:
            return await ledger.change_contact(raw, self.run_.id, key, self.settler.session, present)

    # -- what people should know ------------------------------------------------------------------------------------

    async def _say(self, no: int, text: str | None) -> None:
        if text is None:
            self._troubles.pop(no, None)
        else:
            self._troubles[no] = text
        told = ". ".join(self._troubles.values()) or None
        with contextlib.suppress(psycopg.OperationalError):
            async with self.engines.db.hot() as raw:
                await ledger.trouble(raw, self.run_.id, told, self.engines.clock.now())

    async def _pause_run(self, text: str) -> None:
        if self.settler.phase != "sending":
            return
        self.settler.phase = "paused"
        async with self.engines.db.hot() as raw:
            await ledger.pause(raw, self.run_.id, text, self.engines.clock.now())


def _together(templates: Sequence[Compiled]) -> Compiled:
    """Return a template that stands for all of them when values are read."""
    uses = {use for made in templates for use in made.uses}
    return msgspec.structs.replace(templates[0], uses=sorted(uses))
