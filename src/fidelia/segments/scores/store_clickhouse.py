"""What scores ask ClickHouse: figures, groups and ranks of everybody at once, kept in a table for the run's length."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fidelia.platform.clickhouse import ClickHouse

from . import rules
from .model import PartKey, ScoreGroup, ScorePart

_MOMENT = "DateTime64(3, 'UTC')"
_AMOUNT = "Decimal(38, 4)"


class Wanted(msgspec.Struct, frozen=True):
    """What is worked out. ``orders`` is SQL with the columns profile, at, currency, total of orders that stand."""

    database_id: int
    score_id: int
    kind: str
    groups: int
    orders: str
    timezone: str
    now: datetime
    since: datetime | None
    currency: str
    figure: str = ""
    event: str = ""
    column: str = ""
    float_column: bool = False

    @property
    def work(self) -> str:
        """The name of the table that a run fills."""
        return f"score_work_{int(self.score_id)}"

    @property
    def people(self) -> str:
        """Everybody of the database."""
        return f"p_{int(self.database_id)} final"

    @property
    def params(self) -> dict[str, Any]:
        """Bound values."""
        params: dict[str, Any] = {"now": _text(self.now), "zone": self.timezone, "currency": self.currency}
        params |= {"event": self.event}
        return params if self.since is None else params | {"since": _text(self.since)}

    def within(self, column: str = "at") -> str:
        """The window, both ends included."""
        start = "" if self.since is None else f"{column} >= {{since:{_MOMENT}}} and "
        return f"{start}{column} <= {{now:{_MOMENT}}}"

    @property
    def rows(self) -> str:
        """The orders that count."""
        return (
            f"(select profile, at, currency, total from ({self.orders}) where {self.within()}"
            f" and profile in (select id from {self.people}))"
        )


async def currencies(ch: ClickHouse, wanted: Wanted, tag: str | None = None) -> list[tuple[str, int]]:
    """Return the currencies of the orders that count, the most used first, with their orders."""
    rows = await ch.query(
        f"select currency, count() as n from {wanted.rows} group by currency order by n desc, currency",
        wanted.params,
        tag=tag,
    )
    return [(str(currency), int(n)) for currency, n in rows]


async def fill(ch: ClickHouse, wanted: Wanted, tag: str | None = None) -> int:
    """Work everything out into the run's table; return how many people have a score."""
    await drop(ch, wanted.score_id)
    if wanted.kind == "rfm":
        values = f"recency Int32, frequency UInt64, monetary {_AMOUNT}, recency_group UInt8, frequency_group UInt8, monetary_group UInt8"  # noqa: E501
        sql = _rfm(wanted)
    else:
        type_ = "Float64" if wanted.float_column else _AMOUNT
        values, sql = f"value {type_}, value_group UInt8", _quantile(wanted)
    await ch.command(f"create table {wanted.work} (id UInt32, {values}, rank UInt8) engine = MergeTree order by id")
    # As a query, not a command: so that it bears the job's tag and can be stopped.
    await ch.query(f"insert into {wanted.work} {sql}", wanted.params, tag=tag)
    return int(await ch.scalar(f"select count() from {wanted.work}", tag=tag))


async def lines(ch: ClickHouse, wanted: Wanted, first: int, last: int, tag: str | None = None) -> bytes:
    """Return the lines for COPY of the people with these ids, both included: id and the fields' values."""
    if wanted.kind == "rfm":
        dash = rules.separator(wanted.groups)
        code = (
            f"concat(toString(recency_group), '{dash}', toString(frequency_group), '{dash}', toString(monetary_group))"
        )
        picked = f"recency_group, frequency_group, monetary_group, {code}, rank"
    else:
        picked = "value_group, rank"
    return await ch.raw(
        f"select id, {picked} from {wanted.work} where id between {{first:UInt32}} and {{last:UInt32}} order by id",
        "TabSeparated",
        {"first": first, "last": last},
        tag=tag,
    )


async def parts(ch: ClickHouse, wanted: Wanted, keys: tuple[PartKey, ...], tag: str | None = None) -> list[ScorePart]:
    """Return how people fell into groups, with the bounds of each."""
    found = []
    for key in keys:
        rows = await ch.query(
            f"select {key}_group as g, count(), toString(min({key})), toString(max({key}))"
            f" from {wanted.work} group by g order by g",
            tag=tag,
        )
        found.append(ScorePart(key, [ScoreGroup(int(g), int(n), str(low), str(high)) for g, n, low, high in rows]))
    return found


async def drop(ch: ClickHouse, score_id: int) -> None:
    """Remove a run's table."""
    await ch.command(f"drop table if exists score_work_{int(score_id)} sync")


def _group(order: str, groups: int) -> str:
    """The group of everybody who stands at a place of an order from the worst to the best; ties share the first."""
    return f"toUInt8(1 + intDiv({int(groups)} * (rank() over (order by {order}) - 1), count() over ()))"


def _rank(order: str) -> str:
    """The rank by an order from the best to the worst."""
    return f"toUInt8(100 - intDiv(100 * (rank() over (order by {order}) - 1), count() over ()))"


def _rfm(wanted: Wanted) -> str:
    figures = (
        f"select profile as id, dateDiff('day', toDate(max(at), {{zone:String}}), toDate({{now:{_MOMENT}}}, {{zone:String}})) as recency,"  # noqa: E501
        f" count() as frequency, sumIf(cast(total as {_AMOUNT}), currency = {{currency:String}}) as monetary"
        f" from {wanted.rows} group by profile"
    )
    grouped = (
        f"select id, recency, frequency, monetary, {_group('recency desc', wanted.groups)} as recency_group,"
        f" {_group('frequency', wanted.groups)} as frequency_group,"
        f" {_group('monetary', wanted.groups)} as monetary_group from ({figures})"
    )
    best = "toUInt16(recency_group) + frequency_group + monetary_group desc, monetary desc, frequency desc, recency"
    return f"select *, {_rank(best)} from ({grouped})"


def _quantile(wanted: Wanted) -> str:
    return f"select id, value, {_group('value', wanted.groups)}, {_rank('value desc')} from ({_figures(wanted)})"


def _figures(wanted: Wanted) -> str:
    amounts: Mapping[str, str] = {
        "orders_sum": f"sum(cast(total as {_AMOUNT}))",
        "orders_average": f"cast(sum(cast(total as {_AMOUNT})) / count() as {_AMOUNT})",
    }
    if wanted.figure in amounts:
        return (
            f"select profile as id, {amounts[wanted.figure]} as value from {wanted.rows}"
            " where currency = {currency:String} group by profile"
        )
    if wanted.figure == "orders_count":
        return f"select profile as id, cast(count() as {_AMOUNT}) as value from {wanted.rows} group by profile"
    if wanted.figure == "events":
        return (
            f"select profile as id, cast(count() as {_AMOUNT}) as value from e_{int(wanted.database_id)} final"
            f" where type = {{event:String}} and {wanted.within()} and profile in (select id from {wanted.people})"
            " group by profile"
        )
    type_ = "Float64" if wanted.float_column else _AMOUNT
    column = f"`{wanted.column}`"
    return (
        f"select id, cast(assumeNotNull({column}) as {type_}) as value from {wanted.people} where isNotNull({column})"
    )


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
