"""What is to be thought of before an activity is launched: whom it would take into its campaign."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from fidelia import messages, segments
from fidelia.platform.postgres import Tx

from .people.admission import OPEN
from .store import campaigns as store
from .store import people as lists


async def notes(tx: Tx, mailing: messages.Mailing, people: BitMap) -> Sequence[str]:
    """Return sentences about a mailing that is aimed at some people; nothing is changed (a port of messages).

    An estimate splits nobody, so of those who would come in nobody can say yet who would be kept back.
    """
    if mailing.campaign_id is None:
        return ()
    found = await lists.standing(tx, mailing.campaign_id, mailing.id)
    if found is None or found.state not in OPEN or "audience" not in found.widens:
        return ()
    row = await store.get(tx, mailing.campaign_id)
    new = people - found.people.audience - found.people.withheld
    new -= await segments.kept_back(tx, row.database_id, "campaign", row.id, new)
    if not new:
        return ()
    who = "1 person" if len(new) == 1 else f"{len(new):,} people"
    said = f"The start takes {who} more into the campaign {row.name}, who are counted here as outside of it"
    return (f"{said}; about {row.percent:g} % of them will be kept back" if row.percent else said,)
