"""The route that tries failed messages again."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Controller, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Mailing
from ..service import mailings as mailings_service
from ..service import retrying


class MailingRetry(Body, frozen=True):
    """What to try again: only what the servers refused for the time being, or all that failed.

    Without ``run_id`` the newest run's.
    """

    which: Literal["temporary", "all"] = "temporary"
    run_id: int | None = None


class MailingRetried(msgspec.Struct, frozen=True):
    """How many messages are in the queue again, and where the mailing stands."""

    queued: int
    mailing: Mailing


class RetryController(Controller):
    """Trying again."""

    path = "/mailings/{mailing_id:int}"
    tags = ("Mailings",)

    @post(
        "/retry",
        dto=Strict[MailingRetry],
        return_dto=None,
        opt={"right": "mailings:run"},
        status_code=200,
        summary="Try failed messages again",
    )
    async def retry(self, tx: Tx, actor: Actor, mailing_id: FromPath[int], data: MailingRetry) -> MailingRetried:
        """Put failed messages back to the queue, once each; what was sent or is unknown is never repeated."""
        queued = await retrying.retry_failed(
            tx, actor, mailing_id, run_id=data.run_id, only_temporary=data.which == "temporary"
        )
        return MailingRetried(queued, await mailings_service.get_mailing(tx, mailing_id))
