"""Use cases of channels that are definitions: make, change, archive, give a new inbound address."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, name_taken
from fidelia.kernel.paging import Page, PageRequest, page_request
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ... import rules as message_rules
from ...service.clash import clash
from . import rules, store
from .model import Channel, ChannelDefinition, ChannelMade, ChannelUse, Scalar
from .presets import PRESETS
from .request import CannotBuild, RequestMaker

#: What is built in and no definition may be called.
RESERVED = ("email", "site")
_AGAIN = "Requests go to another server now: enter the value again"


async def list_channels(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[Channel]:
    """Return a page of channels."""
    return await store.pages(tx, page, archived=archived)


async def get_channel(tx: Tx, channel_id: int) -> Channel:
    """Return a channel without its secrets; raise 404."""
    return (await store.get(tx, channel_id)).channel


async def create_channel(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> ChannelMade:
    """Store a channel and return it with its inbound address. Raise 409 for a key or name that is taken, 422."""
    key, definition = values["key"], values["definition"]
    if key in RESERVED:
        raise invalid_field("/key", f"{key} is a channel of Fidelia's own; choose another key")
    if await store.find(tx, key) is not None:
        said = f"There is a channel {key} already, perhaps an archived one; choose another key"
        raise conflict(said, FieldError("/key", said))
    name = await _name(tx, values["name"], None)
    faults = rules.definition_faults(definition)
    open_, secret, errors = _settled(definition, {}, {}, values.get("settings", {}))
    if faults or errors:
        raise invalid(*faults, *errors)
    token = random.token_urlsafe(32)
    kept = {
        "key": key,
        "name": name,
        "icon": values.get("icon", ""),
        "description": values.get("description", ""),
        **_stored(tx.engines, definition, open_, secret),
        "inbound_secret": encrypt_secret(tx.engines, token),
    }
    made = await store.get(tx, await store.insert(tx, kept))
    told = picture(made.channel)
    await audit(tx, actor, "channel.created", kind="channel", object_id=made.channel.id, name=name, after=told)
    return ChannelMade(channel=made.channel, inbound_url=inbound_url(tx.engines, key, token))


async def create_of_preset(
    tx: Tx, actor: Actor, preset: str, *, key: str | None, name: str | None, settings: Mapping[str, Scalar | None]
) -> ChannelMade:
    """Store a copy of a preset. Raise 409, 422."""
    found = PRESETS.get(preset)
    if found is None:
        raise invalid_field("/preset", f"There is no such preset; there is {', '.join(PRESETS)}")
    values = {
        "key": key or found.key,
        "name": name or found.name,
        "icon": found.icon,
        "description": found.description,
        "definition": found.definition,
        "settings": dict(settings),
    }
    return await create_channel(tx, actor, values)


async def change_channel(
    tx: Tx, actor: Actor, channel_id: int, values: Mapping[str, Any], revision: int | None = None
) -> Channel:
    """Change what is given. Raise 404; 409 when somebody saved since ``revision``; 422."""
    kept = await store.get(tx, channel_id, lock=True)
    before = kept.channel
    if revision is not None and revision != before.revision:
        raise await clash(tx, "channel", channel_id, "revision", before.revision)
    if not values:
        return before
    changed = {name: values[name] for name in ("icon", "description") if name in values}
    if "name" in values:
        changed["name"] = await _name(tx, values["name"], channel_id)
    if "definition" in values or "settings" in values:
        definition = values.get("definition", before.definition)
        faults = rules.definition_faults(definition)
        faults += await _narrowed(tx, before, definition)
        secret = secrets_of(tx.engines, kept)
        given = values.get("settings", {})
        open_, now_secret, errors = _settled(definition, before.settings, secret, given)
        if not faults:
            errors += _elsewhere(before, definition, open_, {**secret}, given)
        if faults or errors:
            raise invalid(*faults, *errors)
        changed |= _stored(tx.engines, definition, open_, now_secret)
    await store.update(tx, channel_id, changed)
    after = await get_channel(tx, channel_id)
    seen = picture(after)
    if values.get("settings"):
        seen["settings_changed"] = sorted(values["settings"])  # also those whose values are not told
    await audit(
        tx,
        actor,
        "channel.updated",
        kind="channel",
        object_id=channel_id,
        name=after.name,
        before=picture(before),
        after=seen,
    )
    return after


async def archive_channel(tx: Tx, actor: Actor, channel_id: int, *, archived: bool = True) -> Channel:
    """Put a channel away, or bring it back. Raise 404, 409 while a mailing at work uses it."""
    before = (await store.get(tx, channel_id, lock=True)).channel
    if (before.archived_at is not None) is archived:
        return before
    if archived and (holding := [use.name for use in await used_by(tx, channel_id) if use.holds]):
        raise conflict(f"{', '.join(holding[:5])} still sends by this channel. Stop it, or wait until it has ended")
    if not archived:
        await _name(tx, before.name, channel_id)
    await store.update(tx, channel_id, {"archived_at": tx.now if archived else None})
    action = "channel.archived" if archived else "channel.restored"
    await audit(tx, actor, action, kind="channel", object_id=channel_id, name=before.name)
    return await get_channel(tx, channel_id)


async def rotate(tx: Tx, actor: Actor, channel_id: int) -> ChannelMade:
    """Give a channel another inbound address and return it this once. Raise 404."""
    before = (await store.get(tx, channel_id, lock=True)).channel
    token = random.token_urlsafe(32)
    await store.update(tx, channel_id, {"inbound_secret": encrypt_secret(tx.engines, token)})
    await audit(tx, actor, "channel.rotated", kind="channel", object_id=channel_id, name=before.name)
    made = await get_channel(tx, channel_id)
    return ChannelMade(channel=made, inbound_url=inbound_url(tx.engines, made.key, token))


async def used_by(tx: Tx, channel_id: int) -> list[ChannelUse]:
    """Return what uses a channel and is not archived. Raise 404."""
    key = (await get_channel(tx, channel_id)).key
    uses = [
        ChannelUse(kind="mailing", id=id_, name=name, state=state, holds=state in message_rules.AT_WORK)
        for id_, name, state in await store.mailings(tx, key)
    ]
    for t in await store.templates(tx, key):
        if not t.archived:
            state = "draft" if t.published is None else "published"
            uses.append(ChannelUse(kind="template", id=t.id, name=t.name, state=state, holds=False))
    resources = await profiles.list_resources(tx, page_request(1_000, None, None, None))
    uses += [
        ChannelUse(kind="resource", id=r.id, name=r.name, state="active", holds=False)
        for r in resources.items
        if key in r.channels
    ]
    return uses


# -- what is behind a channel ---------------------------------------------------------------------------------------


def inbound_url(engines: Engines, key: str, token: str) -> str:
    """Return the address that a provider tells its events at."""
    return f"{engines.settings.url.rstrip('/')}/api/v1/channels/{key}/inbound/{token}"


def secrets_of(engines: Engines, kept: store.Kept) -> dict[str, Scalar]:
    """Return the values of secret settings. Raises ``SecretError`` when they cannot be read."""
    if kept.secrets is None:
        return {}
    return msgspec.json.decode(decrypt_secret(engines, kept.secrets), type=dict[str, Scalar])


def maker_of(engines: Engines, kept: store.Kept) -> RequestMaker:
    """Return what makes the requests of a channel. Raises ``SecretError``."""
    values = {**kept.channel.settings, **secrets_of(engines, kept)}
    token = decrypt_secret(engines, kept.inbound_secret)
    return RequestMaker(kept.channel.definition, values, inbound_url(engines, kept.channel.key, token))


def picture(channel: Channel) -> dict[str, Any]:
    """Return a channel as the audit log keeps it: without a secret."""
    names = ("key", "name", "icon", "description", "settings")
    shown: dict[str, Any] = {name: getattr(channel, name) for name in names}
    return shown | {"hidden_settings": channel.secrets, "definition": msgspec.to_builtins(channel.definition)}


# -- checks ---------------------------------------------------------------------------------------------------------


async def _name(tx: Tx, name: str, channel_id: int | None) -> str:
    name = name.strip()
    if not name or "\x00" in name:
        raise invalid_field("/name", "Enter a name")
    if await store.named(tx, name, channel_id):
        raise name_taken("channel", name)
    return name


def _settled(
    definition: ChannelDefinition,
    open_: Mapping[str, Scalar],
    secret: Mapping[str, Scalar],
    given: Mapping[str, Scalar | None],
) -> tuple[dict[str, Scalar], dict[str, Scalar], list[FieldError]]:
    """Return the values to keep, those that may be seen and those that may not, and what is wrong with the given."""
    fields = {field.key: field for field in definition.settings}
    errors = [FieldError(f"/settings/{key}", "This channel has no such setting") for key in given if key not in fields]
    values = {**open_, **secret, **{key: value for key, value in given.items() if key in fields}}
    shown: dict[str, Scalar] = {}
    hidden: dict[str, Scalar] = {}
    for key, field in fields.items():
        value = values.get(key)
        if value is None or value == "":
            continue
        if key in secret and field.type != "secret" and key not in given:
            continue  # what was secret does not come to light by a change of the definition
        fault = rules.setting_fault(field, value)
        if field.type == "url" and not definition.request.allow_http and str(value).lower().startswith("http://"):
            fault = "Without encryption anybody on the way reads the messages: use https://, or allow http"
        if fault:
            errors.append(FieldError(f"/settings/{key}", fault))
        (hidden if field.type == "secret" else shown)[key] = value
    return shown, hidden, errors


def _stored(
    engines: Engines, definition: ChannelDefinition, open_: Mapping[str, Scalar], secret: Mapping[str, Scalar]
) -> dict[str, Any]:
    return {
        "definition": msgspec.to_builtins(definition),
        "settings": {"values": dict(open_), "secret_names": sorted(secret)},
        "secrets": encrypt_secret(engines, msgspec.json.encode(dict(secret)).decode()) if secret else None,
    }


async def _narrowed(tx: Tx, before: Channel, definition: ChannelDefinition) -> list[FieldError]:
    templates = await store.templates(tx, before.key)
    errors = rules.narrowed(before.definition, definition, templates=bool(templates))
    for n, field in rules.newly_required(before.definition, definition):
        lacking = [t.name for t in templates if not t.archived and _lacks(t, field.key)]
        if lacking:
            message = f"{field.label} cannot be required while templates lack it: {', '.join(lacking[:5])}"
            errors.append(FieldError(f"/definition/content/{n}/required", message))
    for field in rules.removed(before.definition, definition):
        holding = [t.name for t in templates if not t.archived and _holds(t, field.key)]
        if holding and not field.required:
            message = f"{field.label} ({field.key}) is filled in by {', '.join(holding[:5])}; empty it there first"
            errors.append(FieldError("/definition/content", message))
    return errors


def _lacks(template: store.TemplateContent, key: str) -> bool:
    contents = [template.draft] + ([template.published] if template.published is not None else [])
    return any(not content.get(key, "").strip() for content in contents)


def _holds(template: store.TemplateContent, key: str) -> bool:
    return bool(template.draft.get(key, "").strip() or (template.published or {}).get(key, "").strip())


def _elsewhere(
    before: Channel,
    definition: ChannelDefinition,
    open_: Mapping[str, Scalar],
    secret: Mapping[str, Scalar],
    given: Mapping[str, Scalar | None],
) -> list[FieldError]:
    """Return the secrets that have to be entered again: who changes where requests go must know them."""
    if not secret or _origins(definition, open_) <= _origins(before.definition, before.settings):
        return []
    kept = {field.key for field in definition.settings if field.type == "secret"}
    return [FieldError(f"/settings/{key}", _AGAIN) for key in sorted(secret) if key in kept and key not in given]


def _origins(definition: ChannelDefinition, settings: Mapping[str, Scalar]) -> set[str]:
    maker = RequestMaker(definition, settings)
    try:
        bases = {maker.base()}
        if definition.auth.kind == "oauth2":
            bases.add(maker.token_url())
    except CannotBuild:  # the address is not set: nothing goes anywhere
        return set()
    return {"{0.scheme}://{0.netloc}".format(urlsplit(base)).lower() for base in bases}
