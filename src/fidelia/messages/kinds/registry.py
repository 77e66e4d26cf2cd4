"""Every kind of mailing that can be sent."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import MailingType
from .broadcast import Broadcast
from .multivariate.kind import Multivariate
from .placement.kind import Placed
from .port import Kind
from .recurring import Recurring
from .trigger.kind import Triggered

KINDS: Mapping[MailingType, Kind] = {
    "broadcast": Broadcast(),
    "multivariate": Multivariate(),
    "placement": Placed(),
    "recurring": Recurring(),
    "trigger": Triggered(),
}
