"""Properties of objects that lie in a column of JSON *text*: any key, any depth, read strictly.

A path is written ``profile.extra["key"]["deeper"]``; each key is a JSON string, so that quotes, dots and every letter
have their way in. Keys reach SQL as plain words or in hexadecimal, never as they were written.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from .vocabulary import JSON_AT, JSON_DAY, Field

MAX_STEPS = 64
MAX_KEY = 256
#: What a property may be compared as (``"as"``).
JSON_TYPES = ("string", "float", "integer", "boolean", "date", "datetime", "tags", "ip")
_STEP = re.compile(r'\[("(?:[^"\\\x00]|\\.)*")\]', re.DOTALL)
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}(\.[A-Za-z_][A-Za-z0-9_-]{0,63})*", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_ -]+", re.ASCII)


def parse_path(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Split ``base["key"]["deeper"]`` into its base and keys (none for a bare base); ``None`` when it is no path."""
    base, bracket, rest = name.partition("[")
    rest = bracket + rest
    keys: list[str] = []
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None or len(keys) == MAX_STEPS:
            return None
        try:
            key = msgspec.json.decode(match[1], type=str)
            key.encode()
        except (msgspec.DecodeError, UnicodeError):
            return None
        if len(key) > MAX_KEY or "\x00" in key:
            return None
        keys.append(key)
        at = match.end()
    return (base, tuple(keys)) if base else None


def steps_of(name: str, prefix: str) -> tuple[str, ...] | None:
    """Return the keys of ``item.deep.inside["any key"]`` after its prefix ``item``; ``None`` when it is no path."""
    path = parse_path(name)
    if path is None or not (path[0] == prefix or path[0].startswith(f"{prefix}.")):
        return None
    dotted = path[0].removeprefix(prefix).removeprefix(".")
    if path[0] != prefix and not _DOTTED.fullmatch(dotted):
        return None
    steps = (*(dotted.split(".") if dotted else ()), *path[1])
    return steps if 1 <= len(steps) <= MAX_STEPS else None


def text_property(name: str, type_: str, steps: tuple[str, ...], column: str, **more: Any) -> Field:
    """Declare a property that lies in a column of JSON text, by the keys that lead to it.

    A value of another type counts as missing; whole numbers count as numbers too, and 5.0 is a whole one. Raises
    ``ValueError`` for a type that JSON cannot hold.
    """
    path = ", ".join((column, *map(_literal, steps)))
    raw = f"JSONExtractRaw({path})"
    text = f"if(startsWith({raw}, '\"'), JSONExtractString({raw}), NULL)"
    match type_:
        case "string" | "enum" | "ip":
            sql = text
        case "integer":
            whole = f"if(JSONType({path}) = 'Double', accurateCastOrNull(JSONExtractFloat({path}), 'Int64'), NULL)"
            sql = f"if(JSONType({path}) = 'Int64', JSONExtractInt({path}), {whole})"
        case "float":
            sql = f"if(match({raw}, '^[-0-9]'), JSONExtractFloat({raw}), NULL)"
        case "boolean":
            sql = f"if({raw} IN ('true', 'false'), {raw} = 'true', NULL)"
        case "date":
            day = f"toDate32OrNull({text})"
            sql = f"if(match({text}, '{JSON_DAY}') AND toString({day}) = {text}, {day}, NULL)"
        case "datetime":
            day = f"substring({text}, 1, 10)"
            sql = (
                f"if(match({text}, '{JSON_AT}') AND toString(toDate32OrNull({day})) = {day}, "
                f"parseDateTime64BestEffortOrNull({text}, 3, 'UTC'), NULL)"
            )
        case "tags":
            items = f"JSONExtractArrayRaw({raw})"
            pure = f"startsWith({raw}, '[') AND arrayAll(x -> startsWith(x, '\"') OR x = 'null', {items})"
            kept = f"arrayFilter(x -> startsWith(x, '\"'), {items})"
            sql = f"if({pure}, arrayMap(x -> JSONExtractString(x), {kept}), [])"
        case "any":
            sql = f"if({raw} IN ('', 'null') OR startsWith({raw}, '{{'), NULL, 1)"
        case _:
            raise ValueError(f"A JSON property cannot be of type {type_}")
    return Field(name=name, type=type_, sql=sql, nullable=type_ != "tags", **more)


def _literal(key: str) -> str:
    return f"'{key}'" if _WORD.fullmatch(key) else f"unhex('{key.encode().hex()}')"
