"""Who may get what a campaign does: what messages ask before the audience is known, and again with every message."""

from __future__ import annotations

from pyroaring import BitMap

from fidelia import messages
from fidelia.platform.postgres import Tx

from .model import INTERACTIONS
from .people.admission import OPEN, admit, sync
from .store import campaigns as store
from .store import people as lists


async def gate(tx: Tx, database_id: int, plan: messages.Plan, people: BitMap) -> dict[str, BitMap]:
    """Return who of some people must not get a mailing, by reason: a gate of messages.

    People of the test group get it. An exempt activity reaches the control group as well, and whom the global group
    withholds. One that is widened by interactions reaches outsiders too. A campaign that is over, or has not begun,
    lets nobody through.
    """
    if plan.campaign_id is None:
        return {}
    found = await lists.standing(tx, plan.campaign_id, plan.mailing_id)
    return {"campaign_over": BitMap(people)} if found is None else shut_out(found, people)


def shut_out(found: lists.Standing, people: BitMap) -> dict[str, BitMap]:
    """Return who of some people must not get an activity, by reason. Pure."""
    if found.state not in OPEN:
        return {"campaign_over": BitMap(people)}
    inside = found.people
    reached = inside.audience if found.exempt else inside.test
    if found.exempt:
        reached = reached | inside.withheld
    if set(found.widens) & set(INTERACTIONS):
        reached = reached | (people - inside.assigned)
    kept = BitMap() if found.exempt else people & inside.audience & inside.control
    return {"campaign_control": kept, "not_in_campaign": people - reached - kept}


async def admission(tx: Tx, database_id: int, plan: messages.Plan, people: BitMap) -> None:
    """Let in whom an activity is about to reach: a port of messages, asked before the gates.

    Who is on the segment's list by now joins in any case; others only where the activity widens the audience.
    """
    if plan.campaign_id is None:
        return
    await sync(tx, plan.campaign_id)
    found = await lists.standing(tx, plan.campaign_id, plan.mailing_id)
    if found is not None and found.state in OPEN and "audience" in found.widens:
        await admit(tx, plan.campaign_id, people, source="audience", activity=plan.mailing_id)


async def exempt(tx: Tx, campaign_id: int, mailing_id: int) -> bool:
    """Say whether an activity reaches control groups too."""
    return await lists.exempt(tx, campaign_id, mailing_id)


async def hold(tx: Tx, mailing: messages.Mailing) -> str | None:
    """Say why a mailing of a campaign cannot be started, if it cannot: a port of messages."""
    if mailing.campaign_id is None:
        return None
    row = await store.find(tx, mailing.campaign_id)
    if row is None:
        return None
    if row.archived_at is not None:
        return f"The campaign {row.name} is archived"
    if row.state == "draft":
        return f"Start the campaign {row.name} first"
    return f"The campaign {row.name} is over" if row.state == "completed" else None
