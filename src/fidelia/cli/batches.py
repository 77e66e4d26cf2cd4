"""Products, orders and events from a file: rows become the API's items, and go in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .common import CliError, note
from .connect import Api
from .progress import Progress
from .rows import RowReader

Row = tuple[int, dict[str, Any]]
Send = Callable[[Api, int, list[dict[str, Any]]], dict[str, Any]]

BATCH = 1000
SHOWN = 20
_PRODUCT = frozenset(
    "external_id name brand category price old_price floor quantity currency url image_url description".split()
)
_ORDER = frozenset("external_id placed_at status channel touchpoint region currency delivery".split())
_LINE = frozenset("product sku quantity price final floor total discount".split())
_EVENT = frozenset("id type at".split())


def products(rows: Iterator[Row], matching: str) -> Iterator[Row]:
    """One product a row; columns that a product does not have become its properties."""
    for number, row in rows:
        yield number, _with_properties(row, _PRODUCT)


def orders(rows: Iterator[Row], matching: str) -> Iterator[Row]:
    """One order a row when it has ``lines``; else neighbours with the same ``external_id`` are the lines of one.

    Such a row tells the order's ``status``, ``channel``, ``touchpoint`` and ``region``, its buyer in ``profile`` or in
    the matching field, and of the line ``product``, ``sku``, ``quantity``, ``price``, ``final``, ``floor``, ``total``,
    ``discount``.
    """
    seen: set[str] = set()
    first = 0
    order: dict[str, Any] = {}
    for number, row in rows:
        if "lines" in row:
            yield number, row
            continue
        known = str(row.get("external_id", ""))
        line = {name: row[name] for name in _LINE if name in row}
        if "quantity" in line:
            line["quantity"] = _number(line["quantity"])
        if order and order["external_id"] == known:
            order["lines"].append(line)
            continue
        if known in seen:
            raise CliError(f"Row {number}: the rows of order {known} must stand together; sort the file by external_id")
        if order:
            yield first, order
        seen.add(known)
        first = number
        order = {name: row[name] for name in _ORDER if name in row} | _who(row, matching)
        order |= {"external_id": known, "lines": [line]}
    if order:
        yield first, order


def events(rows: Iterator[Row], matching: str) -> Iterator[Row]:
    """One event a row; columns that an event does not have become its properties."""
    for number, row in rows:
        if isinstance(row.get("properties"), dict):
            yield number, row
            continue
        who = _who(row, matching)
        known = _EVENT | {"profile", matching}
        item = {name: value for name, value in row.items() if name in _EVENT} | who
        item["properties"] = {name: value for name, value in row.items() if name not in known}
        yield number, item


def import_rows(
    api: Api, kind: str, file: Path, database_id: int, mapping: Mapping[str, str], matching: str
) -> dict[str, int]:
    """Send a file's rows in batches and return the counts; what is refused is told with its row and reason.

    A repeat is safe: products and orders are known by ``external_id``, events by ``id``.
    """
    shape, send = _KINDS[kind]
    reader = RowReader(file)
    counts: dict[str, int] = {}
    batch: list[Row] = []
    with Progress(f"Import {file.name} (bytes)") as progress:
        for item in shape(reader.rows(mapping), matching):
            batch.append(item)
            if len(batch) == BATCH:
                _send(api, send, database_id, batch, counts)
                batch = []
                progress.show(reader.position, reader.size)
        if batch:
            _send(api, send, database_id, batch, counts)
    return counts


def _send(api: Api, send: Send, database_id: int, batch: list[Row], counts: dict[str, int]) -> None:
    reply = send(api, database_id, [item for _, item in batch])
    for name, value in reply.items():
        if isinstance(value, int):
            counts[name] = counts.get(name, 0) + value
    refused = [(item["index"], _reasons(item)) for item in reply.get("items", []) if item["status"] == "rejected"]
    if isinstance(reply["rejected"], list):  # events
        refused = [(item["index"], item["reason"]) for item in reply["rejected"]]
        counts["rejected"] = counts.get("rejected", 0) + len(refused)
    shown = counts["rejected"] - len(refused)
    for index, reason in refused[: max(0, SHOWN - shown)]:
        note(f"row {batch[index][0]}: {reason}")


def _reasons(item: dict[str, Any]) -> str:
    return "; ".join(f"{error['pointer']} {error['message']}".strip() for error in item["errors"])


def _with_properties(row: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if isinstance(row.get("properties"), dict):
        return row
    item = {name: value for name, value in row.items() if name in known}
    if extra := {name: value for name, value in row.items() if name not in known}:
        item["properties"] = extra
    return item


def _who(row: Mapping[str, Any], matching: str) -> dict[str, Any]:
    if "profile" in row:
        return {"profile": _number(row["profile"])}
    return {"match": {matching: row[matching]}} if matching in row else {}


def _number(value: Any) -> Any:
    """Read a cell as a whole number where it is one; the platform says what is wrong with anything else."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


_KINDS: dict[str, tuple[Callable[[Iterator[Row], str], Iterator[Row]], Send]] = {
    "products": (products, lambda api, _, items: api.post("/market/products", {"items": items})),
    "orders": (orders, lambda api, db, items: api.post("/market/orders", {"database": db, "items": items})),
    "events": (events, lambda api, db, items: api.post("/events", {"database": db, "events": items})),
}
