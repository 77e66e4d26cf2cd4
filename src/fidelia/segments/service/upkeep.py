"""What segments forget by themselves."""

from __future__ import annotations

from datetime import timedelta

import anyio.to_thread

from fidelia.platform.engines import Engines
from fidelia.platform.files import Files

from ..store import exports as exports_store
from ..store import members as members_store

#: Files with people's data are kept this long.
KEEP_FILES = timedelta(days=7)
#: Longer than any list takes to be worked out.
KEEP_ERASURES = timedelta(days=7)


async def forget_old(engines: Engines) -> None:
    """Remove files after a week, and the notes of erasures that no list in the making can have missed."""
    async with engines.tx() as tx:
        keys = await exports_store.expired(tx, tx.now - KEEP_FILES)
        await members_store.purge_erasures(tx, tx.now - KEEP_ERASURES)
    files = Files(engines.files)
    for key in keys:
        await anyio.to_thread.run_sync(files.delete, key)
