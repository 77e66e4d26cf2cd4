"""How the people of campaigns get to ClickHouse: three bitmaps each, in the table of members that conditions ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyroaring import BitMap

from fidelia.conditions import BASES
from fidelia.platform.postgres import Tx
from fidelia.segments import ListedPeople

from .store import facing as store

#: The groups of a campaign that conditions may ask for, by what is added to the campaign's number.
GROUPS: Mapping[str, int] = {"any": 0, "test": 1, "control": 2}
BASE = BASES["campaign"]
#: Numbers that each campaign has; one of them is not in use.
STEP = 4


def changed(tx: Tx, database_id: int, campaign_id: int) -> None:
    """Say that the people of a campaign have changed and must be projected; of a new one, that there are none yet."""
    tx.mark_dirty("segments", database_id, _numbers(campaign_id))


def _numbers(campaign_id: int) -> list[int]:
    return [BASE + STEP * campaign_id + group for group in GROUPS.values()]


class CampaignBitmaps:
    """Who is in campaigns, and who ever was: everybody, the test groups, the control groups (a port of segments).

    Ever in the test group was who is assigned to it, in whichever group they were before: to take a control group away
    moves its people over for good.
    """

    async def numbers(self, tx: Tx, database_id: int) -> Sequence[int]:
        """Return the numbers of the lists of all campaigns of a database."""
        return [number for campaign_id in await store.ids_in(tx, database_id) for number in _numbers(campaign_id)]

    async def lists(self, tx: Tx, database_id: int, numbers: BitMap) -> Mapping[int, ListedPeople]:
        """Return those of these lists that there are."""
        last = BASE + STEP * 2**24
        wanted = sorted({(number - BASE) // STEP for number in numbers if BASE <= number < last})
        found: dict[int, ListedPeople] = {}
        for campaign_id, people in (await store.lists_of(tx, database_id, wanted)).items():
            sides = {
                "any": ListedPeople(people.audience, people.assigned),
                "test": ListedPeople(people.audience - people.control, people.assigned - people.control),
                "control": ListedPeople(people.audience & people.control, people.control),
            }
            first = BASE + STEP * campaign_id
            found |= {first + group: sides[key] for key, group in GROUPS.items() if first + group in numbers}
        return found
