"""Broadcasts: one run to everybody who is selected when it begins."""

from __future__ import annotations

from fidelia.kernel.errors import FieldError
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Mailing
from ..service.launching import launch


class Broadcast:
    """One run, and done."""

    lasting = False

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return nothing: what every mailing needs is all that it needs."""
        return []

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Launch its run."""
        await launch(tx, mailing, by)

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """There is nothing but its run."""

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """There is nothing but its run."""

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """There is nothing but its run."""

    async def tick(self, engines: Engines) -> None:
        """Nothing comes due but its beginning."""
