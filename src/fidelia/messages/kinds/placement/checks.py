"""What is wrong with a placement's settings before they are stored."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError

from ...model import Mailing
from . import rules
from .model import CHANNEL, Placement


def checked_placement(values: dict[str, Any], kind: str, before: Mailing | None) -> list[FieldError]:
    """Bring the values of a mailing into the form in which they are stored; return what of them cannot be."""
    settings = values.get("placement")
    if kind != "placement":
        return [FieldError("/placement", "Only a placement is shown in a slot")] if settings is not None else []
    values["channel"] = CHANNEL
    errors = []
    if before is None and settings is None:
        values["placement"] = settings = Placement()
    if isinstance(settings, Placement):
        errors += rules.faults(settings)
        values["placement"] = msgspec.to_builtins(settings)
    elif "placement" in values:
        errors.append(FieldError("/placement", "A placement cannot be without these settings"))
    if values.get("split") is not None:
        errors.append(FieldError("/split", "A placement has one template: make one placement for each"))
    if values.get("resource_id") is not None:
        errors.append(FieldError("/resource_id", "A placement needs no subscription: it is shown on your own site"))
    return errors
