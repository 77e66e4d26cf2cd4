"""Matching modes: by what an upsert, an import or an event finds a profile. Pure; ``store/match`` does the looking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fidelia.kernel.errors import invalid_field

from .fields import Database, Field
from .model import CHANNEL_KEY

#: The modes beside the names of fields, with what each looks at.
MODES: dict[str, str] = {
    "email": "the address of the profile, then of its subscriptions",
    "email_profile": "the address of the profile only",
    "email_sub": "the addresses of subscriptions only",
    "phone": "the numbers of the profile, then of its subscriptions",
    "phone_sub": "the numbers of subscriptions only",
    "profile_id": "the id that Fidelia gave",
    "push_sub": "the device of a push subscription",
    "custom": "any field, named in field",
    "custom_sub": "the contact of a subscription in a channel, named in field",
    "email_phone": "address or number, of the profile or its subscriptions",
    "email_phone_sub": "address or number of subscriptions only",
}
#: The member of an item that holds the key of ``custom_sub``.
CONTACT = "contact"
_MATCHED = frozenset({"string", "integer", "float", "boolean", "date", "datetime", "enum", "ip", "tags"})
_SEPARATOR = "\x1f"
_WORDS = {
    "email": "e-mail address",
    "phones": "phone number",
    "profile_id": "id",
    "email_phone": "e-mail address or phone number",
}


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """What keys are and where they are looked for.

    ``field`` is the field that keys are values of, ``None`` for the profile's id and for contacts of other channels;
    ``second`` is the other one of modes with two keys. ``in_field``: whether the profile itself is looked at.
    ``channels``: the channels whose subscriptions are looked at, narrowed to ``resource`` when there is one.
    """

    mode: str
    field: Field | None = None
    second: Field | None = None
    in_field: bool = True
    channels: tuple[str, ...] = ()
    resource: int | None = None

    @property
    def name(self) -> str:
        """Return the name of the key as errors point to it."""
        if self.second is not None:
            return "email"
        if self.field is not None:
            return self.field.name
        return "profile_id" if self.by_id else CONTACT

    @property
    def said(self) -> str:
        """Return the word for the key in sentences."""
        return _WORDS["email_phone"] if self.second is not None else _WORDS.get(self.name, self.name)

    @property
    def by_id(self) -> bool:
        """Tell whether keys are ids of profiles."""
        return self.mode == "profile_id"

    @property
    def may_add(self) -> bool:
        """Tell whether a key that nobody has may become a new profile."""
        return not self.by_id

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields that keys come from."""
        return tuple(field for field in (self.field, self.second) if field is not None)

    @property
    def combines(self) -> bool:
        """Tell whether a key is a combination of tags, all of which a person must have."""
        return self.field is not None and self.field.kind.many and not self.field.builtin

    def owns(self, field: Field) -> bool:
        """Tell whether the field is the one that alone decides whose row it is, so that it needs no other check."""
        return self.second is None and self.in_field and self.field is not None and self.field.column == field.column

    def parts(self, key: Any) -> Sequence[Any]:
        """Return the keys that a key is made of: two for an address and a number, one otherwise."""
        return [part for part in key.split(_SEPARATOR) if part] if self.second is not None else (key,)


def tags_of(key: str) -> list[str]:
    """Return the tags of a combination."""
    return key.split(_SEPARATOR)


def joined(parts: Iterable[str | None]) -> str | None:
    """Return one key made of several, ``None`` of none."""
    known = [part or "" for part in parts]
    return _SEPARATOR.join(known) if any(known) else None


def combination(items: Iterable[str]) -> str:
    """Return the key that stands for a combination of tags."""
    return _SEPARATOR.join(sorted(set(items)))


def read_matching(
    database: Database,
    mode: str,
    *,
    field: str | None = None,
    resource_id: int | None = None,
    pointer: str = "/matching",
    base: str = "",
) -> Matching:
    """Return what a matching mode means in a database; a field's name is a mode of its own.

    Raises 422 at ``pointer``, ``{base}/field`` or ``{base}/resource_id`` for what does not exist or does not fit.
    """
    if mode == "push_sub":
        raise invalid_field(
            pointer, "Matching by push_sub needs push subscriptions, which this installation has no channel for yet"
        )
    if field is not None and mode not in ("custom", "custom_sub"):
        raise invalid_field(f"{base}/field", "Only custom and custom_sub name a field")
    email, phones = database.by_name["email"], database.by_name["phones"]
    sub = mode.endswith("_sub")
    if mode in ("email", "email_profile", "email_sub"):
        found = Matching(
            mode=mode,
            field=email,
            in_field=not sub,
            channels=() if mode == "email_profile" else ("email",),
            resource=resource_id,
        )
    elif mode in ("phone", "phone_sub"):
        found = Matching(mode=mode, field=phones, in_field=not sub, channels=("sms",), resource=resource_id)
    elif mode in ("email_phone", "email_phone_sub"):
        found = Matching(
            mode=mode, field=email, second=phones, in_field=not sub, channels=("email", "sms"), resource=resource_id
        )
    elif mode == "profile_id":
        found = Matching(mode=mode)
    elif mode == "custom_sub":
        if field is None or CHANNEL_KEY.fullmatch(field) is None:
            raise invalid_field(f"{base}/field", "custom_sub names a channel in field, such as email or sms")
        found = Matching(mode=mode, in_field=False, channels=(field,), resource=resource_id)
    else:
        found = Matching(mode="custom", field=_custom(database, mode, field, pointer, base))
    if resource_id is not None and not found.channels:
        raise invalid_field(f"{base}/resource_id", "Only a search in subscriptions can be narrowed to a resource")
    return found


def _custom(database: Database, mode: str, name: str | None, pointer: str, base: str) -> Field:
    if mode == "custom":
        pointer, wanted = f"{base}/field", name or ""
    else:
        wanted = mode
    field = database.field(wanted)
    if field is None or field.type not in _MATCHED or field.read_only:
        raise invalid_field(
            pointer,
            "Match by profile_id, email, phone, external_id, the name of a field, or one of: "
            + ", ".join(name for name in MODES if name not in ("profile_id", "email", "phone")),
        )
    return field
