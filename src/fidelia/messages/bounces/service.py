"""What follows from a mail that came back: once for each message, and only when our own signature is on it."""

from __future__ import annotations

from typing import Any

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, not_found
from fidelia.kernel.paging import Page, PageRequest, page_request
from fidelia.platform.postgres import Tx

from ..model import MessageKey
from ..sending.values import contact_hash
from ..service.outlet import signer
from ..store import tracking as tracking_store
from ..store.tracking import Key, RunFacts
from ..tracking.hits import history_line, sent_line
from ..tracking.tokens import Signer, Token
from . import store
from .classify import WORDS
from .model import Outcome, ReturnedMail, ReturnedMailDetail, Source, Taken, Told
from .parse import Notice, Unreadable, about, read

#: So much of what is not understood is kept, of so many mails, for a person to look at.
KEPT_BYTES = 64 * 1024
KEPT_CONTENTS = 1_000
_ACTOR = Actor.system("Returned mail")
_FIELDS = tuple(name for name in ReturnedMail.__struct_fields__)


async def take_mail(tx: Tx, source: bytes, recipients: tuple[str, ...] = (), *, via: Source) -> Taken:
    """Read a mail that came back and do what follows from it. Never raises for what stands in the mail."""
    try:
        notice = read(source, recipients)
    except Unreadable as exc:
        sender, subject = about(source)
        told = Told(outcome="unreadable", detail=str(exc), sender=sender, subject=subject)
    else:
        told = _told(notice)
    kept = source[:KEPT_BYTES]
    return await take(tx, Told(**{**_values(told), "size": len(source), "content": kept}), via=via)


async def take(tx: Tx, told: Told, *, via: Source) -> Taken:
    """Do what follows from something that came back, in one transaction."""
    if told.outcome == "unreadable":
        return await _keep(tx, told, via, "unreadable", told.detail)
    if told.outcome == "ignored":
        return await _keep(tx, told, via, "ignored", told.detail)
    found = await _ours(tx, await signer(tx.engines), told.tokens)
    if found is None:
        reason = "Its marks are not signed by this installation" if told.tokens else "It names no mail of ours"
        return await _keep(tx, told, via, "unmatched", reason)
    token, run = found
    raw = await tx.raw()
    key = MessageKey(token.profile, token.occasion)
    message = await store.message(raw, run.run_id, key)
    if message is None:  # the recipient may have been merged since
        became = await tracking_store.became(raw, [(run.run_id, token.profile)])
        key = MessageKey(became.get((run.run_id, token.profile), token.profile), token.occasion)
        message = await store.message(raw, run.run_id, key)
    if message is None:
        return await _keep(tx, told, via, "unmatched", "That mail was never sent", run)
    reason = WORDS[told.why] if told.outcome == "bounced" else "Complaint"
    reaction = Key(run.run_id, *key, told.outcome)
    stored = f"{'Hard' if told.hard else 'Soft'}: {reason}" if told.outcome == "bounced" else reason
    if not await store.first_time(raw, reaction, tx.now, stored):
        return await _keep(tx, told, via, "ignored", "Told before", run, key)
    lines = [_event(tx, run, key, message, told, reason)]
    if await store.was_sent(raw, run.run_id, key):
        lines.append(sent_line(run, key, message.variant, message.at))
    await tracking_store.tell(raw, {run.database_id: lines})
    if told.outcome == "complained":
        await _complained(tx, run, key, message, told)
    else:
        await _bounced(tx, run, key, message, told, reason)
    return await _keep(tx, told, via, told.outcome, reason, run, key)


# -- matching -------------------------------------------------------------------------------------------------------


async def _ours(tx: Tx, signs: Signer, tokens: tuple[str, ...]) -> tuple[Token, RunFacts] | None:
    raw = await tx.raw()
    for text in tokens:
        token = signs.read("m", text)
        run = await tracking_store.run_facts(raw, token.run) if token is not None else None
        if token is not None and run is not None:
            return token, run
    return None


async def _addresses(tx: Tx, run: RunFacts, key: MessageKey, message: store.Message, told: Told) -> list[str]:
    """Return the address that the message went to: of all that may be it, the one with its hash."""
    found = list(told.addresses)
    try:
        people = await profiles.read_many(tx, run.database_id, [key.profile_id], ["email"])
        found += [str(row["email"]) for row in people if row.get("email")]
        subscribed = await profiles.list_subscriptions(
            tx, page_request(None, None, None, None), run.database_id, profile_id=key.profile_id
        )
        found += [item.contact for item in subscribed.items if item.contact]
    except Problem as exc:
        if exc.status != 404:  # the database may be gone
            raise
    return list(dict.fromkeys(a.strip().lower() for a in found if contact_hash(a) == message.contact_hash))


