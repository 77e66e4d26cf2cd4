"""What a kind of mailing has to say; :mod:`registry` knows them all."""

from __future__ import annotations

from typing import Protocol

from fidelia.kernel.errors import FieldError
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..model import Mailing


class Kind(Protocol):
    """How mailings of one kind begin and go on.

    One that is ``lasting`` is *active* between its messages until somebody stops it; any other is *sending* until its
    one run is done. What concerns every run alike (its audience, its senders, holding and stopping it) is not a kind's
    business.
    """

    @property
    def lasting(self) -> bool:
        """Whether it goes on until it is stopped."""
        ...

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return what of this kind's own settings keeps the mailing from being started."""
        ...

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Its moment has come: launch a run, or see to it that runs are launched."""
        ...

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """It is paused: launch no run and take in nobody further; its open runs are held already."""
        ...

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """It goes on after a pause; its runs do already."""
        ...

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """It is stopped for good; its open runs are already."""
        ...

    async def tick(self, engines: Engines) -> None:
        """Do what is due of all mailings of this kind; called every two seconds, by several processes at once."""
        ...
