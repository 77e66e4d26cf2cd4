"""What the tests of messages share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fidelia.messages.mailbox.server import MailboxServer
from fidelia.platform.engines import Engines


@pytest.fixture(scope="module")
async def mailbox(engines: Engines) -> AsyncIterator[MailboxServer]:
    """The capture mailbox, listening."""
    server = MailboxServer(engines)
    await server.start()
    yield server
    await server.stop()
