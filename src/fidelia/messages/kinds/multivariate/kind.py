"""Multivariate mailings: a test on a part of the audience, and its winner for the rest."""

from __future__ import annotations

from fidelia.kernel.errors import FieldError
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...model import Mailing
from ...service.launching import launch
from . import service
from .checks import test_faults


class Multivariate:
    """One run, of which most wait until the winner is known."""

    lasting = False

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return what of the test is missing."""
        return test_faults(mailing.split, tx.now)

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Launch its run."""
        await launch(tx, mailing, by)

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """Nothing: a run that is paused is not decided either, until it goes on."""

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """Nothing: what has come due meanwhile is decided at the next look."""

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """There is nothing but its run."""

    async def tick(self, engines: Engines) -> None:
        """Move its tests on."""
        await service.tick(engines)
