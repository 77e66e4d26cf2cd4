"""The upsert engine: one set-based way to write many profiles, for the API, imports, events and the demo."""

from .apply import apply, examine
from .columns import ColumnReader, keys_of, shown
from .items import read_contact, read_items
from .model import Batch, Mode, Options, Outcome, RowError, Status, SubscriptionChange
from .prepare import CLEAR, Column, Table, build
from .service import ItemError, UpsertItem, UpsertOut, answer, upsert

__all__ = [
    "CLEAR",
    "Batch",
    "Column",
    "ColumnReader",
    "ItemError",
    "Mode",
    "Options",
    "Outcome",
    "RowError",
    "Status",
    "SubscriptionChange",
    "Table",
    "UpsertItem",
    "UpsertOut",
    "answer",
    "apply",
    "build",
    "examine",
    "keys_of",
    "read_contact",
    "read_items",
    "shown",
    "upsert",
]
