"""One request to a provider and what its answer means; tokens of OAuth 2 are got and kept on the way."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import msgspec

from fidelia.kernel.clock import Clock
from fidelia.platform.fetch import Answer, Fetcher, FetchLimits, FetchProblem

from .answer import judge
from .model import AnswerVerdict, ChannelDefinition
from .request import Built, CannotBuild, RequestMaker, header_value
from .secrecy import Hider

KEEP = 65_536
#: A token is not used any more when it ends within so many seconds.
_SPARE = 30.0
_DEFAULT_LIFE = 300.0
#: Why nothing was tried because of how the channel is set up: no other recipient would fare better.
_SETUP = frozenset({"scheme", "address", "tls"})


class SignInRefused(Exception):
    """No token is given; ``stop`` says whether somebody has to look at it first."""

    def __init__(self, reason: str, *, stop: bool) -> None:
        super().__init__(reason)
        self.stop = stop


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a request: the answer, if there is one, and what it means; ``begun``: it may have left."""

    verdict: AnswerVerdict
    answer: Answer | None
    seconds: float
    begun: bool = True


class Caller:
    """Sends the requests of one channel; share it among its lanes."""

    def __init__(
        self, fetcher: Fetcher, definition: ChannelDefinition, maker: RequestMaker, hider: Hider, clock: Clock
    ) -> None:
        self._fetcher, self._definition, self._maker = fetcher, definition, maker
        self._hider, self._clock = hider, clock
        timeout = definition.limits.timeout
        self._limits = FetchLimits(
            connect_seconds=min(10.0, timeout), read_seconds=timeout, total_seconds=timeout, redirects=0
        )
        self._token, self._until = "", 0.0
        self._signing_in = asyncio.Lock()

    async def call(self, built: Built) -> Called:
        """Send a request and return what came of it; never raises for what the other side does."""
        began = time.monotonic()
        try:
            answer = await self._answered(built)
        except SignInRefused as exc:
            said = _said("stop" if exc.stop else "later", str(exc))
            return Called(said, None, time.monotonic() - began, begun=False)
        except FetchProblem as exc:
            return Called(self._lost(exc), None, time.monotonic() - began, exc.begun)
        verdict = judge(self._definition.answer, answer.status, answer.headers, answer.body, self._clock.now())
        hidden = msgspec.structs.replace(verdict, reason=self._hider.hide(verdict.reason))
        return Called(hidden, answer, time.monotonic() - began)

    async def _answered(self, built: Built) -> Answer:
        if self._definition.auth.kind != "oauth2":
            return await self._send(built, built.headers)
        token = await self._signed_in("")
        answer = await self._send(built, {**built.headers, "authorization": f"Bearer {token}"})
        if answer.status == 401:  # it may have been taken back before its time
            token = await self._signed_in(token)
            answer = await self._send(built, {**built.headers, "authorization": f"Bearer {token}"})
        return answer

    async def _send(self, built: Built, headers: dict[str, str]) -> Answer:
        return await self._fetcher.call(
            built.method, built.url, headers=headers, body=built.body, limits=self._limits, keep=KEEP
        )

    def _lost(self, exc: FetchProblem) -> AnswerVerdict:
        """Say what a request without an answer means: nothing left here, or nobody knows what became of it."""
        reason = self._hider.hide(exc.detail)
        if exc.begun:
            return _said("later" if self._definition.request.idempotent else "unknown", reason)
        return _said("stop" if exc.reason in _SETUP else "failed" if exc.reason == "header" else "later", reason)

    # -- OAuth 2, client credentials --------------------------------------------------------------------------------

    async def _signed_in(self, refused: str) -> str:
        """Return a token other than the refused one; one request for it at a time."""
        async with self._signing_in:
            if not self._token or self._token == refused or time.monotonic() >= self._until:
                self._token, life = await self._new_token()
                self._until = time.monotonic() + max(life - _SPARE, life / 2)
            return self._token

    async def _new_token(self) -> tuple[str, float]:
        auth, setting = self._definition.auth, self._maker.setting
        client, secret = setting(auth.client_id), setting(auth.client_secret)
        form = {"grant_type": "client_credentials"} | ({"scope": setting(auth.scope)} if auth.scope else {})
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if auth.client_in_body:
            form |= {"client_id": client, "client_secret": secret}
        else:  # RFC 6749, section 2.3.1: both are encoded as in a form first
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        try:
            url = self._maker.token_url()
            answer = await self._fetcher.call(
                "POST", url, headers=headers, body=urlencode(form).encode(), limits=self._limits, keep=KEEP
            )
        except CannotBuild as exc:
            raise SignInRefused(str(exc), stop=True) from exc
        except FetchProblem as exc:  # no message was in it
            text = f"Signing in: {self._hider.hide(exc.detail)}"
            raise SignInRefused(text, stop=exc.reason in _SETUP) from exc
        return _token_of(answer)


def _token_of(answer: Answer) -> tuple[str, float]:
    if answer.status in (400, 401, 403):
        text = f"The provider does not accept the client id or its secret ({answer.status})"
        raise SignInRefused(text, stop=True)
    if not 200 <= answer.status < 300:
        raise SignInRefused(f"Signing in: the provider answers {answer.status}", stop=False)
    try:
        found = msgspec.json.decode(answer.body)
        token, life = str(found["access_token"]), float(found.get("expires_in") or _DEFAULT_LIFE)
        header_value("Authorization", token)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError, CannotBuild) as exc:
        raise SignInRefused("Signing in: the provider's answer holds no token", stop=False) from exc
    return token, life


def _said(outcome: str, reason: str) -> AnswerVerdict:
    return AnswerVerdict(
        outcome=outcome,  # type: ignore[arg-type]  # one of the literal's, named above
        rule=None,
        reason=reason[:500],
        message_id=None,
        retry_after=None,
        unsubscribes=False,
    )
