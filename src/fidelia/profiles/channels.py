"""Which channels people can subscribe to: the built-in names, and those that somebody has defined."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fidelia.kernel.errors import FieldError
from fidelia.platform.postgres import Tx

from .model import CHANNELS

#: Name of the port that lists the channels that somebody has defined, by key (filled by messages).
CHANNELS_PORT = "profiles.channels"


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel: what people call it, and what makes a contact of it one; ``check`` returns it, or raises
    ``ValueError`` with the reason.
    """

    name: str
    check: Callable[[str], str] | None = None


ChannelSource = Callable[[Tx], Awaitable[Mapping[str, ChannelInfo]]]
_BUILTIN = {"email": "E-mail", "sms": "SMS", "push": "Push", "webhook": "Webhook"}


async def known(tx: Tx) -> dict[str, ChannelInfo]:
    """Return the channels by key; a defined one stands in place of the built-in name."""
    source: ChannelSource | None = tx.engines.ports.get(CHANNELS_PORT)
    defined = {} if source is None else await source(tx)
    return {key: ChannelInfo(_BUILTIN[key]) for key in CHANNELS} | dict(defined)


async def matching_fault(tx: Tx, matching: str, field: str | None, pointer: str) -> FieldError | None:
    """Return what is wrong with matching people by the contacts of a channel that does not exist, if that is asked."""
    if matching != "custom_sub" or field is None:
        return None
    there = await known(tx)
    return None if field in there else FieldError(pointer, f"custom_sub names a channel in field: {', '.join(there)}")
