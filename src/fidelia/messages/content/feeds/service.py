"""Use cases of feeds: set up, change, try, put away."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import FetchProblem, Guard, check_headers, origin_of, read_url
from fidelia.platform.postgres import Tx

from ...store import templates as templates_store
from ..fragments import store as fragments
from . import rules, store
from .fetching import Getter
from .model import Feed, FeedAnswer, FeedCopy
from .rules import CannotShow

_LOOKUP = 5.0
_AGAIN = "The address leads to another server now: enter the value again"
#: How long the copies of personal feeds are kept at most.
KEEP_PERSONAL = timedelta(days=7)


async def list_feeds(tx: Tx, page: PageRequest, *, archived: bool = False) -> Page[Feed]:
    """Return a page of feeds."""
    return await store.pages(tx, page, archived=archived)


async def get_feed(tx: Tx, feed_id: int) -> Feed:
    """Return a feed; raise 404."""
    return await store.get(tx, feed_id)


async def create_feed(tx: Tx, actor: Actor, values: Mapping[str, Any]) -> Feed:
    """Store a feed; raise 422."""
    kept = await _checked(tx, None, dict(values))
    made = await store.get(tx, await store.insert(tx, kept))
    await audit(tx, actor, "feed.created", kind="feed", object_id=made.id, name=made.name, after=_told(made))
    return made


async def change_feed(tx: Tx, actor: Actor, feed_id: int, values: Mapping[str, Any]) -> Feed:
    """Change what is given; another address forgets the copies of the former one. Raise 404, 409, 422."""
    before = await store.get(tx, feed_id, lock=True)
    if before.archived_at is not None:
        raise conflict("This feed is archived; restore it before you change it")
    kept = await _checked(tx, before, dict(values))
    if kept:
        await store.update(tx, feed_id, kept)
    if kept.get("url", before.url) != before.url:
        await store.forget_copies(tx, feed_id=feed_id)
        await store.update(tx, feed_id, {"fetched_at": None, "failed_at": None, "error": None})
    after = await store.get(tx, feed_id)
    seen = _told(after) | ({"headers": "changed"} if "headers" in kept else {})
    await audit(
        tx, actor, "feed.updated", kind="feed", object_id=feed_id, name=after.name, before=_told(before), after=seen
    )
    return after


async def archive_feed(tx: Tx, actor: Actor, feed_id: int, *, archived: bool = True) -> Feed:
    """Put a feed away, or bring it back; raise 409 while a template or a fragment shows it."""
    before = await store.get(tx, feed_id, lock=True)
    if archived:
        users = await used_by(tx, before.key)
        if users:
            raise conflict(f"It is used by {', '.join(users[:5])}. Take it out there first")
    await store.update(tx, feed_id, {"archived_at": tx.now if archived else None})
    action = "feed.archived" if archived else "feed.restored"
    await audit(tx, actor, action, kind="feed", object_id=before.id, name=before.name)
    return await store.get(tx, feed_id)


async def used_by(tx: Tx, key: str) -> list[str]:
    """Return what shows a feed, in words."""
    return [
        *(f"the template {name}" for name in await templates_store.naming(tx, "feeds", key)),
        *(f"the fragment {name}" for name in await fragments.naming(tx, "feeds", key)),
    ]


async def fetch_now(engines: Engines, feed_id: int, database_id: int | None, profile_id: int | None) -> FeedAnswer:
    """Ask a feed now and keep what it gives as its newest copy; a failure is part of the answer. Raise 404, 422."""
    async with engines.tx() as tx:
        feed = await store.source(tx, feed_id)
        values: dict[str, Any] = {}
        if feed.personal:
            if database_id is None or profile_id is None:
                raise invalid_field("/profile_id", "Values of people stand in this address: choose a person")
            values = await profiles.get_profile(tx, database_id, profile_id)
    started = time.monotonic()
    try:
        address = rules.address_of(feed.url, values)
    except CannotShow as exc:
        raise invalid_field("/profile_id", f"This person has no address for the feed: {exc}") from exc
    error: str | None = None
    body = b"null"
    async with Getter(engines) as getter:
        try:
            copy = await getter.fetch(feed, address)
        except CannotShow as exc:
            error = str(exc)
    took = int((time.monotonic() - started) * 1000)
    async with engines.tx() as tx:
        if error is None:
            body = copy.body
            await store.keep(tx, feed_id, {rules.digest(address): copy})
        await store.note(tx, feed_id, error)
    value = None if error else msgspec.json.decode(body)
    return FeedAnswer(url=address, value=value, size=0 if error else len(body), took_ms=took, error=error)


async def copy_of(tx: Tx, feed_id: int) -> FeedCopy:
    """Return the last good copy of a feed, to look at; raise 404."""
    await store.get(tx, feed_id)
    copy = await store.latest_copy(tx, feed_id)
    if copy is None:
        return FeedCopy(value=None, size=0, fetched_at=None)
    return FeedCopy(value=msgspec.json.decode(copy.body), size=len(copy.body), fetched_at=copy.fetched_at)


async def clean(engines: Engines) -> None:
    """Drop what was fetched for people and is old."""
    async with engines.tx() as tx:
        await store.forget_copies(tx, before=tx.now - KEEP_PERSONAL)


# -- checks ---------------------------------------------------------------------------------------------------------


async def _checked(tx: Tx, before: Feed | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns for what is given; raise 422."""
    errors = _text_faults(values, new=before is None)
    if before is None:
        key = str(values.get("key", ""))
        if not rules.KEY.fullmatch(key):
            message = "A key has small letters, digits and _, and begins with a letter"
            errors.append(FieldError("/key", message))
        elif await store.by_keys(tx, [key]):
            errors.append(FieldError("/key", f"There is a feed {key} already, perhaps among the archived ones"))
        values = {"description": "", "header_names": [], **values}
    errors += await _address_faults(tx, values)
    errors += _limit_faults(before, values)
    elsewhere = before is not None and not errors and _origin(values.get("url", before.url)) != _origin(before.url)
    if "headers" in values:
        errors += await _headers(tx, before, values, keep=not elsewhere)
    elif elsewhere and before is not None:  # credentials of one server are not for another
        errors += [FieldError(f"/headers/{name}", _AGAIN) for name in before.header_names]
    if errors:
        raise invalid(*errors)
    return values


