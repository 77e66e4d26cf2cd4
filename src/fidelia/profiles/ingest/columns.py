"""Reads the cells of one field, many at once: each distinct cell is judged once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..cells import ISO, TextFormat
from ..fields import Field, read_cell, read_value
from ..matching import Matching, combination, joined
from .encode import copy_cell, unescape
from .model import RowError
from .prepare import CLEAR, Column

#: A memory of judged cells is dropped when it has grown so far, so that a file of distinct values costs no memory.
_REMEMBER = 100_000


class _Bad(msgspec.Struct, frozen=True):
    """A cell that cannot be stored, and why."""

    message: str


class _Memory(dict[str, Any]):
    """Remembers what each cell is: its COPY text, or with ``pairs`` the COPY text and the stored value."""

    def __init__(self, field: Field, how: TextFormat, replace: Mapping[str, str], empty: Any, *, pairs: bool) -> None:
        super().__init__()
        self.field, self.how, self.replace, self.empty, self.pairs = field, how, replace, empty, pairs
        self.has_bad = False

    def __missing__(self, cell: str) -> Any:
        found = self.judge(cell)
        if len(self) < _REMEMBER:
            self[cell] = found
        return found

    def judge(self, cell: Any) -> Any:
        """Read a cell that was not seen before."""
        text: Any
        value = None
        try:
            value = self.read(cell)
        except (ValueError, RecursionError) as exc:
            self.has_bad = True
            text = _Bad(str(exc) if isinstance(exc, ValueError) else "This value is nested too deeply")
        else:
            text = self.empty if value is None else copy_cell(self.field.type, value)
        return (text, value) if self.pairs else text

    def read(self, cell: Any) -> Any:
        """Return the stored value of a cell."""
        if not isinstance(cell, str):
            return read_value(self.field, cell)
        return read_cell(self.field, self.replace.get(cell.strip(), cell) if self.replace else cell, self.how)


class ColumnReader:
    """Reads the column of a file that goes into a field.

    ``replace`` maps cells to the texts meant by them; ``clear_empty`` makes an empty cell empty the field. ``keep``
    says that the engine needs the stored values (keys and unique fields).
    """

    def __init__(
        self,
        field: Field,
        how: TextFormat = ISO,
        *,
        replace: Mapping[str, str] | None = None,
        clear_empty: bool = False,
        keep: bool = False,
    ) -> None:
        self.field = field
        self._keep = keep
        # Stored texts are read back from the COPY text, which costs less than to remember pairs.
        self._pairs = keep and field.type not in ("string", "ip")
        empty = CLEAR if clear_empty else None
        self._texts = _Memory(field, how, replace or {}, empty, pairs=self._pairs)
        self._typed = _Memory(field, ISO, replace or {}, empty, pairs=self._pairs)

    def read(self, rows: Sequence[int], cells: Sequence[Any], errors: list[RowError]) -> Column:
        """Return the column; what cannot be stored is appended to ``errors`` under the number of its row."""
        for memory in (self._texts, self._typed):
            if len(memory) >= _REMEMBER:
                memory.clear()
                memory.has_bad = False
        memory = self._texts
        found: list[Any] = [memory[cell] for cell in cells] if _all_text(cells) else [self._one(cell) for cell in cells]
        texts = [text for text, _ in found] if self._pairs else found
        if memory.has_bad or self._typed.has_bad:
            for n, text in enumerate(texts):
                if isinstance(text, _Bad):
                    errors.append(RowError(rows[n], self.field.name, text.message, shown(cells[n])))
                    texts[n] = None
        if not self._keep:
            return Column(self.field, texts)
        if self._pairs:
            return Column(self.field, texts, [value for _, value in found])
        return Column(self.field, texts, [unescape(text) if isinstance(text, str) else None for text in texts])

    def _one(self, cell: Any) -> Any:
        """Read a cell of JSON or of a workbook, which may be typed; its own type says how it is written."""
        if isinstance(cell, str):
            return self._texts[cell]
        if cell is None:
            return self._texts[""]
        if isinstance(cell, list | dict):
            return self._typed.judge(cell)
        return self._typed[_typed_text(cell)]


def _all_text(cells: Sequence[Any]) -> bool:
    return set(map(type, cells)) <= {str}


def _typed_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return repr(cell) if isinstance(cell, float) else str(cell)


def shown(cell: Any) -> str:
    """Return a cell as it is shown beside the reason for its rejection, without what cannot be stored."""
    text = cell if isinstance(cell, str) else msgspec.json.encode(cell).decode() if cell is not None else ""
    return text[:200].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def key_of(field: Field, value: Any) -> Any:
    """Return the key that a stored value of the matching field stands for: the first number, all tags together."""
    if isinstance(value, list):
        return (value[0] if field.builtin else combination(value)) if value else None
    return value.isoformat() if field.type in ("date", "datetime") and value is not None else value


def keys_of(how: Matching, columns: Sequence[Column], count: int) -> list[Any]:
    """Return the keys of rows by the columns that were read; modes with two keys join them."""
    found: dict[str, list[Any]] = {}
    for column in columns:
        if column.field.name in {field.name for field in how.fields} and column.values is not None:
            plain = column.field.kind.many or column.field.type in ("date", "datetime")
            found[column.field.name] = (
                [key_of(column.field, value) for value in column.values] if plain else column.values
            )
    nothing: list[Any] = [None] * count
    parts = [found.get(field.name, nothing) for field in how.fields]
    if how.second is None:
        return parts[0]
    return [joined(both) for both in zip(*parts, strict=True)]
