"""Rows of a file become what the API takes: pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from fidelia.kernel.errors import FieldError, Problem
from fidelia.profiles import files

from ..fields import TypedField
from ..model import LineIn, OrderIn, ProductIn, SkuIn
from .model import ImportField, ImportKind

Row = tuple[int, list[Any]]
_Thing = TypeVar("_Thing", ProductIn, SkuIn, OrderIn, LineIn)
_SHARED = {
    "name": "Name",
    "price": "Price",
    "old_price": "Price before",
    "floor": "Lowest price",
    "currency": "Currency",
    "url": "Page",
    "description": "Description",
    "tags": "Tags",
    "pictures": "Pictures",
    "available": "Available",
    "quantity": "In stock",
}
_FIELDS: dict[ImportKind, dict[str, str]] = {
    "products": {
        "external_id": "Id",
        **_SHARED,
        "brand": "Brand",
        "category": "Category",
        "image_url": "Picture",
        "delivery": "Can be delivered",
        "warranty": "Warranty",
        "expires_on": "Expires on",
    },
    "skus": {"external_id": "Id", "product": "Product", **_SHARED},
    "orders": {
        "external_id": "Order id",
        "placed_at": "Placed at",
        "customer": "Customer",
        "status": "Status",
        "channel": "Channel",
        "touchpoint": "Touchpoint",
        "region": "Region",
        "currency": "Currency",
        "delivery": "Delivery cost",
        "tags": "Tags",
        "line.id": "Line: id",
        "line.product": "Line: product",
        "line.sku": "Line: SKU",
        "line.quantity": "Line: quantity",
        "line.price": "Line: price of one",
        "line.final": "Line: paid for one",
        "line.floor": "Line: lowest price of one",
        "line.discount": "Line: discount",
        "line.total": "Line: total",
        "line.status": "Line: status",
    },
}
_NEEDED: dict[ImportKind, frozenset[str]] = {
    "products": frozenset({"external_id"}),
    "skus": frozenset({"external_id"}),
    "orders": frozenset({"external_id", "placed_at", "customer"}),
}
#: What other systems call these things; compared without case, spaces and signs.
_ALIASES: dict[str, str] = {
    "id": "external_id",
    "sku": "external_id",
    "productid": "product",
    "orderid": "external_id",
    "order": "external_id",
    "ordernumber": "external_id",
    "title": "name",
    "manufacturer": "brand",
    "vendor": "brand",
    "oldprice": "old_price",
    "minprice": "floor",
    "stock": "quantity",
    "image": "image_url",
    "picture": "image_url",
    "link": "url",
    "date": "placed_at",
    "createdat": "placed_at",
    "createtime": "placed_at",
    "email": "customer",
    "profile": "customer",
    "deliverycost": "delivery",
    "qty": "line.quantity",
    "count": "line.quantity",
}
_LISTS = frozenset({"tags", "pictures"})
_FLAGS = frozenset({"available", "delivery", "warranty"})
_AMOUNTS = frozenset({"price", "old_price", "floor", "final", "discount", "total", "quantity", "delivery"})
_YES, _NO = frozenset({"true", "yes", "1", "y", "on"}), frozenset({"false", "no", "0", "n", "off"})
_SPLIT = re.compile(r"\s*[,;|]\s*")


def fields_of(kind: ImportKind, own: Mapping[str, Sequence[TypedField]]) -> list[ImportField]:
    """Return what columns may be: fields built in, then one's own (``properties.<key>``)."""
    built_in = [ImportField(name, label, name in _NEEDED[kind]) for name, label in _FIELDS[kind].items()]
    typed = [(f"properties.{f.key}", f.key) for f in own[{"products": "product", "skus": "sku"}.get(kind, "order")]]
    if kind == "orders":
        typed += [(f"line.properties.{f.key}", f"Line: {f.key}") for f in own["line"]]
    return built_in + [ImportField(name, label, False) for name, label in typed]


def suggest(kind: ImportKind, column: str, known: Sequence[ImportField]) -> str | None:
    """Return the field that the name of a column suggests."""
    plain = re.sub(r"[^a-z0-9]", "", column.lower())
    for field in known:
        names = {field.name, field.label, field.name.removeprefix("line."), field.name.rpartition(".")[2]}
        if plain in {re.sub(r"[^a-z0-9]", "", name.lower()) for name in names}:
            return field.name
    alias = _ALIASES.get(plain)
    if kind == "orders" and plain in ("sku", "product", "productid"):
        alias = "line.sku" if plain == "sku" else "line.product"
    return alias if alias is not None and any(field.name == alias for field in known) else None


def missing(kind: ImportKind, chosen: Mapping[str, str | None]) -> list[str]:
    """Return the fields that a mapping needs and does not have."""
    have = {field for field in chosen.values() if field is not None}
    lacking = sorted(_NEEDED[kind] - have)
    if kind == "orders" and not have & {"line.product", "line.sku"}:
        lacking.append("line.product")
    return lacking


