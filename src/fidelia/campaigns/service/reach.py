"""Who would get an activity as things stand, by the same gate that sendings ask. Consent is not looked at."""

from __future__ import annotations

from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.messages import Mailing
from fidelia.platform.postgres import Tx

from ..gate import shut_out
from ..model import INTERACTIONS
from ..store import people as lists
from ..store.activities import ActivityRow
from ..store.campaigns import CampaignRow
from ..store.people import People

_OVER = ("done", "stopped")


class Reach:
    """The reach of a campaign's activities; what several of them need is looked up once."""

    def __init__(self, row: CampaignRow) -> None:
        self._row = row
        self._people: People | None = None
        self._segments: dict[int, BitMap | None] = {}

    async def of(self, tx: Tx, item: ActivityRow, mailing: Mailing) -> int | None:
        """Return how many would get an activity now.

        ``None`` before the campaign is active and after it, of a mailing that is over, and of a dynamic segment, whose
        people nobody knows before it is asked.
        """
        if self._row.state != "active" or self._row.archived_at is not None:
            return None
        if mailing.archived_at is not None or mailing.state in _OVER:
            return None
        if self._people is None:
            self._people = await lists.people(tx, self._row.id)
        inside = self._people
        known = inside.assigned | inside.withheld
        outsiders = 0
        if mailing.segment_id is not None:
            aimed = await self._members(tx, mailing.segment_id)
            if aimed is None:
                return None
        else:
            aimed = known
            if set(item.widens) & set(INTERACTIONS):  # reaches whoever is not in the campaign, too
                outsiders = max(0, await profiles.profile_count(tx, self._row.database_id) - len(known))
        standing = lists.Standing(state=self._row.state, widens=list(item.widens), exempt=item.exempt, people=inside)
        left = aimed - BitMap.union(BitMap(), *shut_out(standing, aimed).values())
        if not item.exempt:
            left -= inside.withheld
        return len(left) + outsiders

    async def _members(self, tx: Tx, segment_id: int) -> BitMap | None:
        if segment_id not in self._segments:
            segment = await segments.get_segment(tx, segment_id)
            self._segments[segment_id] = None if segment.type == "dynamic" else await segments.members(tx, segment_id)
        return self._segments[segment_id]
