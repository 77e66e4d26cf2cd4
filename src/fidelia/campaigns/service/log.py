"""What was done with a campaign: its part of the audit log, for all who may see the campaign."""

from __future__ import annotations

from fidelia.access import read_audit
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..model import CampaignLogEntry
from ..store import campaigns as store


async def log(tx: Tx, campaign_id: int, request: PageRequest) -> Page[CampaignLogEntry]:
    """Return a page of what was done with a campaign, the newest first; raise 404, 422 for a bad cursor.

    From which address somebody did it, only the audit log says.
    """
    row = await store.get(tx, campaign_id)
    page = await read_audit(tx, request, kind="campaign", object_id=str(row.id))
    items = [
        CampaignLogEntry(
            id=entry.id,
            at=entry.at,
            actor_kind=entry.actor_kind,
            actor=entry.actor_name,
            action=entry.action,
            before=entry.before,
            after=entry.after,
        )
        for entry in page.items
    ]
    return Page(items, page.next_cursor, page.total)
