"""What messages need from capabilities above them; ``wiring`` fills these in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

#: Loads one root of templates for some people of a database: values by profile, a missing value has no key.
RootLoader = Callable[[Tx, int, Sequence[int]], Awaitable[Mapping[int, Mapping[str, Any]]]]
#: Name of the port that maps a root (``loyalty``, ``market``, ``campaign``) to its loader.
TEMPLATE_ROOTS = "messages.template_roots"


def root_loaders(engines: Engines) -> Mapping[str, RootLoader]:
    """Return the loaders of roots; a root that nobody fills is empty, and what uses it blocks its recipients."""
    loaders: Mapping[str, RootLoader] = engines.ports.get(TEMPLATE_ROOTS, {})
    return loaders
