"""Mailings as parts of campaigns: put in, taken out, ended together."""

from __future__ import annotations

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Mailing
from ..store import mailings as store
from .mailings import stop_mailing, unschedule_mailing


async def put_in_campaign(tx: Tx, mailing_id: int, campaign_id: int | None) -> Mailing:
    """Make a mailing part of a campaign, or of none; return it as it is then. Who may be is the campaign's to say.

    Raise 404, and 409 while it is at work, or when it is part of another campaign.
    """
    before = await store.get(tx, mailing_id, lock=True)
    if before.campaign_id == campaign_id:
        return before
    if before.state in rules.AT_WORK:
        raise conflict(f"This mailing is {before.state}; what is at work stays in its campaign, or outside of one")
    if None not in (before.campaign_id, campaign_id):
        raise conflict(f"{before.name} belongs to another campaign")
    await store.update(tx, mailing_id, {"campaign_id": campaign_id})
    return await store.get(tx, mailing_id)


async def hold_campaign_mailings(tx: Tx, campaign_id: int) -> list[Mailing]:
    """Lock the mailings of a campaign, whatever their state, and return them, by id.

    A start that is under way is waited for, and none begins before this transaction ends: it asks the campaign then.
    Mailings are locked before the campaign's own row is, as by whoever takes people in for one.
    """
    return [await store.get(tx, mailing_id, lock=True) for mailing_id in await store.of_campaign(tx, campaign_id)]


async def stop_campaign_mailings(tx: Tx, actor: Actor, campaign_id: int) -> list[Mailing]:
    """End what of a campaign is at work, and take back what has not begun; return these mailings as they are then.

    All its mailings stay locked until the end of the transaction (see ``hold_campaign_mailings``).
    """
    ended = []
    for mailing in await hold_campaign_mailings(tx, campaign_id):
        if rules.after(mailing.state, "stop") is not None:
            ended.append(await stop_mailing(tx, actor, mailing.id))
        elif rules.after(mailing.state, "unschedule") is not None:
            ended.append(await unschedule_mailing(tx, actor, mailing.id))
    return ended
