"""Searching and listing profiles."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import contacts
from ..fields import Database, read_cell
from ..figures import service as figures
from ..store import search as store
from ..store.profiles import Row
from .databases import get_database
from .profiles import fields_named

_TOKEN = re.compile(r'([a-z][a-z0-9_]*):("[^"]*"|\S*)|"([^"]*)"|(\S+)')
_PHONE = re.compile(r"[+(]?[\d\s().\-/]+")
_MOST_WORDS = 8


async def search_profiles(
    tx: Tx,
    database_id: int,
    page: PageRequest,
    columns: Sequence[str] | None = None,
    *,
    figure: tuple[Actor, str] | None = None,
) -> Page[Row]:
    """Return a page of profiles with the named fields; with ``figure`` only of those whom a figure counts, for whom
    sees it.

    Addresses and numbers are looked for in subscriptions and among what merged people had before, too.

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
    if figure is not None and not page.q:
        return await figures.figure_page(tx, *figure, database, page, fields, sort)
    where = conditions(database, page.q or "")
    if figure is not None:
        figures.narrow(database, where, await figures.asked(tx, figure[0], database, figure[1]))
    return await store.page(await tx.raw(), database, page, where, fields, sort)


def conditions(database: Database, q: str) -> store.Where:
    """Turn the search text into conditions; raise 422 for a value that a field cannot have."""
    where = store.Where([], [])
    if (phone := _phone(q)) is not None:
        store.matches_key(where, database.id, q.strip(), None, [phone])
        return where
    words: list[str] = []
    for match in _TOKEN.finditer(q):
        name, value, quoted, word = match.groups()
        if name is not None and (name == "id" or database.field(name) is not None):
            _field(database, where, name, value.strip('"'))
        elif name in ("subscription", "phone"):
            _contact(database, where, name, value.strip('"'))
        else:
            words.append(quoted if quoted is not None else (word or match[0]))
    words = [word for word in words if word.strip()]
    if len(words) > _MOST_WORDS:
        raise invalid_field("/q", f"Search for {_MOST_WORDS} words at most")
    if len(words) == 1:
        _single(database, where, words[0])
    else:
        long = [word for word in words if len(word) >= 3]
        for word in long:
            store.contains_word(where, word)
        # A short word alone would scan everybody; beside a long one it only filters what that one found.
        for word in words:
            if len(word) < 3:
                store.contains_word(where, word) if long else store.begins_with(where, database.id, word, None)
    return where


def _single(database: Database, where: store.Where, word: str) -> None:
    digits = word.removeprefix("#")
    profile_id = int(digits) if digits.isascii() and digits.isdigit() and int(digits) <= MAX_PROFILE_ID else None
    if len(word) < 3 or (word.startswith("#") and profile_id is not None):
        store.begins_with(where, database.id, word, profile_id)
        return
    phones: list[str] = []
    if word.startswith("+") or (digits.isdigit() and len(digits) >= 7):
        try:
            phones.append(contacts.phone(word if word.startswith("+") else f"+{word}"))
        except ValueError:
            phones = []
    store.matches_key(where, database.id, word, profile_id, phones)


def _phone(text: str) -> str | None:
    """Read a text that is nothing but a telephone number, however it is written; ``None`` for anything else."""
    bare = text.strip()
    if _PHONE.fullmatch(bare) is None or not 7 <= sum(c.isdigit() for c in bare) <= 15:
        return None
    digits = "".join(c for c in bare if c.isdigit())
    if bare.isdigit() and not bare.startswith("00"):
        return None  # may be an id as well
    try:
        return contacts.phone("+" + (digits.removeprefix("00") if digits.startswith("00") else digits))
    except ValueError:
        return None


def _contact(database: Database, where: store.Where, name: str, text: str) -> None:
    """Look for ``subscription:`` in the contacts of subscriptions only, for ``phone:`` in all numbers."""
    phone = _phone(text) or (_phone(f"+{text}") if text.isdigit() else None)
    if name == "phone":
        if phone is None:
            raise invalid_field("/q", "phone: must be followed by a telephone number with its country code")
        store.has_contact(where, database.id, phone, own=True)
    else:
        store.has_contact(where, database.id, phone or text.lower(), own=False)


def _field(database: Database, where: store.Where, name: str, text: str) -> None:
    if name == "id":
        if not text.isascii() or not text.isdigit() or int(text) > MAX_PROFILE_ID:
            raise invalid_field("/q", "id: must be followed by a number")
        store.has_id(where, database.id, int(text))
        return
    field = database.by_name[name]
    if text == "*":
        store.has_any(where, field)
    elif not text:
        store.has_value(where, field, None)
    elif field.type in ("object", "objects") or (field.read_only and field.builtin):
        raise invalid_field("/q", f"{name}: cannot be searched by value")
    else:
        try:
            value = read_cell(msgspec.structs.replace(field, validator=None, read_only=False), text)
        except ValueError as exc:
            raise invalid_field("/q", f"{name}: {exc}") from None
        store.has_value(where, field, value[0] if isinstance(value, list) else value)
