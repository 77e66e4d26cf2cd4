"""A sheet: the rows of a value list (one column) or a data table, and where they lie in both engines. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from .kinds import KINDS, ValueKind

SheetKind = Literal["list", "table"]
MAX_COLUMNS = 50
_PG = {"list": "list", "table": "data"}
_CH = {"list": "v", "table": "d"}
STREAM = {"list": "list_rows", "table": "table_rows"}


class SheetColumn(msgspec.Struct, frozen=True):
    """A column: ``c{id}``, and for texts their lower case in ``k{id}``. The only column of a list has the id 0."""

    id: int
    name: str
    type: str

    @property
    def kind(self) -> ValueKind:
        """Return the type."""
        return KINDS[self.type]

    @property
    def value(self) -> str:
        """Return the name of the column in both engines."""
        return f"c{self.id}"

    @property
    def match(self) -> str:
        """Return the name of the column by which values are told apart: of texts their lower case."""
        return f"k{self.id}" if self.kind.folds else self.value

    @property
    def stored(self) -> tuple[str, ...]:
        """Return the names of all its columns."""
        return (self.value, self.match) if self.kind.folds else (self.value,)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Where rows lie. ``key`` tells rows apart; with ``exact`` the case of a text does too."""

    kind: SheetKind
    id: int
    generation: int
    columns: tuple[SheetColumn, ...]
    key: SheetColumn
    exact: bool = False
    schema_version: int = 1
    size: int = 0

    @property
    def pg(self) -> str:
        """Return the table in PostgreSQL."""
        return f"{_PG[self.kind]}_{self.id}_{self.generation}"

    @property
    def ch(self) -> str:
        """Return the table in ClickHouse."""
        return f"{_CH[self.kind]}_{self.id}"

    @property
    def stream(self) -> str:
        """Return the stream of changed rows."""
        return STREAM[self.kind]

    @property
    def stored(self) -> tuple[str, ...]:
        """Return the names of all columns but ``id`` and ``version``."""
        return tuple(name for column in self.columns for name in column.stored)

    @property
    def identity(self) -> tuple[str, ...]:
        """Return the columns that no two rows share all of."""
        return (self.key.match, self.key.value) if self.exact and self.key.kind.folds else (self.key.match,)

    def pg_columns(self) -> list[tuple[str, str]]:
        """Return names and PostgreSQL types of the stored columns."""
        return [(name, column.kind.pg) for column in self.columns for name in column.stored]

    def column(self, name: str) -> SheetColumn | None:
        """Return a column by its name."""
        return next((c for c in self.columns if c.name == name), None)