# -- effects --------------------------------------------------------------------------------------------------------


async def _bounced(tx: Tx, run: RunFacts, key: MessageKey, message: store.Message, told: Told, reason: str) -> None:
    raw = await tx.raw()
    why = f"{reason} ({told.code})" if told.code else reason
    if not told.hard:
        limits = tx.engines.settings.bounces
        count = await store.count_soft(raw, message.contact_hash, run.run_id, key, tx.now, limits.soft_days)
        if count < limits.soft_limit:
            return
        why = f"{count} mails in a row came back: {why}"
    addresses = await _addresses(tx, run, key, message, told)
    await profiles.suppress_bounced(tx, addresses, why)
    await store.forget_soft(raw, message.contact_hash)


async def _complained(tx: Tx, run: RunFacts, key: MessageKey, message: store.Message, told: Told) -> None:
    await profiles.suppress(tx, await _addresses(tx, run, key, message, told), "Complaint about a mail")
    scope: dict[str, Any] = {}
    if run.plan.resource_id is not None:
        scope = {"resource_id": run.plan.resource_id, "channel": run.plan.channel}
    try:
        await profiles.unsubscribe(
            tx, _ACTOR, run.database_id, [key.profile_id], status="complained", reason="Complaint", **scope
        )
    except Problem as exc:
        if exc.status != 404:
            raise


def _event(tx: Tx, run: RunFacts, key: MessageKey, message: store.Message, told: Told, reason: str) -> str:
    more: dict[str, Any] = {}
    if told.outcome == "bounced":
        more = {"kind": "hard" if told.hard else "soft", "reason": reason}
        if told.code:
            more["code"] = told.code
    return history_line(run, Key(run.run_id, *key, told.outcome), tx.now, variant=message.variant, **more)


# -- the list -------------------------------------------------------------------------------------------------------


async def _keep(
    tx: Tx,
    told: Told,
    via: Source,
    outcome: Outcome,
    reason: str,
    run: RunFacts | None = None,
    key: MessageKey | None = None,
) -> Taken:
    content = told.content if outcome in ("unmatched", "unreadable") else None
    said = f"{reason}: {told.detail}" if told.detail and told.detail != reason and outcome != "ignored" else reason
    mail_id = await store.insert(
        tx,
        {
            "received_at": tx.now,
            "source": via,
            "outcome": outcome,
            "hard": told.hard if outcome == "bounced" else None,
            "code": told.code[:20],
            "reason": said[:1000],
            "run_id": run.run_id if run else None,
            "profile_id": key.profile_id if key else None,
            "occasion": key.occasion if key else None,
            "mailing_id": run.plan.mailing_id if run else None,
            "database_id": run.database_id if run else None,
            "sender": told.sender[:300],
            "subject": told.subject[:300],
            "size": told.size,
            "content": content,
        },
    )
    if content is not None:
        await store.keep_contents(await tx.raw(), KEPT_CONTENTS)
    return Taken(id=mail_id, outcome=outcome, reason=said[:1000])


async def list_returned(
    tx: Tx,
    page: PageRequest,
    *,
    outcome: str | None = None,
    mailing_id: int | None = None,
    profile_id: int | None = None,
) -> Page[ReturnedMail]:
    """Return a page of what came back, the newest first if not sorted."""
    found = await store.pages(tx, page, outcome=outcome, mailing_id=mailing_id, profile_id=profile_id)
    items = [ReturnedMail(**{name: getattr(row, name) for name in _FIELDS}) for row in found.items]
    return Page(items, found.next_cursor, found.total)


async def get_returned(tx: Tx, mail_id: int) -> ReturnedMailDetail:
    """Return one with what came in; raise 404."""
    row = await store.get(tx, mail_id)
    content = bytes(row.content).decode("utf-8", "replace").replace("\x00", "") if row.content is not None else None
    return ReturnedMailDetail(**{name: getattr(row, name) for name in _FIELDS}, content=content)


async def delete_returned(tx: Tx, actor: Actor, mail_id: int) -> None:
    """Remove one from the list; what followed from it stays. Raise 404."""
    row = await store.get(tx, mail_id)
    if not await store.delete(tx, mail_id):
        raise not_found("Returned mail", mail_id)
    await audit(tx, actor, "returned_mail.deleted", kind="returned_mail", object_id=mail_id, name=row.subject[:100])


def _told(notice: Notice) -> Told:
    return Told(**_values(notice))


def _values(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
