"""Which stratum people are in, read from PostgreSQL in the transaction that assigns them, in any process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyroaring import BitMap

from fidelia.platform.postgres import Tx
from fidelia.segments import EVERYBODY, Division

#: Up to so many people are looked up by their ids; of more the whole table is read.
BY_ID = 20_000


async def by_stratum(tx: Tx, database_id: int, made: Sequence[Division], people: BitMap) -> dict[str, BitMap]:
    """Return some people of a database, each in one stratum; who does not exist is in none.

    Ranges are found by the database, listed values here: text is compared without regard to case.
    """
    if not people:
        return {}
    raw = await tx.raw()
    params: list[Any] = []
    codes = [_code(division, params) for division in made]
    where = ""
    if len(people) <= BY_ID:
        where = "where id = any(%s::bigint[])"
        params.append(list(people))
    columns = ", ".join((*codes, "array_agg(id)"))
    grouped = f"group by {', '.join(str(n) for n in range(1, len(codes) + 1))}" if codes else ""
    cursor = raw.cursor(binary=True)
    await cursor.execute(f"select {columns} from profile_{int(database_id)} {where} {grouped}", params)
    parts = [_Parts(division) for division in made]
    found: dict[str, BitMap] = {}
    async for *values, ids in cursor:
        key = ".".join(str(part.of(value)) for part, value in zip(parts, values, strict=True)) if made else EVERYBODY
        inside = BitMap(ids or ())
        if where == "":
            inside &= people
        if inside:
            found[key] = found[key] | inside if key in found else inside
    return found


def _code(division: Division, params: list[Any]) -> str:
    """Return the SQL of a value, or of the number of the range that holds it."""
    column = f'"{division.field.column}"'
    if not _ranged(division):
        return column
    cases = [f"when {column} is null then 0"]
    for n, part in enumerate(division.parts, 1):
        tests = []
        for sign, bound in ((">=", part.from_), ("<", part.to)):
            if bound is not None:
                tests.append(f"{column} {sign} %s")
                params.append(bound)
        cases.append(f"when {' and '.join(tests)} then {n}")
    return f"(case {' '.join(cases)} else {division.other} end)::int"


def _ranged(division: Division) -> bool:
    return any(not part.values for part in division.parts)


class _Parts:
    """Finds the part of a field that a value belongs to."""

    def __init__(self, division: Division) -> None:
        self._numbers = _ranged(division)
        self._other = division.other
        self._parts = {
            _folded(value): n for n, part in reversed([*enumerate(division.parts, 1)]) for value in part.values
        }

    def of(self, value: Any) -> int:
        """Return the number of a value's part: 0 for none."""
        if self._numbers:
            return int(value)
        return 0 if value is None or value == "" else self._parts.get(_folded(value), self._other)


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
