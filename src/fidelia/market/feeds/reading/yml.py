"""Offers of Yandex market language (YML)."""

from __future__ import annotations

from collections.abc import Mapping

from .fields import Setting, finish, param, put
from .model import Offer, Record, Refused

RECORDS = frozenset({"offer"})
FIELDS: Mapping[str, str] = {
    "name": "name", "vendor": "brand", "categoryId": "category", "price": "price", "oldprice": "old_price",
    "currencyId": "currency", "url": "url", "picture": "picture", "description": "description", "count": "quantity",
    "delivery": "delivery", "manufacturer_warranty": "warranty", "expiry": "expires_on",
}  # fmt: skip
#: What says how to sell, or is made of parts, and is nothing to know of a product.
SILENT = frozenset({"delivery-options", "pickup-options", "promo", "typePrefix", "condition", "age", "currency"})
PARAM = "param"


def read_offer(record: Record, setting: Setting) -> Offer:
    """Return the offer of a record; raise :class:`Refused`."""
    own = record.attributes
    offer = Offer(line=record.line, id=(own.get("id") or "").strip())
    group = (own.get("group_id") or "").strip()
    if group:
        put(offer, "group", group, "group_id")
    if own.get("available"):
        put(offer, "available", own["available"], "available")
    mapping = setting.mapping
    single = {}
    for element in record.elements:
        source = element.name
        if source == PARAM:
            name = element.attributes.get("name", "").strip()
            unit = element.attributes.get("unit", "").strip()
            source = f"{name} ({unit})" if unit else name
        if source in mapping:
            target = mapping[source]
        elif element.name == PARAM:
            param(offer, source, element.text)
            continue
        else:
            target = FIELDS.get(source)
        if target is not None:
            if target == "expires_on" and element.text.startswith("P"):
                continue  # how long it keeps, not until when
            put(offer, target, element.text, source)
        elif source not in mapping and source not in SILENT:
            param(offer, source, element.text)
        if source in ("typePrefix", "vendor", "model"):
            single[source] = element.text
    if offer.name is None and single:
        offer.name = " ".join(filter(None, (single.get(k) for k in ("typePrefix", "vendor", "model"))))[:1000] or None
    return finish(offer, setting)


def id_of(record: Record) -> str:
    """Return the id of a record, for who is told of it."""
    return record.attributes.get("id", "").strip()


__all__ = ["FIELDS", "PARAM", "RECORDS", "Refused", "id_of", "read_offer"]
