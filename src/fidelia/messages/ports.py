"""What messages need from capabilities above them; ``wiring`` fills these in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .model import Plan

#: Loads one root of templates for some people of a database: values by profile, a missing value has no key.
RootLoader = Callable[[Tx, int, Sequence[int]], Awaitable[Mapping[int, Mapping[str, Any]]]]
#: Name of the port that maps a root (``loyalty``, ``market``, ``campaign``) to its loader.
TEMPLATE_ROOTS = "messages.template_roots"
#: Says who of the selected people must not get a mailing, by reason (``control_group``); asked before consent.
Gate = Callable[[Tx, int, Plan, BitMap], Awaitable[Mapping[str, BitMap]]]
#: Name of the port that lists the gates every mailing passes.
RECIPIENT_GATES = "messages.recipient_gates"


def root_loaders(engines: Engines) -> Mapping[str, RootLoader]:
    """Return the loaders of roots; a root that nobody fills is empty, and what uses it blocks its recipients."""
    loaders: Mapping[str, RootLoader] = engines.ports.get(TEMPLATE_ROOTS, {})
    return loaders


def gates(engines: Engines) -> Sequence[Gate]:
    """Return the gates; refuse when ``wiring`` has not said which there are, so that no audience widens in silence."""
    found: Sequence[Gate] = engines.port(RECIPIENT_GATES)
    return found
