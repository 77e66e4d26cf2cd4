"""From the elements of an offer to its fields: by the format's own names, unless a mapping says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from . import values
from .model import MAX_ID, MAX_KEY, MAX_PARAMS, MAX_PICTURES, Offer, Refused

#: Fields of a product that an element can go to.
TARGETS = (
    "name", "brand", "category", "price", "old_price", "floor", "currency", "url", "description", "picture", "tags",
    "available", "quantity", "delivery", "warranty", "expires_on", "group",
)  # fmt: skip
#: Before the key of a custom field.
PROPERTY = "property."
MAX_DESCRIPTION = 20_000
_TEXTS = {"name": 1_000, "brand": 1_000, "category": 1_000, "group": MAX_ID}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How offers are read: ``mapping`` leads from the name of an element to a field, or nowhere (``None``)."""

    mapping: Mapping[str, str | None]
    currency: str | None
    now: datetime
    #: Parameters of no field are left out.
    ignore: bool = False


def put(offer: Offer, target: str, text: str, source: str) -> None:
    """Write one value to a field of an offer; raise :class:`Refused` for one that does not fit."""
    if not text:
        return
    if target.startswith(PROPERTY):
        param(offer, target[len(PROPERTY) :], text)
        return
    writer = _WRITERS.get(target)
    if writer is not None:
        writer(offer, text, source)
        return
    if target == "description":
        text = text[:MAX_DESCRIPTION]
    elif len(text) > _TEXTS.get(target, MAX_ID):
        raise Refused(source, text, f"This has more than {_TEXTS.get(target, MAX_ID):,} characters")
    setattr(offer, target, text)


def param(offer: Offer, key: str, text: str) -> None:
    """Write a value that no field is there for; several of one name are a list."""
    key = key.strip()[:MAX_KEY]
    if not key or not text:
        return
    known = offer.params.get(key)
    if known is None:
        if len(offer.params) >= MAX_PARAMS:
            raise Refused(key, text, f"An offer may have {MAX_PARAMS} parameters at most")
        offer.params[key] = text
    elif isinstance(known, list):
        known.append(text)
    else:
        offer.params[key] = [known, text]


def _price(name: str) -> Callable[[Offer, str, str], None]:
    def write(offer: Offer, text: str, source: str) -> None:
        found, currency = values.price(source, text)
        setattr(offer, name, found)
        if currency is not None:
            offer.currency = currency

    return write


def _currency(offer: Offer, text: str, source: str) -> None:
    code = text.strip().upper()
    code = {"RUR": "RUB", "BYR": "BYN"}.get(code, code)
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Refused(source, text, "A currency is three letters, like EUR")
    offer.currency = code


def _picture(offer: Offer, text: str, source: str) -> None:
    for address in text.split(",http") if ",http" in text else [text]:
        whole = address if address.lower().startswith("http") else f"http{address}"
        if len(offer.pictures) < MAX_PICTURES and whole not in offer.pictures:
            offer.pictures.append(values.web(source, whole.strip()))


def _tags(offer: Offer, text: str, source: str) -> None:
    offer.tags += [tag.strip()[:100] for tag in text.split(",") if tag.strip()]


def _flag(name: str) -> Callable[[Offer, str, str], None]:
    return lambda offer, text, source: setattr(offer, name, values.yes(source, text))


_WRITERS: dict[str, Callable[[Offer, str, str], None]] = {
    "price": _price("price"),
    "old_price": _price("old_price"),
    "floor": _price("floor"),
    "currency": _currency,
    "picture": _picture,
    "tags": _tags,
    "available": _flag("available"),
    "delivery": _flag("delivery"),
    "warranty": _flag("warranty"),
    "url": lambda offer, text, source: setattr(offer, "url", values.web(source, text)),
    "quantity": lambda offer, text, source: setattr(offer, "quantity", values.amount(source, text)),
    "expires_on": lambda offer, text, source: setattr(offer, "expires_on", values.day(source, text)),
}


def finish(offer: Offer, setting: Setting) -> Offer:
    """Check an offer as a whole, and give it the feed's currency where it says none."""
    if not offer.id or len(offer.id) > MAX_ID or "\x00" in offer.id:
        raise Refused("id", offer.id, f"An offer needs an id of 1 to {MAX_ID} characters")
    if offer.price is not None and offer.currency is None:
        offer.currency = setting.currency
        if offer.currency is None:
            raise Refused("price", offer.price, "The price has no currency: give one to the feed as a whole")
    if setting.ignore and offer.params:
        kept = {
            target[len(PROPERTY) :] for target in setting.mapping.values() if target and target.startswith(PROPERTY)
        }
        offer.params = {key: value for key, value in offer.params.items() if key in kept}
    return offer
