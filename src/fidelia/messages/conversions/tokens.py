"""Which message a token is of: of those that addresses of landing pages carry, and of message ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from fidelia import events
from fidelia.platform.postgres import Tx

from ..service.outlet import signer
from ..store import tracking as store
from ..store.tracking import RunFacts, Sent
from ..tracking.hits import HitBuffer
from ..tracking.tokens import Token
from .model import Message

#: Kinds of tokens that name a message: the one made for sites, and the id of a mail.
KINDS = "gm"


class Known(NamedTuple):
    """A message that a token is of, and when it was handed over."""

    message: Message
    sent_at: datetime
    run: RunFacts
    variant: int


async def read(tx: Tx, database_id: int, tokens: Collection[str]) -> dict[str, Known]:
    """Return what is known by tokens; those that are not ours, of another database, or never sent are left out."""
    signs = await signer(tx.engines)
    named: dict[str, Token] = {}
    for text in tokens:
        token = next((read_ for kind in KINDS if (read_ := signs.read(kind, text)) is not None), None)
        if token is not None:
            named[text] = token
    if not named:
        return {}
    hits = HitBuffer.of(tx.engines)
    runs = {run: await hits.facts(run) for run in {token.run for token in named.values()} if run < 2**31}
    own = {
        text: token
        for text, token in named.items()
        if (run := runs.get(token.run)) is not None and run.database_id == database_id
    }
    raw = await tx.raw()
    ledger: dict[str, Sent] = {text: (token.run, token.profile, token.occasion) for text, token in own.items()}
    sent = await store.sent_at(raw, ledger.values())
    missing = [message for message in ledger.values() if message not in sent]
    if missing:  # some may have been merged since
        became = await store.became(raw, ((run, profile) for run, profile, _ in missing))
        ledger = {t: (run, became.get((run, who), who), occasion) for t, (run, who, occasion) in ledger.items()}
        sent |= await store.sent_at(raw, ledger.values())
    found: dict[str, Known] = {}
    for text, message in ledger.items():
        run = runs[message[0]]
        if message in sent and run is not None:
            found[text] = Known(Message(*message), sent[message].at, run, sent[message].variant)
    return found


async def goal_messages(tx: Tx, database_id: int, tokens: Collection[str]) -> Mapping[str, events.GoalMessage]:
    """Return the messages that tokens are of (a port of events)."""
    known = await read(tx, database_id, tokens)
    return {
        text: events.GoalMessage(
            found.message.profile,
            found.run.plan.mailing_id,
            found.run.plan.of_variant(found.variant).template_id,
            found.run.plan.channel,
            found.run.plan.campaign_id,
        )
        for text, found in known.items()
    }
