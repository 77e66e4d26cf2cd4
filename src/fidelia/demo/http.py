"""Routes of the demo."""

from __future__ import annotations

import importlib.util

from litestar import Controller, get, post

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform import jobs
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from . import store
from .store import PACKAGE
from .tasks import LOAD

LINK = "/"


class DemoIn(Body, frozen=True):
    """How much to load; ``small`` takes two hundred households."""

    small: bool = False


def installed() -> bool:
    """Tell whether the package with the data is there."""
    return importlib.util.find_spec(PACKAGE) is not None


class DemoController(Controller):
    """A real retailer's year, for looking around."""

    path = "/demo"
    tags = ("Demo",)

    @get("/", opt={"right": "databases:read"}, summary="How far the demo is")
    async def state(self, tx: Tx) -> store.DemoState:
        """Return what is loaded."""
        return await store.state(tx, installed=installed())

    @post(
        "/",
        dto=Strict[DemoIn],
        return_dto=None,
        status_code=202,
        opt={"right": "databases:create"},
        summary="Load the demo data",
    )
    async def load(self, tx: Tx, actor: Actor, data: DemoIn) -> jobs.JobReply:
        """Load the Complete Journey data as a job; what is there already is left alone."""
        if not installed():
            raise conflict("The demo data is not installed: pip install 'fidelia[demo]' into this environment first")
        job = await jobs.create(
            tx,
            kind=LOAD,
            title="Load the demo data",
            actor=actor.name,
            args={"small": data.small},
            link=LINK,
            lock=LOAD,
        )
        return jobs.JobReply(job)
