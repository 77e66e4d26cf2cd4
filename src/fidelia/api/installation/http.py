"""Routes of the installation."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from litestar import Controller, get, post

from fidelia import __version__
from fidelia.access import Actor
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx
from fidelia.settings import Settings

from . import rebuild
from .check import Finding, examine


class InstallationOut(msgspec.Struct, frozen=True):
    """What runs here. ``mail_server`` is null while mails go to the built-in mailbox."""

    version: str
    url: str
    embedded_postgres: bool
    embedded_clickhouse: bool
    mail_server: str | None


class CheckOut(msgspec.Struct, frozen=True):
    """What a check has found; ``ok`` when every finding is."""

    ok: bool
    findings: list[Finding]


def _runs_postgres(settings: Settings) -> bool:
    """Tell whether the address that a supervisor handed down leads to the server in its own data folder."""
    return urlsplit(settings.postgres.dsn).hostname is None and (Path(settings.data.dir) / "postgres").is_dir()


class InstallationController(Controller):
    """The installation as a whole."""

    path = "/installation"
    tags = ("Operation",)

    @get("/", opt={"right": "settings:read"}, summary="What this installation is made of")
    async def describe(self, engines: Engines) -> InstallationOut:
        """Return the version, the address and the engines."""
        settings = engines.settings
        return InstallationOut(
            version=__version__,
            url=settings.url,
            embedded_postgres=settings.embedded_postgres or _runs_postgres(settings),
            embedded_clickhouse=settings.embedded_clickhouse,
            mail_server=settings.smtp.host or None,
        )

    @post("/check", opt={"right": "settings:read"}, status_code=200, summary="Look for everything that should not be")
    async def check(self, engines: Engines) -> CheckOut:
        """Examine engines, schema, backlog and jobs, and compare what both engines hold."""
        findings = await examine(engines)
        return CheckOut(all(f.ok for f in findings), findings)

    @post(
        "/rebuild",
        opt={"right": "settings:update"},
        status_code=202,
        summary="Make everything in ClickHouse but the event history again",
    )
    async def rebuild(self, tx: Tx, actor: Actor) -> JobReply:
        """Start a job that fills every projection again from PostgreSQL."""
        made = await jobs.create(
            tx, kind=rebuild.KIND, title="Rebuild the projections", actor=actor.name, lock="installation"
        )
        return JobReply(made)
