"""Routes of notices."""

from __future__ import annotations

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.platform import notices
from fidelia.platform.notices import Notice
from fidelia.platform.postgres import Tx


class NoticeList(msgspec.Struct, frozen=True):
    """Open notices, the latest first."""

    items: list[Notice]


class NoticeController(Controller):
    """What the installation has to say."""

    path = "/notices"
    tags = ("Operation",)

    @get("/", opt={"right": "profiles:read"}, summary="Notices that nobody has dismissed")
    async def list_notices(self, tx: Tx) -> NoticeList:
        """Return open notices, such as that the quota of profiles is reached."""
        return NoticeList(await notices.open_notices(tx))

    @post("/{notice_id:int}/dismiss", opt={"right": "profiles:update"}, status_code=204, summary="Dismiss a notice")
    async def dismiss_notice(self, tx: Tx, actor: Actor, notice_id: FromPath[int]) -> None:
        """Take a notice down for everybody."""
        if not 0 < notice_id < 2**63 or not await notices.dismiss(tx, notice_id, actor.name):
            raise not_found("Notice", notice_id)
