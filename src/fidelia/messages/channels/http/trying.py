"""Looking at a channel before anything depends on it: the request it would make, and one message sent now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fidelia.access import Actor, SecretError, audit
from fidelia.kernel.errors import conflict, invalid, invalid_field, not_found
from fidelia.kernel.ids import random_id
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher
from fidelia.platform.postgres import Tx

from . import rules, service, store
from .answer import judge
from .calling import Caller
from .content import Contacts, content_values, examples
from .model import AnswerVerdict, ChannelDefinition, ChannelPreview, ChannelTry, Scalar
from .request import Built, CannotBuild, RequestMaker
from .secrecy import DOTS, Hider, answer_shown, marked, shown

if TYPE_CHECKING:
    from .http import SampleAnswer


async def preview(
    tx: Tx,
    channel_id: int | None,
    definition: ChannelDefinition | None,
    settings: Mapping[str, Scalar | None],
    *,
    contact: str,
    content: Mapping[str, Scalar],
    answer: SampleAnswer | None,
) -> ChannelPreview:
    """Return the request for some values with dots for every secret. Raise 404, 422 for the definition's faults."""
    values: dict[str, Scalar] = {}
    if channel_id is not None:
        kept = (await store.get(tx, channel_id)).channel
        definition = definition or kept.definition
        values |= kept.settings
    assert definition is not None
    if faults := rules.definition_faults(definition):
        raise invalid(*faults)
    values |= {key: value for key, value in settings.items() if value is not None}
    values = {key: value for key, value in values.items() if settings.get(key, value) is not None}
    values, marks = marked(definition, values)
    maker = RequestMaker(definition, values, service.inbound_url(tx.engines, "key", DOTS))
    verdict = None
    if answer is not None:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        verdict = judge(definition.answer, answer.status, headers, answer.body.encode(), tx.now)
    try:
        built = _built(definition, maker, contact, content)
    except CannotBuild as exc:
        return ChannelPreview(request=None, error=str(exc), verdict=verdict)
    return ChannelPreview(request=shown(built, Hider(marks)), error=None, verdict=verdict)


async def try_out(
    engines: Engines, actor: Actor, channel_id: int, *, contact: str, content: Mapping[str, Scalar]
) -> ChannelTry:
    """Send one message now. No transaction is held meanwhile. Raise 404, 409 while a setting is missing, 422."""
    async with engines.tx() as tx:
        kept = await store.get(tx, channel_id)
        check_ready(kept)
        await audit(tx, actor, "channel.tried", kind="channel", object_id=channel_id, name=kept.channel.name)
    return await send_one(engines, kept, contact=contact, content=content)


async def send_one(engines: Engines, kept: store.Kept, *, contact: str, content: Mapping[str, Scalar]) -> ChannelTry:
    """Send one message outside of every ledger; say what was asked and what came of it."""
    definition = kept.channel.definition
    try:
        secrets = service.secrets_of(engines, kept)
        maker = service.maker_of(engines, kept)
    except SecretError as exc:
        raise conflict(f"The secrets of this channel cannot be read: {exc}") from exc
    hider = Hider([*secrets.values(), maker.fixed["inbound.url"].rpartition("/")[2]])
    try:
        built = _built(definition, maker, contact, content, f"try-{random_id(20)}")
    except CannotBuild as exc:
        return ChannelTry(request=None, answer=None, error=str(exc), verdict=None)
    async with Fetcher(engines.settings, connections=1) as fetcher:
        called = await Caller(fetcher, definition, maker, hider, engines.clock).call(built)
    answer = called.answer
    return ChannelTry(
        request=shown(built, hider),
        answer=None
        if answer is None
        else answer_shown(answer.status, answer.headers, answer.body, called.seconds, hider),
        error=called.verdict.reason if answer is None else None,
        verdict=_hidden(called.verdict, answer is not None),
    )


async def send_to(
    engines: Engines, key: str, contacts: Sequence[str], content: Mapping[str, Scalar]
) -> list[tuple[str, str | None]]:
    """Send a message to some contacts as a test; return each with the reason why it was not sent, if it was not.

    Raise 404, 409 for a channel that cannot send.
    """
    async with engines.tx() as tx:
        kept = await store.find(tx, key)
    if kept is None:
        raise not_found("Channel", key)
    check_ready(kept)
    results: list[tuple[str, str | None]] = []
    for contact in contacts:
        tried = await send_one(engines, kept, contact=contact, content=content)
        verdict = tried.verdict
        sent = verdict is not None and verdict.outcome == "sent"
        said = verdict.reason if verdict is not None else tried.error
        results.append((contact, None if sent else said or "The provider did not take it"))
    return results


def check_ready(kept: store.Kept) -> None:
    """Raise 409 for a channel that cannot send anything."""
    if kept.channel.archived_at is not None:
        raise conflict("This channel is archived; restore it first")
    if kept.channel.missing:
        raise conflict(f"Settings of this channel are missing: {', '.join(kept.channel.missing)}")


def _hidden(verdict: AnswerVerdict, answered: bool) -> AnswerVerdict | None:
    return verdict if answered or verdict.outcome == "unknown" else None


def _built(
    definition: ChannelDefinition,
    maker: RequestMaker,
    contact: str,
    content: Mapping[str, Scalar],
    message_id: str = "sample",
) -> Built:
    known = {field.key for field in definition.content}
    for key in content:
        if key not in known:
            raise invalid_field(f"/content/{key}", "This channel's messages have no such field")
    values: dict[str, Any] = {
        "contact": Contacts(definition.contact).checked(contact or definition.contact.example or "contact"),
        "message.id": message_id,
        "message.mailing": 0,
        "message.profile": 0,
        **content_values(definition, content or examples(definition)),
    }
    return maker.build(values)
