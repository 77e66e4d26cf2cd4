"""What went by whom: the senders of a run in its report, and of single messages."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from fidelia.platform.postgres import Tx

from . import store
from .model import SETTINGS_SERVER
from .servers import of_settings


class SenderReport(msgspec.Struct, frozen=True):
    """What went by a mail server from an address. ``no`` names it in lists of people; ``waiting`` were tried before."""

    no: int
    server_id: int
    server: str
    from_email: str
    from_name: str
    sent: int
    failed: int
    unknown: int
    waiting: int


async def senders_report(tx: Tx, run_id: int) -> list[SenderReport]:
    """Return by whom a run's messages went, the most first; empty where a run had no virtual sender."""
    rows = await store.by_sender(await tx.raw(), run_id)
    names = await _names(tx, [server for _, server, *_ in rows])
    return [
        SenderReport(
            no,
            server,
            names[server],
            address,
            name,
            sent=states.get("sent", 0),
            failed=states.get("failed", 0),
            unknown=states.get("unknown", 0),
            waiting=sum(states.get(state, 0) for state in ("queued", "leased", "handed")),
        )
        for no, server, address, name, states in rows
    ]


async def labels(tx: Tx, numbers: Collection[int]) -> dict[int, str]:
    """Return what people call senders, by the ledger's numbers: the server, and the address that mails come from."""
    found = await store.senders_of(await tx.raw(), numbers) if numbers else {}
    names = await _names(tx, [server for server, _ in found.values()])
    return {no: f"{names[server]}, {address}" for no, (server, address) in found.items()}


async def _names(tx: Tx, servers: Collection[int]) -> dict[int, str]:
    own = {SETTINGS_SERVER: of_settings(tx.engines.settings).name}
    return own | (await store.server_names(await tx.raw(), servers) if servers else {})
