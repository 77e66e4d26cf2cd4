"""Checking rules over rows: ``occurred`` and ``related``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from . import check_figures, nodes
from .check_sources import Source, chosen, event_source, link_source
from .names import Frame
from .plan import Plan

if TYPE_CHECKING:
    from .check import Checker


def occurred(checker: Checker, node: nodes.Occurred, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check a rule on what happened."""
    source = event_source(checker, node.event, path, frames)
    return None if source is None else _rule(checker, node, source, path, frames)


def related(checker: Checker, node: nodes.Related, path: str, frames: Sequence[Frame]) -> Plan | None:
    """Check a rule on what is."""
    source = link_source(checker, node.link, path, frames)
    return None if source is None else _rule(checker, node, source, path, frames)


def _rule(
    checker: Checker, node: nodes.Occurred | nodes.Related, source: Source, path: str, frames: Sequence[Frame]
) -> Plan | None:
    before = len(checker.errors)
    rows = chosen(checker, node, source, path, frames)
    count = check_figures.count(checker, node.count or nodes.Count(), f"{path}/count", source, frames)
    measure = (
        None
        if node.measure is None
        else check_figures.measure(checker, node.measure, f"{path}/measure", source, frames)
    )
    if len(checker.errors) > before or rows is None or count is None:
        return None
    return msgspec.structs.replace(rows, count=count, measure=measure)