class Reading:
    """Reads rows by a mapping. ``zone`` is what times without one are in; ``matching`` finds the buyers of orders."""

    def __init__(
        self,
        kind: ImportKind,
        columns: Sequence[str],
        mapping: Mapping[str, str | None],
        own: Mapping[str, Sequence[TypedField]],
        zone: str,
        matching: str,
    ) -> None:
        self._kind = kind
        self._at = [(n, field) for n, name in enumerate(columns) if (field := mapping.get(name)) is not None]
        self._own = {entity: {field.key: field.type for field in fields} for entity, fields in own.items()}
        self._zone = ZoneInfo(zone)
        self._matching = matching
        self._id = next(n for n, field in self._at if field == "external_id")

    def key(self, row: Row) -> str:
        """Return the id of the thing that a row is about."""
        return files.display(row[1][self._id]).strip() if self._id < len(row[1]) else ""

    def groups(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        """Yield the rows of one thing at a time: neighbours with the same id are lines of one order."""
        group: list[Row] = []
        for row in rows:
            if group and (self._kind != "orders" or self.key(group[0]) != self.key(row)):
                yield group
                group = []
            group.append(row)
        if group:
            yield group

    def item(self, rows: Sequence[Row]) -> ProductIn | SkuIn | OrderIn:
        """Return what rows of one thing say; raise 422."""
        if self._kind == "orders":
            return self._order(rows)
        values = self._values(rows[0][1], "product" if self._kind == "products" else "sku")
        if self._kind == "products":
            return _read(values, ProductIn)
        return _read(values, SkuIn)

    def _order(self, rows: Sequence[Row]) -> OrderIn:
        lines: list[LineIn] = []
        order: dict[str, Any] = {}
        for _, cells in rows:
            values = self._values(cells, "order")
            line = {k.removeprefix("line."): values.pop(k) for k in list(values) if k.startswith("line.")}
            lines.append(_read(line, LineIn, "/lines"))
            order = order or values
        customer = order.pop("customer", None)
        if customer is None:
            raise _wrong("/customer", "The row names no customer")
        who = {"profile": _whole(customer)} if self._matching == "id" else {"match": {self._matching: customer}}
        order = {**order, **who, "lines": []}
        made = _read(order, OrderIn)
        return msgspec.structs.replace(made, lines=lines)

    def _values(self, cells: Sequence[Any], entity: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for n, field in self._at:
            cell = cells[n] if n < len(cells) else None
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            line, name = field.startswith("line."), field.removeprefix("line.")
            if name.startswith("properties."):
                key = name.removeprefix("properties.")
                type_ = self._own["line" if line else entity].get(key, "string")
                where = "line.properties" if line else "properties"
                values.setdefault(where, {})[key] = _typed(type_, cell, f"/{name}")
            else:
                values[field] = self._cell(entity, name, cell)
        return values

    def _cell(self, entity: str, name: str, cell: Any) -> Any:
        text = files.display(cell).strip()
        if name in _LISTS:
            return [part for part in _SPLIT.split(text) if part]
        if name in _FLAGS and entity != "order":
            return _flag(text, f"/{name}")
        if name in _AMOUNTS:
            return _amount(text)
        if name == "placed_at":
            return self._moment(cell, text)
        return cell.date().isoformat() if isinstance(cell, datetime) else text

    def _moment(self, cell: Any, text: str) -> datetime:
        try:
            at = cell if isinstance(cell, datetime) else datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise _wrong("/placed_at", "A time is written like 2026-11-01 10:00 or 2026-11-01T10:00:00Z") from None
        return at if at.tzinfo is not None else at.replace(tzinfo=self._zone)


def _amount(text: str) -> str:
    """Write an amount as the API takes it: ``1 234,50`` is 1234.50."""
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    return plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _wrong("/customer", "A profile is named by a whole number") from None


def _flag(text: str, pointer: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise _wrong(pointer, "This must be yes or no")


def _typed(type_: str, cell: Any, pointer: str) -> Any:
    text = files.display(cell).strip()
    try:
        match type_:
            case "int":
                return int(_amount(text))
            case "float":
                return float(_amount(text))
            case "bool":
                return _flag(text, pointer)
            case "list":
                return [part for part in _SPLIT.split(text) if part]
            case "date":
                return (cell.date() if isinstance(cell, datetime) else date.fromisoformat(text)).isoformat()
    except ValueError:
        raise _wrong(pointer, "This value does not fit the type of the field") from None
    return text


def _read(values: dict[str, Any], type_: type[_Thing], at: str = "") -> _Thing:
    try:
        return msgspec.convert(values, type_)
    except msgspec.ValidationError as exc:
        raise _wrong(at or "/", str(exc)) from exc


def _wrong(pointer: str, message: str) -> Problem:
    return Problem(422, "Invalid", message, [FieldError(pointer, message)])
