"""Every kind of mailing that can be sent."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import MailingType
from .broadcast import Broadcast
from .multivariate.kind import Multivariate
from .port import Kind
from .recurring import Recurring
from .trigger.kind import Triggered

KINDS: Mapping[MailingType, Kind] = {
    "broadcast": Broadcast(),
    "multivariate": Multivariate(),
    "recurring": Recurring(),
    "trigger": Triggered(),
}
