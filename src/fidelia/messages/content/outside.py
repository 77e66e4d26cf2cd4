"""Finds what texts name that is not in them, and says what of it cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fidelia import segments
from fidelia.kernel.errors import Problem
from fidelia.platform.postgres import Tx

from ..markup.includes import MAX_DEPTH, PARTS
from ..markup.known import suggest
from ..markup.model import FragmentSource, Outside
from ..markup.refers import FEEDS, IN_SEGMENT, Refers, refers_of
from ..model import TemplateVersion
from .feeds import store as feeds
from .fragments import store as fragments

#: Segments and feeds that one template may ask for.
MOST = 30


async def outside_of(
    tx: Tx, texts: Sequence[str], database_id: int | None, own: dict[str, FragmentSource] | None = None
) -> tuple[Outside, Refers]:
    """Return what texts name, themselves or by their fragments, for the compiler and for who asks what is used where.

    ``own`` are fragments that are not saved yet, by key.
    """
    named = refers_of(texts)
    if not (named.fragments or named.segments or named.feeds):
        return Outside(), named
    found = await _fragments(tx, named.fragments, own or {})
    whole = refers_of([*texts, *(fragment.body for fragment in found.values())])
    known = await fragments.keys(tx) if set(whole.fragments) - found.keys() else []
    refused = await _refused_segments(tx, whole.segments, database_id) | await _refused_feeds(tx, whole.feeds)
    return Outside(found, known, refused), msgspec.structs.replace(whole, fragments=sorted(found))


async def _fragments(tx: Tx, keys: Sequence[str], own: dict[str, FragmentSource]) -> dict[str, FragmentSource]:
    found: dict[str, FragmentSource] = {}
    wanted = set(keys)
    for _ in range(MAX_DEPTH + 1):
        missing = wanted - found.keys()
        if not missing:
            break
        some = {key: own[key] for key in missing & own.keys()}
        if len(some) < len(missing):
            some |= await fragments.sources(tx, missing - own.keys())
        found |= some
        wanted = set(refers_of(fragment.body for fragment in some.values()).fragments)
    return found


async def _refused_segments(tx: Tx, ids: Sequence[int], database_id: int | None) -> dict[str, str]:
    refused = {}
    for n, segment_id in enumerate(ids):
        reason = await _segment_fault(tx, segment_id, database_id)
        if reason is None and n >= MOST:
            reason = f"A template asks for {MOST} segments at most"
        if reason is not None:
            refused[f"{IN_SEGMENT}.{segment_id}"] = reason
    return refused


async def _segment_fault(tx: Tx, segment_id: int, database_id: int | None) -> str | None:
    try:
        segment = await segments.get_segment(tx, segment_id)
    except Problem:
        return f"There is no segment {segment_id}"
    if segment.archived_at is not None:
        return f"The segment {segment.name} is archived"
    if database_id is not None and segment.database_id != database_id:
        return f"The segment {segment.name} belongs to another database"
    return None


async def _refused_feeds(tx: Tx, keys: Sequence[str]) -> dict[str, str]:
    if not keys:
        return {}
    there = await feeds.by_keys(tx, keys)
    refused = {}
    for n, key in enumerate(keys):
        found = there.get(key)
        if found is None:
            refused[f"{FEEDS}.{key}"] = f"There is no feed {key}{suggest(key, await feeds.keys(tx))}"
        elif found.archived_at is not None:
            refused[f"{FEEDS}.{key}"] = f"The feed {found.name} is archived"
        elif n >= MOST:
            refused[f"{FEEDS}.{key}"] = f"A template shows {MOST} feeds at most"
    return refused


async def outside_of_version(tx: Tx, version: TemplateVersion, database_id: int | None) -> Outside:
    """Return what a published version names, with the fragments as they were when it was published."""
    own = await fragments.frozen(tx, version.fragments)
    texts = [*(getattr(version, part) for part in PARTS), *version.fields.values()]
    return (await outside_of(tx, texts, database_id, own))[0]
