"""Parameters of a ClickHouse query: every literal goes through here, none into the text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .types import TYPES

_DECIMAL_18 = Decimal(10) ** 18


class Binder:
    """Collects parameters and hands out their placeholders; equal values share one."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._known: dict[tuple[str, str], str] = {}

    def bind(self, value: Any, type_: str) -> str:
        """Bind a value as a ClickHouse type and return the placeholder."""
        key = (type_, repr(value))
        if key not in self._known:
            name = f"c{len(self.params)}"
            self.params[name] = _plain(value)
            self._known[key] = f"{{{name}:{type_}}}"
        return self._known[key]


class Typed:
    """A binder for the values of one comparison: of a field type, or (``scaled``) whole units of a decimal place."""

    def __init__(self, binder: Binder, type_: str, places: int, *, scaled: bool = False) -> None:
        self._binder = binder
        self._type = type_
        self._places = places
        self._scaled = scaled

    def __call__(self, value: Any, type_: str | None = None) -> str:
        """Bind a value; ``type_`` may be a ClickHouse type, or ``Array`` for many values of the field's type."""
        if type_ is not None and type_ != "Array":
            return self._binder.bind(value, type_)
        if type_ == "Array":
            values = [self._value(v) for v in value]
            return self._binder.bind(values, f"Array({self._bound(values)})")
        plain = self._value(value)
        return self._binder.bind(plain, self._bound((plain,)))

    def _value(self, value: Any) -> Any:
        return int(value.scaleb(self._places)) if self._scaled else value

    def _bound(self, values: Sequence[Any]) -> str:
        if self._scaled:
            return "Int256"
        if self._type != "decimal":
            return TYPES[self._type].bound
        small = all(abs(v) < _DECIMAL_18.scaleb(-self._places) for v in values)
        return f"Decimal({18 if small else 38},{self._places})"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if not isinstance(value, bool | int | float | Decimal | str) else value
