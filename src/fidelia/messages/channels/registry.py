"""Which channels there are: e-mail, and those that are definitions."""

from __future__ import annotations

from collections.abc import Callable

from fidelia.kernel.errors import FieldError, invalid_field
from fidelia.platform.postgres import Tx
from fidelia.profiles import ChannelInfo

from ..markup.model import FieldShape
from ..model import Mailing
from .http import store
from .http.content import Contacts
from .http.model import Channel, ChannelDefinition
from .http.request import CannotBuild
from .http.templates import shape_of

EMAIL = "email"
#: Channels that a profile has a contact of its own for, so that nobody has to have subscribed.
OWN_CONTACTS = ("email", "sms")


async def channel_infos(tx: Tx) -> dict[str, ChannelInfo]:
    """Return what people can subscribe to beside the built-in channels, archived ones too (a port of profiles)."""
    return {found.key: ChannelInfo(found.name, _check_of(found)) for found in await store.every(tx)}


def _check_of(channel: Channel) -> Callable[[str], str]:
    contacts = Contacts(channel.definition.contact)

    def check(contact: str) -> str:
        try:
            return contacts.checked(contact)
        except CannotBuild as exc:
            raise ValueError(str(exc)) from None

    return check


async def definition_at(tx: Tx, key: str, pointer: str = "/channel") -> ChannelDefinition | None:
    """Return the definition of a channel, archived or not, ``None`` for e-mail; raise 422 when there is none."""
    if key == EMAIL:
        return None
    kept = await store.find(tx, key)
    if kept is None:
        raise invalid_field(pointer, f"There is no channel {key}")
    return kept.channel.definition


async def shape_at(tx: Tx, key: str) -> list[FieldShape] | None:
    """Return the fields of a channel's messages as the compiler takes them, ``None`` for e-mail; raise 422."""
    definition = await definition_at(tx, key)
    return None if definition is None else shape_of(definition)


async def usable(tx: Tx, key: str, pointer: str = "/channel") -> None:
    """Raise 422 at a member that names a channel nothing can be made for: there is none, or it is archived."""
    if key == EMAIL:
        return
    kept = await store.find(tx, key)
    if kept is None or kept.channel.archived_at is not None:
        state = "There is no channel" if kept is None else "Archived is the channel"
        raise invalid_field(pointer, f"{state} {key}")


async def channel_faults(tx: Tx, mailing: Mailing) -> list[FieldError]:
    """Return what keeps a channel from sending a mailing: archived, not set up, or it knows no contacts of people."""
    if mailing.channel == EMAIL or mailing.type == "placement":
        return []
    kept = await store.find(tx, mailing.channel)
    if kept is None or kept.channel.archived_at is not None:
        return [FieldError("/channel", f"The channel {mailing.channel} is archived")]
    channel, errors = kept.channel, []
    if channel.missing:
        errors.append(FieldError("/channel", f"Settings of {channel.name} are missing: {', '.join(channel.missing)}"))
    if mailing.resource_id is None and channel.key not in OWN_CONTACTS:
        label = channel.definition.contact.label
        message = f"Choose a resource: where people are reached ({label}) stands in their subscriptions"
        errors.append(FieldError("/resource_id", message))
    return errors


async def name_of(tx: Tx, key: str) -> str:
    """Return what people call a channel."""
    kept = None if key == EMAIL else await store.find(tx, key)
    return "E-mail" if key == EMAIL else key if kept is None else kept.channel.name