def _text_faults(values: dict[str, Any], *, new: bool) -> list[FieldError]:
    errors = [
        FieldError(f"/{part}", "A text cannot hold the character NUL")
        for part in ("name", "description", "url")
        if "\x00" in str(values.get(part, ""))
    ]
    if "name" in values or new:
        values["name"] = str(values.get("name", "")).strip()
        if not 1 <= len(values["name"]) <= 200:
            errors.append(FieldError("/name", "Enter a name of 200 characters at most"))
    return errors


def _limit_faults(before: Feed | None, values: dict[str, Any]) -> list[FieldError]:
    errors = []
    personal = values.get("personal", before.personal if before else False)
    seconds = values.get("timeout_seconds", before.timeout_seconds if before else 5)
    most = rules.MAX_SECONDS_PERSONAL if personal else rules.MAX_SECONDS
    if not 1 <= seconds <= most:
        message = f"Between 1 and {most} seconds" + (" where each recipient has an own address" if personal else "")
        errors.append(FieldError("/timeout_seconds", message))
    if not 1 <= values.get("cache_minutes", 1) <= rules.MAX_CACHE:
        errors.append(FieldError("/cache_minutes", f"Between 1 and {rules.MAX_CACHE:,} minutes (7 days)"))
    return errors


async def _address_faults(tx: Tx, values: dict[str, Any]) -> list[FieldError]:
    if "url" not in values:
        return []
    values["url"] = url = values["url"].strip()
    if fault := rules.check_url(url):
        return [FieldError("/url", fault)]
    fields = rules.fields_of(url)
    values["personal"] = bool(fields)
    target = read_url(rules.address_of(url, dict.fromkeys(fields, "x")))
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        await Guard(tx.engines.settings).resolve(target.host, port, seconds=_LOOKUP)
    except FetchProblem as exc:
        return [FieldError("/url", exc.detail)]
    return []


def _origin(url: str) -> tuple[str, str, int]:
    return origin_of(httpx.URL(rules.address_of(url, dict.fromkeys(rules.fields_of(url), "x"))))


async def _headers(tx: Tx, before: Feed | None, values: dict[str, Any], *, keep: bool) -> list[FieldError]:
    """Replace the given headers by what is stored; ``None`` as a value keeps the one that is there."""
    given: dict[str, str | None] = values.pop("headers") or {}
    errors: list[FieldError] = []
    kept: dict[str, str] = {}
    if before is not None and keep and None in given.values():
        stored = (await store.source(tx, before.id)).headers
        kept = {} if stored is None else msgspec.json.decode(decrypt_secret(tx.engines, stored), type=dict[str, str])
    whole: dict[str, str] = {}
    for name, value in given.items():
        if value is None and name not in kept:
            errors.append(FieldError(f"/headers/{name}", _AGAIN if not keep else f"Enter the value of {name}"))
        whole[name] = kept.get(name, "") if value is None else value
    try:
        check_headers(whole)
    except FetchProblem as exc:
        errors.append(FieldError("/headers", exc.detail))
    values["header_names"] = sorted(whole)
    values["headers"] = encrypt_secret(tx.engines, msgspec.json.encode(whole).decode()) if whole else None
    return errors


def _told(feed: Feed) -> dict[str, Any]:
    names = ("name", "key", "description", "url", "header_names", "cache_minutes", "timeout_seconds", "on_failure")
    return {name: getattr(feed, name) for name in names}
