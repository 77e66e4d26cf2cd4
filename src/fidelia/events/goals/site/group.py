"""The group commit that events of sites share with the messages of client libraries."""

from __future__ import annotations

from fidelia.platform.engines import Engines

from ...ingest.group import GroupCommit
from ...segment.apply import Delivered, Delivery, write_messages

_PORT = "events.segment"


def deliveries(engines: Engines) -> GroupCommit[Delivery, Delivered]:
    """Return the process's group commit of messages."""
    found: GroupCommit[Delivery, Delivered] | None = engines.ports.get(_PORT)
    if found is None:
        found = engines.ports[_PORT] = GroupCommit(engines, write_messages)
    return found
