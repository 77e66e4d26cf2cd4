"""What control groups ask ClickHouse: people by stratum, and what they bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pyroaring import BitMap

from fidelia.platform.clickhouse import ClickHouse, bitmap_parameter, bitmap_sql, decode_bitmap

from .strata import EVERYBODY, Division, Part

_FOLDED = "lowerUTF8(assumeNotNull({0}))"


async def people_by_stratum(
    ch: ClickHouse, database_id: int, made: Sequence[Division], tag: str | None = None
) -> dict[str, BitMap]:
    """Return everybody of a database, each in one stratum."""
    params: dict[str, Any] = {}
    codes = [_code(division, f"f{n}", params) for n, division in enumerate(made)]
    key = f"concat({', '.join(_with_dots(codes))})" if codes else "''"
    rows = await ch.query(
        f"select {key} as k, hex(groupBitmapState(id)) from p_{int(database_id)} final group by k", params, tag=tag
    )
    return {str(k) if made else EVERYBODY: decode_bitmap(bytes.fromhex(state)) for k, state in rows}


def _with_dots(codes: Sequence[str]) -> list[str]:
    return [part for code in codes for part in ("'.'", f"toString({code})")][1:]


def _code(division: Division, name: str, params: dict[str, Any]) -> str:
    """Return the SQL expression of the number of a value's part."""
    column = f"`{division.field.column}`"
    text = division.field.type in ("string", "enum", "ip")
    cases = [f"isNull({column})" + (f" or {column} = ''" if text else ""), "0"]
    for n, part in enumerate(division.parts, 1):
        cases += [_holds(division, part, column, f"{name}_{n}", params), str(n)]
    return f"multiIf({', '.join(cases)}, {division.other})"


def _holds(division: Division, part: Part, column: str, name: str, params: dict[str, Any]) -> str:
    type_ = division.field.type
    if part.values:
        if type_ == "boolean":
            return f"{column} in ({', '.join(str(int(value)) for value in part.values)})"
        if type_ == "integer":
            params[name] = list(part.values)
            return f"has({{{name}:Array(Int64)}}, assumeNotNull({column}))"
        params[name] = list(part.values)
        return f"has(arrayMap(x -> lowerUTF8(x), {{{name}:Array(String)}}), {_FOLDED.format(column)})"
    tests = []
    for bound, sign, value in (("a", ">=", part.from_), ("b", "<", part.to)):
        if value is not None:
            kind, params[f"{name}{bound}"] = _bound(value, type_)
            tests.append(f"{column} {sign} {{{name}{bound}:{kind}}}")
    return " and ".join(tests)


def _bound(value: Any, type_: str) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "DateTime64(3, 'UTC')", value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return "Date32", value.isoformat()
    return ("Int64", value) if type_ == "integer" else ("Float64", value)


class Purchases:
    """Purchases of the people of a report, by cell: a stratum's people on one side. ``source`` is SQL with the columns
    profile, at, currency, total; ``given`` its parameters.

    Counted is what lies between ``since`` and ``until``. With ``entered``, SQL with the columns profile and entered,
    only what somebody bought from that moment on counts, and nothing of those who are not in it.
    """

    def __init__(
        self,
        ch: ClickHouse,
        source: str,
        cells: Sequence[BitMap],
        control: BitMap,
        since: datetime | None,
        until: datetime,
        *,
        entered: str | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self._ch = ch
        self._params: dict[str, Any] = {f"b{n}": bitmap_parameter(people) for n, people in enumerate(cells)}
        self._params |= {"control": bitmap_parameter(control), "until": _moment(until), **(given or {})}
        found = "".join(f"{bitmap_sql(f'b{n}')} as c{n}, " for n in range(len(cells)))
        self._with = f"with {found}{bitmap_sql('control')} as kept"
        inside = "".join(f"bitmapContains(c{n}, profile), {n}, " for n in range(len(cells)))
        self._cell = f"multiIf({inside}-1)" if cells else "-1"
        moment = "DateTime64(3, 'UTC')"
        where = [f"at < {{until:{moment}}}"]
        if since is not None:
            self._params["since"] = _moment(since)
            where.append(f"at >= {{since:{moment}}}")
        came = ""
        if entered is not None:
            came = f" as bought inner join ({entered}) as came using (profile)"
            where.append("at >= entered")
        self._rows = f"(select profile, at, currency, total from ({source}){came} where {' and '.join(where)})"

    async def currencies(self, tag: str | None = None) -> list[tuple[str, int]]:
        """Return the currencies that people paid in, the most used first, with their orders."""
        rows = await self._ch.query(
            f"{self._with} select currency, count() as n from {self._rows} where {self._cell} >= 0"
            " group by currency order by n desc, currency",
            self._params,
            tag=tag,
        )
        return [(str(currency), int(n)) for currency, n in rows]

    async def sums(self, currency: str, tag: str | None = None) -> list[Mapping[str, Any]]:
        """Return, by cell and side, the sums that means, shares and their errors are worked out from.

        Buyers and orders count every currency, revenue one.
        """
        names = "cell control buyers orders orders2 revenue revenue2 paid paid2 both".split()
        rows = await self._ch.query(
            f"{self._with} select cell, k, count(), sum(o), sum(o * o), sum(r), sum(r * r), sum(p), sum(p * p),"
            " sum(r * p)"
            f" from (select {self._cell} as cell, bitmapContains(kept, profile) as k, toFloat64(count()) as o,"
            " toFloat64(sumIf(total, currency = {currency:String})) as r,"
            " toFloat64(countIf(currency = {currency:String})) as p"
            f" from {self._rows} group by profile, cell, k) where cell >= 0 group by cell, k",
            {**self._params, "currency": currency},
            tag=tag,
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def by_day(self, timezone: str, currency: str, tag: str | None = None) -> list[tuple[date, bool, int, float]]:
        """Return (day, kept back, people who bought for the first time since the start, revenue)."""
        rows = await self._ch.query(
            f"{self._with} select day, k, sum(first), sum(r) from ("
            f" select profile, bitmapContains(kept, profile) as k, toDate(at, {{zone:String}}) as day,"
            " toFloat64(sumIf(total, currency = {currency:String})) as r,"
            " day = min(day) over (partition by profile) as first"
            f" from {self._rows} where {self._cell} >= 0 group by profile, k, day"
            ") group by day, k order by day, k",
            {**self._params, "currency": currency, "zone": timezone},
            tag=tag,
        )
        return [(day, bool(kept), int(first), float(revenue)) for day, kept, first, revenue in rows]


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
