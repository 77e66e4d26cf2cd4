"""The job that writes personal data (it asks ClickHouse, so it runs in the core), and the end of old files."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from . import service

write = task(service.KIND, queue="core")(service.write)


@periodic("profiles.personal_data_expires", "40 2 * * *", queue="core")
async def expire(engines: Engines) -> None:
    """Remove files that are older than a week."""
    await service.expire(engines)
