"""Reading feeds: a file of one of the formats becomes offers and categories, some at a time, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from . import google, table, yml
from .fields import PROPERTY, TARGETS, Setting
from .model import (
    MAX_KEY,
    Batch,
    FeedCategory,
    FeedFormat,
    FeedProblem,
    Offer,
    Record,
    Refused,
    Rejected,
)
from .packed import open_feed, pieces
from .xml import Scanner

__all__ = [
    "MAX_KEY",
    "PROPERTY",
    "TARGETS",
    "Batch",
    "FeedCategory",
    "FeedFormat",
    "FeedProblem",
    "Named",
    "Offer",
    "Setting",
    "detect",
    "names_of",
    "read",
]

AT_ONCE = 2_000
_HEAD = 4_096
_READERS = {"yml": yml.read_offer, "google_xml": google.read_offer, "google_table": google.read_offer}
_IDS = {"yml": yml.id_of, "google_xml": google.id_of, "google_table": google.id_of}
_SHOWN = 200


def detect(path: Path) -> FeedFormat:
    """Tell what a file is by its beginning; raise :class:`FeedProblem` for something else."""
    with open_feed(path) as stream:
        head = stream.read(_HEAD)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "google_table"
    scanner = Scanner(frozenset({"offer", "item", "entry"}))
    try:
        list(islice(scanner.read([head]), 1))
    except FeedProblem:  # the beginning alone is no whole file; what is wrong is told by who reads all of it
        if scanner.root is None:
            raise
    if scanner.root == "yml_catalog":
        return "yml"
    if scanner.root in ("rss", "feed", "RDF"):
        return "google_xml"
    raise FeedProblem(f"This is no feed: it begins with <{scanner.root}>, not with <yml_catalog>, <rss> or <feed>")


def read(path: Path, format: FeedFormat, setting: Setting) -> Iterator[Batch]:
    """Yield what a file holds; an offer that cannot be taken is told of beside. Raises :class:`FeedProblem`."""
    known: dict[str, int] = {}
    with open_feed(path) as stream:
        for records, categories in _records(stream, format):
            offers: list[Offer] = []
            rejected: list[Rejected] = []
            for record in records:
                try:
                    offer = _READERS[format](record, setting)
                    if offer.id in known:
                        raise Refused("id", offer.id, f"Line {known[offer.id]:,} has the same id; that offer counts")
                    known[offer.id] = offer.line
                    offers.append(offer)
                except Refused as exc:
                    given = exc.value[:_SHOWN]
                    rejected.append(Rejected(record.line, _IDS[format](record)[:_SHOWN], exc.field, given, exc.reason))
            yield Batch(offers, rejected, categories)


def _records(stream: IO[bytes], format: FeedFormat) -> Iterator[tuple[list[Record], list[FeedCategory]]]:
    if format == "google_table":
        for records in table.records(stream, AT_ONCE):
            yield records, []
        return
    scanner = Scanner(yml.RECORDS if format == "yml" else google.RECORDS, google.PARTS)
    for records in scanner.read(pieces(stream)):
        yield records, _taken(scanner)
    if scanner.root not in (("yml_catalog",) if format == "yml" else ("rss", "feed", "RDF")):
        raise FeedProblem(f"This is no feed of this format: it begins with <{scanner.root}>")
    yield [], _taken(scanner)


def _taken(scanner: Scanner) -> list[FeedCategory]:
    found, scanner.categories = scanner.categories, []
    return found


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something that offers tell: its name, where it goes by itself (``None``: nowhere), examples, how many have it."""

    name: str
    field: str | None
    examples: list[str]
    offers: int


def names_of(path: Path, format: FeedFormat, most: int, *, whole: bool = True) -> list[Named]:
    """Return what the first offers of a file tell, in the order in which it is first seen.

    A file that is not ``whole`` may end anywhere.
    """
    fields = yml.FIELDS if format == "yml" else google.FIELDS
    silent = yml.SILENT if format == "yml" else google.SILENT
    seen: dict[str, tuple[list[str], int]] = {}
    left = most
    try:
        with open_feed(path) as stream:
            for records, _ in _records(stream, format):
                for record in records[:left]:
                    for name, text in {name: text for name, text in map(_told, record.elements) if name}.items():
                        examples, count = seen.get(name, ([], 0))
                        if text and text not in examples and len(examples) < 3:
                            examples.append(text[:_SHOWN])
                        seen[name] = examples, count + 1
                left -= len(records)
                if left <= 0:
                    break
    except FeedProblem:
        if whole:
            raise
    return [
        Named(name=name, field=fields.get(name, None if name in silent else f"{PROPERTY}{name}"), examples=ex, offers=n)
        for name, (ex, n) in seen.items()
    ]


def _told(element: object) -> tuple[str, str]:
    name, attributes, text, parts = msgspec.structs.astuple(element)  # type: ignore[arg-type]
    if name == yml.PARAM:
        unit = attributes.get("unit", "").strip()
        label = attributes.get("name", "").strip()
        return (f"{label} ({unit})" if unit and label else label), text
    if name == "product_detail" and parts:
        return parts.get("attribute_name", ""), parts.get("attribute_value", "")
    return name, text or attributes.get("href", "")
