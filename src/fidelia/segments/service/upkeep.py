"""What segments forget by themselves."""

from __future__ import annotations

from datetime import timedelta

import anyio.to_thread

from fidelia.platform.engines import Engines
from fidelia.platform.files import Files

from ..store import exports as exports_store
from ..store import members as members_store
from ..store import runs as runs_store
from .people import KEEP_ERASURES

#: Who entered and left by a run is known this long; its figures stay.
KEEP_RUN_PEOPLE = timedelta(days=90)
#: Upkeep comes every hour; erasures of this time are gone through again.
_LATELY = timedelta(hours=6)


async def forget_old(engines: Engines) -> None:
    """Remove files after a week; take erased people out of what runs keep; forget what nobody needs any more."""
    async with engines.tx() as tx:
        keys = await exports_store.expired(tx, tx.now - exports_store.KEEP_FILES)
        await runs_store.purge_people(tx, tx.now - KEEP_RUN_PEOPLE)
        for database_id, gone in (await members_store.erasures(tx, tx.now - _LATELY)).items():
            await runs_store.forget(tx, database_id, gone)
        await members_store.purge_erasures(tx, tx.now - KEEP_ERASURES)
    files = Files(engines.files)
    for key in keys:
        await anyio.to_thread.run_sync(files.delete, key)
