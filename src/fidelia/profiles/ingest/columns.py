"""Reads the cells of one field, many at once: each distinct cell is judged once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..cells import ISO, TextFormat
from ..fields import Field, read_cell, read_value
from .encode import copy_cell
from .model import RowError
from .prepare import CLEAR, Column

#: A memory of judged cells is dropped when it has grown so far, so that a file of distinct values costs no memory.
_REMEMBER = 100_000


class _Bad(msgspec.Struct, frozen=True):
    """A cell that cannot be stored, and why."""

    message: str


class _Memory(dict[str, tuple[Any, Any]]):
    """Remembers (COPY text, stored value) of each cell."""

    def __init__(self, field: Field, how: TextFormat, replace: Mapping[str, str], empty: Any) -> None:
        super().__init__()
        self.field, self.how, self.replace, self.empty = field, how, replace, empty
        self.has_bad = False

    def __missing__(self, cell: str) -> tuple[Any, Any]:
        found = self.judge(cell)
        if len(self) < _REMEMBER:
            self[cell] = found
        return found

    def judge(self, cell: str) -> tuple[Any, Any]:
        """Read a cell that was not seen before."""
        try:
            value = read_cell(self.field, self.replace.get(cell.strip(), cell) if self.replace else cell, self.how)
        except ValueError as exc:
            self.has_bad = True
            return _Bad(str(exc)), None
        if value is None:
            return self.empty, None
        return copy_cell(self.field.type, value), value


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
        empty = CLEAR if clear_empty else None
        self._texts = _Memory(field, how, replace or {}, empty)
        self._typed = _Memory(field, ISO, replace or {}, empty)
        self._empty = empty

    def read(self, rows: Sequence[int], cells: Sequence[Any], errors: list[RowError]) -> Column:
        """Return the column; what cannot be stored is appended to ``errors`` under the number of its row."""
        for memory in (self._texts, self._typed):
            if len(memory) >= _REMEMBER:
                memory.clear()
                memory.has_bad = False
        memory = self._texts
        try:
            found = [memory[cell] for cell in cells] if _all_text(cells) else [self._one(cell) for cell in cells]
        except RecursionError:
            found = [(_Bad("This value is nested too deeply"), None)] * len(cells)
            memory.has_bad = True
        texts: list[Any] = [text for text, _ in found]
        if memory.has_bad or self._typed.has_bad:
            for n, text in enumerate(texts):
                if isinstance(text, _Bad):
                    errors.append(RowError(rows[n], self.field.name, text.message, shown(cells[n])))
                    texts[n] = None
        return Column(self.field, texts, [value for _, value in found] if self._keep else None)

    def _one(self, cell: Any) -> tuple[Any, Any]:
        """Read a cell of JSON or of a workbook, which may be typed; its own type says how it is written."""
        if isinstance(cell, str):
            return self._texts[cell]
        if cell is None:
            return self._empty, None
        if isinstance(cell, list | dict):
            try:
                value = read_value(self.field, cell)
            except ValueError as exc:
                self._typed.has_bad = True
                return _Bad(str(exc)), None
            return (self._empty, None) if value is None else (copy_cell(self.field.type, value), value)
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
    """Return a cell as it is shown beside the reason for its rejection."""
    text = cell if isinstance(cell, str) else msgspec.json.encode(cell).decode() if cell is not None else ""
    return text[:200].encode("utf-8", "replace").decode()


def key_of(field: Field, value: Any) -> Any:
    """Return the key that a stored value of the matching field stands for: of a list its first item."""
    if isinstance(value, list):
        return value[0] if value else None
    return value.isoformat() if field.type in ("date", "datetime") and value is not None else value
