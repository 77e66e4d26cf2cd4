"""Searching and listing profiles."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import contacts
from ..fields import Database, read_cell
from ..store import search as store
from ..store.profiles import Row
from .databases import get_database
from .profiles import fields_named

_TOKEN = re.compile(r'([a-z][a-z0-9_]*):("[^"]*"|\S*)|"([^"]*)"|(\S+)')
_MOST_WORDS = 8


async def search_profiles(
    tx: Tx, database_id: int, page: PageRequest, columns: Sequence[str] | None = None
) -> Page[Row]:
    """Return a page of profiles with the named fields.

    ``q`` holds words looked for in address and name (every one must occur), an id, a phone number, and
    ``field:value`` (``city:"New York"``, ``city:*`` for any value, ``city:`` for none). ``sort`` is ``id`` or a field.
    Raises 404, 422.
    """
    database = await get_database(tx, database_id)
    fields = fields_named(database, columns)
    name = (page.sort or "id").lstrip("-")
    sort = None if name == "id" else database.field(name)
    if name != "id" and (sort is None or not sort.kind.sortable):
        raise invalid_field("/sort", "Sort by id or by a field that is neither a list nor an object")
    where = conditions(database, page.q or "")
    return await store.page(await tx.raw(), database, page, where, fields, sort)


def conditions(database: Database, q: str) -> store.Where:
    """Turn the search text into conditions; raise 422 for a value that a field cannot have."""
    where = store.Where([], [])
    words: list[str] = []
    for match in _TOKEN.finditer(q):
        name, value, quoted, word = match.groups()
        if name is not None and (name == "id" or database.field(name) is not None):
            _field(database, where, name, value.strip('"'))
        else:
            words.append(quoted if quoted is not None else (word or match[0]))
    words = [word for word in words if word.strip()]
    if len(words) > _MOST_WORDS:
        raise invalid_field("/q", f"Search for {_MOST_WORDS} words at most")
    if len(words) == 1:
        _single(where, words[0])
    else:
        long = [word for word in words if len(word) >= 3]
        for word in long:
            store.contains_word(where, word)
        # A short word alone would scan everybody; beside a long one it only filters what that one found.
        for word in words:
            if len(word) < 3:
                store.contains_word(where, word) if long else store.begins_with(where, word, None)
    return where


def _single(where: store.Where, word: str) -> None:
    digits = word.removeprefix("#")
    profile_id = int(digits) if digits.isascii() and digits.isdigit() and int(digits) <= MAX_PROFILE_ID else None
    if len(word) < 3 or (word.startswith("#") and profile_id is not None):
        store.begins_with(where, word, profile_id)
        return
    phones: list[str] = []
    if word.startswith("+") or (digits.isdigit() and len(digits) >= 7):
        try:
            phones.append(contacts.phone(word if word.startswith("+") else f"+{word}"))
        except ValueError:
            phones = []
    store.matches_key(where, word, profile_id, phones)


def _field(database: Database, where: store.Where, name: str, text: str) -> None:
    if name == "id":
        if not text.isascii() or not text.isdigit() or int(text) > MAX_PROFILE_ID:
            raise invalid_field("/q", "id: must be followed by a number")
        where.add("id = %s", int(text))
        return
    field = database.by_name[name]
    if text == "*":
        store.has_any(where, field)
    elif not text:
        store.has_value(where, field, None)
    elif field.type in ("object", "objects") or field.read_only:
        raise invalid_field("/q", f"{name}: cannot be searched by value")
    else:
        try:
            value = read_cell(msgspec.structs.replace(field, validator=None), text)
        except ValueError as exc:
            raise invalid_field("/q", f"{name}: {exc}") from None
        store.has_value(where, field, value[0] if isinstance(value, list) else value)
