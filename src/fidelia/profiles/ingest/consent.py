"""Subscriptions that rows ask for, written after their profiles are known."""

from __future__ import annotations

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..model import SubscriptionItem
from ..service.subscriptions import subscribe
from .model import SUBSCRIPTIONS, Batch, Options, Outcome, RowError

KEPT = "The subscription stays as it is: consent is not raised unless asked"


async def subscribe_rows(
    tx: Tx, actor: Actor, database: Database, batch: Batch, options: Options, outcome: Outcome
) -> None:
    """Store what the rows of a written batch ask for; what is refused or kept becomes a note of the row.

    A row that changed nothing but a subscription counts as updated.
    """
    if not batch.subscriptions:
        return
    wanted = []
    rows = []
    places = {row: place for place, row in enumerate(outcome.rows)}
    for change in batch.subscriptions:
        place = places.get(change.row)
        profile = outcome.profiles[place] if place is not None else 0
        if not profile:
            continue
        rows.append(change)
        wanted.append(
            SubscriptionItem(
                profile_id=profile,
                resource_id=change.resource,
                channel=change.channel,
                contact=change.contact,
                status=change.status,
                priority=change.priority,
            )
        )
    if not wanted:
        return
    results = await subscribe(tx, actor, database.id, wanted, raise_consent=options.raise_consent)
    for change, result in zip(rows, results, strict=True):
        if result.status == "rejected":
            outcome.notes.append(RowError(change.row, SUBSCRIPTIONS, result.error or "This subscription is refused"))
        elif result.status == "kept":
            outcome.notes.append(RowError(change.row, SUBSCRIPTIONS, KEPT, change.status, is_kept_consent=True))
        elif result.status != "unchanged" and outcome.statuses[places[change.row]] == "unchanged":
            outcome.count_as_updated(places[change.row])
