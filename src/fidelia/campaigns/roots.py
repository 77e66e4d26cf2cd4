"""What messages of a campaign's mailings may say of it: the root ``campaign`` of templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fidelia import messages, profiles
from fidelia.platform.postgres import Tx

from .store import facing as store


async def root(tx: Tx, database_id: int, plan: messages.Plan, people: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return id, name, description and day of the start, the same for everybody (a port of messages).

    Nothing for a mailing of no campaign; what a campaign does not have is left out, so a template may ask for it.
    """
    found = None if plan.campaign_id is None else await store.known(tx, plan.campaign_id)
    if found is None:
        return {}
    values: dict[str, Any] = {"id": found.id, "name": found.name}
    if found.description:
        values["description"] = found.description
    if found.started_at is not None:
        zone = ZoneInfo((await profiles.get_database(tx, database_id)).timezone)
        values["started_on"] = found.started_at.astimezone(zone).date().isoformat()
    return dict.fromkeys(people, values)
