"""Reads the items of an upsert: JSON objects by field name, ``null`` empties a field, what is left out stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .. import contacts, values
from ..fields import Database, Field, read_value
from ..matching import CONTACT, Matching
from ..model import CHANNEL_KEY, SUBSCRIPTION_STATUSES
from ..validators import Misfit
from .columns import keys_of, shown
from .encode import copy_cell
from .model import SUBSCRIPTIONS, Batch, RowError, SubscriptionChange
from .prepare import CLEAR, Column, Table, build

MAX_SUBSCRIPTIONS = 50
_KNOWN = {"resource", "resource_id", "channel", "contact", "status", "priority"}


def read_items(database: Database, how: Matching, items: Sequence[Mapping[str, Any]]) -> Batch:
    """Return the batch of items, whose rows are their positions."""
    errors: list[RowError] = []
    by_field: dict[str, list[tuple[int, Any]]] = {}
    keys: list[Any] = [None] * len(items)
    subscriptions: list[SubscriptionChange] = []
    for row, item in enumerate(items):
        for name, value in item.items():
            if name == "profile_id" and how.by_id:
                keys[row] = _profile_id(row, value, errors)
            elif name == SUBSCRIPTIONS:
                subscriptions.extend(_subscriptions(row, value, errors))
            elif name == CONTACT and how.name == CONTACT:
                keys[row] = read_contact(row, how, value, errors)
            elif name == "phone" and any(field.name == "phones" for field in how.fields):
                if "phones" not in item:
                    by_field.setdefault("phones", []).append((row, value))
            elif database.field(name) is None:
                hint = "; it is for matching by profile_id" if name == "profile_id" else ""
                errors.append(RowError(row, name[:100], f"There is no field {name[:100]!r} in this database{hint}"))
            else:
                by_field.setdefault(name, []).append((row, value))
    columns = [
        _column(database.by_name[name], len(items), given, errors, keep=_kept(database.by_name[name], how))
        for name, given in by_field.items()
    ]
    if how.field is not None:
        keys = keys_of(how, columns, len(items))
    batch = build(database, how, Table(range(len(items)), keys, columns, errors, subscriptions))
    if how.name == CONTACT:
        own = {(wish.row, wish.contact) for wish in batch.subscriptions if wish.channel in how.channels}
        missing = ["" if (row, key) in own else SUBSCRIPTIONS for row, key in zip(batch.rows, batch.keys, strict=True)]
        before = batch.lacking or [""] * len(missing)
        batch.lacking = [" ".join(filter(None, pair)) for pair in zip(missing, before, strict=True)]
    return batch


def _kept(field: Field, how: Matching) -> bool:
    return field.unique or field in how.fields


def read_contact(row: int, how: Matching, value: Any, errors: list[RowError]) -> str | None:
    """Read the key of ``custom_sub`` as a subscription of its channel stores it."""
    try:
        if not isinstance(value, str):
            raise ValueError("A contact is a text")
        if how.channels == ("email",):
            return contacts.email(value)
        return contacts.phone(value.strip()) if how.channels == ("sms",) else values.text(value, 1000)
    except ValueError as exc:
        errors.append(RowError(row, CONTACT, str(exc), shown(value)))
        return None


def _column(
    field: Field, count: int, given: Sequence[tuple[int, Any]], errors: list[RowError], *, keep: bool
) -> Column:
    texts: list[Any] = [None] * count
    stored: list[Any] | None = [None] * count if keep else None
    for row, value in given:
        try:
            read = read_value(field, value)
        except (ValueError, RecursionError) as exc:
            reason = str(exc) if isinstance(exc, ValueError) else "This value is nested too deeply"
            where = field.name + (exc.at if isinstance(exc, Misfit) else "")
            errors.append(RowError(row, where, reason, shown(value)))
            continue
        texts[row] = CLEAR if read is None else copy_cell(field.type, read)
        if stored is not None:
            stored[row] = read
    return Column(field, texts, stored)


def _profile_id(row: int, value: Any, errors: list[RowError]) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    errors.append(RowError(row, "profile_id", "This must be a whole number", shown(value)))
    return None


def _subscriptions(row: int, value: Any, errors: list[RowError]) -> list[SubscriptionChange]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_SUBSCRIPTIONS:
        errors.append(RowError(row, SUBSCRIPTIONS, f"This must be a list of {MAX_SUBSCRIPTIONS} subscriptions at most"))
        return []
    found = []
    for n, wish in enumerate(value):
        try:
            found.append(_subscription(row, wish))
        except ValueError as exc:
            errors.append(RowError(row, f"{SUBSCRIPTIONS}/{n}", str(exc), shown(wish)))
    return found


def _subscription(row: int, wish: Any) -> SubscriptionChange:
    if not isinstance(wish, dict):
        raise ValueError(
            'A subscription is an object, like {"resource": 1, "channel": "email", "status": "subscribed"}'
        )
    if unknown := sorted(set(wish) - _KNOWN):
        raise ValueError(f"A subscription has no {unknown[0][:50]!r}")
    resource = wish.get("resource", wish.get("resource_id"))
    if isinstance(resource, bool) or not isinstance(resource, int) or not 0 < resource < 2**31:
        raise ValueError("A subscription names its resource by number")
    channel, status = wish.get("channel", "email"), wish.get("status", "subscribed")
    if not isinstance(channel, str) or CHANNEL_KEY.fullmatch(channel) is None:
        raise ValueError("The channel must be the key of one, such as email or sms")
    if status not in SUBSCRIPTION_STATUSES:
        raise ValueError(f"The status must be one of: {', '.join(SUBSCRIPTION_STATUSES)}")
    try:
        contact = msgspec.convert(wish.get("contact"), str | None)
        priority = msgspec.convert(wish.get("priority"), int | None)
    except msgspec.ValidationError as exc:
        raise ValueError("A contact is a text, a priority a whole number") from exc
    return SubscriptionChange(row, resource, channel, status, contact, priority)
