"""Offers of Google Merchant feeds: RSS 2.0 and Atom, and the same attributes as a table."""

from __future__ import annotations

from collections.abc import Mapping

from .fields import Setting, finish, param, put
from .model import Element, Offer, Record
from .values import within

RECORDS = frozenset({"item", "entry"})
#: Elements whose parts are read.
PARTS = frozenset({"product_detail"})
FIELDS: Mapping[str, str] = {
    "title": "name", "brand": "brand", "product_type": "category", "link": "url", "description": "description",
    "summary": "description", "image_link": "picture", "additional_image_link": "picture", "availability": "available",
    "quantity": "quantity", "inventory": "quantity", "item_group_id": "group", "expiration_date": "expires_on",
    "price": "price", "sale_price": "sale_price", "auto_pricing_min_price": "floor",
}  # fmt: skip
SILENT = frozenset(
    {"id", "google_product_category", "sale_price_effective_date", "shipping", "tax", "guid", "pubDate", "updated"}
    | {"author", "content", "published", "mobile_link", "availability_date", "identifier_exists", "canonical_link"}
)


def read_offer(record: Record, setting: Setting) -> Offer:
    """Return the offer of a record; raise :class:`~fidelia.market.feeds.reading.model.Refused`."""
    offer = Offer(line=record.line, id=id_of(record))
    sale = period = category = None
    for element in record.elements:
        name, text = element.name, element.text
        if name == "product_detail":
            _detail(offer, element, setting)
            continue
        if name == "link" and not text:
            text = element.attributes.get("href", "")
        target = setting.mapping[name] if name in setting.mapping else FIELDS.get(name)
        if target == "sale_price":
            sale = text
        elif target == "category":
            category = category or text
        elif target is not None:
            put(offer, target, text, name)
        elif name == "sale_price_effective_date":
            period = text
        elif name == "google_product_category" and not text.isdigit():
            category = category or text
        elif name not in SILENT and name not in setting.mapping:
            param(offer, name, text)
    if category:
        put(offer, "category", " > ".join(filter(None, map(str.strip, category.split(">")))), "product_type")
    if sale and (not period or within(period, setting.now)):
        before = offer.price
        put(offer, "price", sale, "sale_price")
        offer.old_price = before
    return finish(offer, setting)


def _detail(offer: Offer, element: Element, setting: Setting) -> None:
    parts = element.parts
    if not parts and element.text.count(":") >= 2:  # in a table: section:name:value
        _, name, value = element.text.split(":", 2)
        parts = {"attribute_name": name, "attribute_value": value}
    name, value = parts.get("attribute_name", "").strip(), parts.get("attribute_value", "").strip()
    if name not in setting.mapping:
        param(offer, name, value)
    elif (target := setting.mapping[name]) is not None:
        put(offer, target, value, name)


def id_of(record: Record) -> str:
    """Return the id of a record: ``g:id``, or that of the Atom entry."""
    return next((element.text for element in record.elements if element.name == "id" and element.text), "")
