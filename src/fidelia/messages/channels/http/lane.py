"""One request after another: the intent of a message is durable before its request is made, its result right after.

A request that may have left and was not answered is *unknown* and not repeated, unless the definition says that the
provider takes two requests for the same message for one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ...sending.desk import Desk
from ...store.ledger import Result
from .calling import Called
from .maker import HttpMessage

if TYPE_CHECKING:
    from .outlet import HttpOutlet

_UNKNOWN = "No answer came to the request ({}); not repeated"


class Lane:
    """Sends the messages of a desk one after another until it has no more."""

    def __init__(self, desk: Desk, outlet: HttpOutlet) -> None:
        self._desk, self._outlet = desk, outlet
        self._results: list[Result] = []

    async def run(self) -> None:
        """Work until there is nothing left or the run stops."""
        try:
            while (message := await self._next()) is not None and not self._desk.stopping:
                results, self._results = self._results, []
                if not await self._desk.settle(results, message.key):
                    continue
                self._results.append(await self._judged(message, await self._outlet.caller.call(message.built)))
        finally:
            await self._settle()

    async def _next(self) -> HttpMessage | None:
        message = self._desk.take()
        if message is None:
            await self._settle()  # nothing to do for a while: results do not wait for company
            message = await self._desk.wait_for_message()
        if message is not None and self._outlet.held:
            await self._settle()
            await self._outlet.rest(self._desk)
        return cast(HttpMessage | None, message)

    async def _settle(self) -> None:
        if self._results:
            results, self._results = self._results, []
            await self._desk.settle(results)

    async def _judged(self, message: HttpMessage, called: Called) -> Result:
        """Turn what came of a request into a result."""
        verdict, code = called.verdict, called.answer.status if called.answer is not None else None
        reason = verdict.reason
        if called.answer is not None:
            await self._outlet.reached(self._desk)
        if verdict.outcome == "sent":
            return replace(self._desk.sent(message), provider_id=verdict.message_id)
        if verdict.outcome == "unknown":
            return Result(message.key, "unknown", _UNKNOWN.format(reason)[:500], tried=True)
        if verdict.outcome == "stop":
            await self._desk.outlet_refused(f"{self._outlet.name}: {reason}")
            return self._desk.back(message, reason, code)
        if verdict.outcome == "failed":
            self._desk.refusals += 1
            if verdict.unsubscribes:
                await self._outlet.leaves(message, reason)
            return self._desk.refused(message, reason, code)
        return await self._again(message, called, code)

    async def _again(self, message: HttpMessage, called: Called, code: int | None) -> Result:
        """Nothing was sent: the message is tried again, when the provider says or after a while."""
        verdict = called.verdict
        if called.answer is None and not called.begun:  # nobody was asked: it is not this message's try
            await self._outlet.not_reached(self._desk, f"{self._outlet.name}: {verdict.reason}")
            return self._desk.back(message, verdict.reason)
        if verdict.retry_after:
            self._outlet.hold(verdict.retry_after)
        return self._desk.later(message, verdict.reason, code, verdict.retry_after or 0)
