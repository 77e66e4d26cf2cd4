"""What caused a message, as templates see it (``event``): of real messages, and samples for previews and tests."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from fidelia import events
from fidelia.kernel.errors import Problem
from fidelia.kernel.paging import PageRequest
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.drain import DrainBehind
from fidelia.platform.postgres import Tx

from ...markup.model import Compiled, TemplateSource
from ...model import Mailing, MessageKey, Recipient
from . import store
from .model import CallTrigger, DateTrigger, EventTrigger
from .rules import root_of

ROOT = "event"
_NAMED = re.compile(r"\bevent\.(?:properties\.)?([A-Za-z_]\w*)", re.ASCII)
#: What stands for a property that nobody has seen yet, by its type.
_SAMPLES: Mapping[str, Any] = {
    "integer": 1,
    "float": 12.5,
    "decimal": "12.50",
    "boolean": True,
    "date": "2026-01-31",
    "datetime": "2026-01-31T10:00:00Z",
    "tags": ["one", "two"],
}


def wanted(uses: Collection[str]) -> bool:
    """Tell whether a template says something of what caused its message."""
    return any(use == ROOT or use.startswith(f"{ROOT}.") for use in uses)


async def with_causes(tx: Tx, run_id: int, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Give recipients what caused their messages."""
    keys = [recipient.key for recipient in recipients if recipient.occasion]
    known = await store.causes_of(await tx.raw(), run_id, keys) if keys else {}
    return [_with(recipient, known.get(recipient.key)) for recipient in recipients]


def _with(recipient: Recipient, cause: tuple[str, Any, dict[str, Any]] | None) -> Recipient:
    if cause is None:
        return recipient
    return msgspec.structs.replace(recipient, roots={**recipient.roots, ROOT: root_of(*cause)})


async def root_for(tx: Tx, run_id: int, key: MessageKey, compiled: Compiled) -> dict[str, dict[str, Any]]:
    """Return the root of one message, by its name; nothing when its cause is not known or not asked for."""
    if not key.occasion or not wanted(compiled.uses):
        return {}
    found = (await store.causes_of(await tx.raw(), run_id, [key])).get(key)
    return {} if found is None else {ROOT: root_of(*found)}


async def sample(tx: Tx, mailing: Mailing, source: TemplateSource) -> dict[str, dict[str, Any]]:
    """Return a root to look at a mailing with, by its name; nothing for a mailing that nothing sets off.

    It is what set the mailing off last, else the latest event of its first trigger, and for what that does not have
    (or while there is none) values that only show where they stand.
    """
    if mailing.type != "trigger":
        return {}
    made_up = sample_of_source(source).get(ROOT, {})
    real = await store.latest(await tx.raw(), mailing.id)
    if real is not None:
        return _filled(made_up, root_of(*real))
    match next(iter(mailing.triggers), None):
        case EventTrigger(type=type_):
            return _filled(made_up, await _of_event(tx, mailing.database_id, type_))
        case DateTrigger(field=field, days=days):
            properties = {"field": field, "date": tx.now.date().isoformat(), "days": days}
            return _filled(made_up, root_of("date", tx.now, properties))
        case CallTrigger():
            return _filled(made_up, root_of("call", tx.now, {}))
    return {ROOT: made_up}


def _filled(made_up: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the root with stand-ins for what it does not have."""
    properties = {**made_up.get("properties", {}), **root["properties"]}
    return {ROOT: {**made_up, **root, "properties": properties}}


async def _of_event(tx: Tx, database_id: int, type_: str) -> dict[str, Any]:
    if tx.engines.ch is not None:
        try:
            page = await events.latest(tx, PageRequest(limit=1), database_id, types=[type_])
            for item in page.items:
                return root_of(item.type, item.at, item.properties)
        except (Problem, ClickHouseError, DrainBehind):
            pass  # a preview does without the history
    types = {t.name: t for t in await events.event_types(tx, database_id)}
    known = types[type_].properties if type_ in types else []
    return root_of(type_, tx.now, {p.name: _SAMPLES.get(p.type, f"[{p.label}]") for p in known})


def sample_of_source(source: TemplateSource) -> dict[str, dict[str, Any]]:
    """Return stand-ins for everything a source says of ``event``, by the root's name; nothing when it says nothing."""
    names = {
        name for part in (source.body, source.subject, source.preheader, source.text) for name in _NAMED.findall(part)
    }
    if not names and not any(ROOT in part for part in (source.body, source.subject)):
        return {}
    shown: dict[str, Any] = {name: f"[{name.replace('_', ' ')}]" for name in sorted(names)}
    for name, text in (("type", "custom.sample"), ("at", "2026-01-31T10:00:00Z")):
        if name in shown:
            shown[name] = text
    return {ROOT: {**shown, "properties": {n: v for n, v in shown.items() if n not in ("type", "at")}}}
