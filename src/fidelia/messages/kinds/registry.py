"""Every kind of mailing that can be sent."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import MailingType
from .broadcast import Broadcast
from .port import Kind

KINDS: Mapping[MailingType, Kind] = {
    "broadcast": Broadcast(),
}
