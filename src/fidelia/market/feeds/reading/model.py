"""What a feed is read into: offers, categories, and what is refused; and the one way to refuse a whole file.

A large feed makes millions of these. None leads back to itself, so the collector of circles need not look at them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fidelia.kernel.errors import FieldError, Problem

FeedFormat = Literal["yml", "google_xml", "google_table"]

MAX_TEXT = 1_000_000
MAX_ID = 200
MAX_KEY = 100
MAX_PARAMS = 200
MAX_PICTURES = 50
MAX_CATEGORIES = 100_000


class FeedProblem(Problem):
    """A file that is refused whole; the text says at which line, where there is one."""

    def __init__(self, detail: str, line: int | None = None) -> None:
        said = detail if line is None else f"Line {line:,}: {detail}"
        super().__init__(422, "This feed cannot be read", said, [FieldError("/file", said)])


class Refused(Exception):
    """One offer cannot be taken: in which field, with which value, and why."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, value, reason


class FeedCategory(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A category of the feed's tree, by the feed's own id."""

    id: str
    name: str
    parent: str | None
    line: int


class Offer(msgspec.Struct, array_like=True, gc=False):
    """An offer as a feed tells of it, all of it text that was looked at once; ``line`` is where it begins.

    ``group`` names the product that it is a variant of. ``category`` is a category's id, or a path with `` > `` between
    its names. ``params`` are what no field of a product is there for.
    """

    line: int
    id: str
    group: str | None = None
    name: str | None = None
    brand: str | None = None
    category: str | None = None
    price: str | None = None
    old_price: str | None = None
    floor: str | None = None
    currency: str | None = None
    url: str | None = None
    description: str | None = None
    pictures: list[str] = []
    tags: list[str] = []
    available: bool | None = None
    quantity: str | None = None
    delivery: bool | None = None
    warranty: bool | None = None
    expires_on: str | None = None
    params: dict[str, str | list[str]] = {}


class Rejected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An offer that is refused: at which line of the file it begins, and why."""

    line: int
    offer: str
    field: str
    value: str
    reason: str


class Batch(msgspec.Struct):
    """Some of a file, in its order."""

    offers: list[Offer]
    rejected: list[Rejected]
    categories: list[FeedCategory]


class Element(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something inside an offer: the name of the element, its attributes, its text."""

    name: str
    attributes: dict[str, str]
    text: str
    #: What stands inside of it, for the few elements that have parts.
    parts: dict[str, str] = {}


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An offer as it stands in the file."""

    line: int
    attributes: dict[str, str]
    elements: list[Element]
