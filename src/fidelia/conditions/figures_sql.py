"""Parts of SQL about figures over a group of rows; ``reckon.py`` says what they mean."""

from __future__ import annotations

from .bind import Binder, Typed
from .moments import Moment
from .operands import resolve
from .plan import CountTest, Figure, MeasureTest, Order, Rows
from .reckon import COMPARISONS
from .rows_sql import present
from .types import TYPES
from .vocabulary import Field

FLOAT_LIMIT = "1e18"
_DAY_MS = 86_400_000
_SIGNS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def tie(plan: Rows) -> str:
    """Return the expression that orders rows of the same time."""
    return "id" if plan.subject is None else plan.subject.order


def number_sql(count: CountTest) -> str:
    """Return how many rows, or distinct values, a group has."""
    return "toInt64(count())" if count.distinct is None else f"toInt64({_distinct(count.distinct)})"


def counted_sql(count: CountTest, number: str, at: Moment, binder: Binder) -> str:
    """Compare a number with the literal of a count."""
    operand = resolve(count.operator, "integer", 0, count.literal, False, at)
    return count.operator.clickhouse(number, operand, Typed(binder, "integer", 0))


def compared_sql(operator: str, mine: str, theirs: str) -> str:
    """Compare two whole numbers."""
    return f"{mine} {_SIGNS[operator]} {theirs}"


def holds_for_none(plan: Rows, at: Moment) -> bool:
    """Tell whether a rule holds for a subject without any row."""
    if plan.measure is not None:
        return False
    count = plan.count
    if count.other is not None:
        return count.other.figure.zero and COMPARISONS[count.operator.key](0, 0)
    return bool(count.operator.python(0, resolve(count.operator, "integer", 0, count.literal, False, at)))


def measure_sql(measure: MeasureTest, plan: Rows, at: Moment, binder: Binder) -> str:
    """Compare a figure of a group with the literal; NULL or 0 where no row has the property."""
    figure = measure.figure
    operand = resolve(measure.operator, figure.type, figure.places, measure.literal, False, at)
    field, e = figure.property, figure.property.sql
    plain = Typed(binder, field.type, field.places)
    match figure.fn:
        case "min" | "max" if field.type != "float":
            return measure.operator.clickhouse(f"{figure.fn}({e})", operand, plain)
        case "sum" if field.type == "decimal":
            return measure.operator.clickhouse(f"sum({e})", operand, plain)
        case "min" | "max" | "first" | "last":
            type_ = TYPES[field.type]
            value = type_.column(_value(figure, plan))
            if type_.folded is not None and measure.operator.shape != "pattern":
                value = type_.folded(value)
            compared = measure.operator.clickhouse(value, operand, plain)
        case "count_distinct":
            compared = measure.operator.clickhouse(
                f"toInt64({_distinct(figure)})", operand, Typed(binder, "integer", 0)
            )
        case _:
            scaled = Typed(binder, "decimal", figure.places, scaled=True)
            compared = measure.operator.clickhouse(_whole(figure, plan, figure.places), operand, scaled)
    return f"{there(figure, plan)} AND ({compared})"


def there(figure: Figure, plan: Rows) -> str:
    """Tell whether a group has the figure."""
    if figure.field is None:
        return "1"
    number = f"countIf({_counts(figure, plan.order)})"
    return f"{number} > {1 if figure.fn == 'gap_avg' else 0}"


def in_units_sql(figure: Figure, plan: Rows, places: int) -> str:
    """Return a figure as the whole number by which it is compared with others; never NULL."""
    if figure.fn in ("min", "max", "first", "last"):
        return _as_units(figure.property, _value(figure, plan), places)
    return f"ifNull({_whole(figure, plan, places)}, 0)"


def _as_units(field: Field, value: str, places: int) -> str:
    match field.type:
        case "date":
            return f"toInt256(toInt32({value}))"
        case "datetime":
            return f"toInt256(toUnixTimestamp64Milli({value}))"
        case "integer":
            return f"toInt256({value}) * toInt256({10**places})"
        case "float":
            return f"toInt256(toInt128(round({value} * 1e6))) * toInt256({10 ** (places - 6)})"
        case _:
            units = f"toInt256(toDecimal256({value}, {field.places}) * toInt256({10**field.places}))"
            return f"{units} * toInt256({10 ** (places - field.places)})"


def _value(figure: Figure, plan: Rows) -> str:
    """Return the least, greatest, first or last value of a group; a value of no meaning where there is none."""
    e, counts = f"assumeNotNull({figure.property.sql})", _counts(figure, plan.order)
    match figure.fn:
        case "min" | "max":
            return f"{figure.fn}If({e}, {counts})"
        case _:
            if plan.order is None:
                raise TypeError("The first and the last need an order")
            place = f"(assumeNotNull({plan.order.field.sql}), {tie(plan)})"
            return f"arg{'Min' if figure.fn == 'first' else 'Max'}If({e}, {place}, {counts})"


def _counts(figure: Figure, order: Order | None) -> str:
    """Tell of a row whether its value counts."""
    field = figure.property
    parts = [_countable(field.sql) if field.type == "float" else present(field)]
    if figure.fn in ("first", "last") and order is not None:
        parts.append(present(order.field))
    return " AND ".join(part for part in parts if part != "1") or "1"


def _distinct(figure: Figure) -> str:
    type_ = TYPES[figure.property.type]
    e = type_.column(figure.property.sql)
    if type_.folded is not None:
        e = type_.folded(e)
    if figure.property.type == "float":
        e = f"{e} + 0"  # nought has one sign
    return f"uniqExactIf({e}, {_counts(figure, None)})"


def _whole(figure: Figure, plan: Rows, places: int) -> str:
    """Return a sum, average, number or gap as whole units of a decimal place."""
    match figure.fn:
        case "count":
            return f"toInt256(count()) * toInt256({10**places})"
        case "count_distinct":
            return f"toInt256({_distinct(figure)}) * toInt256({10**places})"
        case "gap_avg":
            first, last = (
                _as_units(figure.property, _value(Figure(fn, figure.property), plan), 0) for fn in ("min", "max")
            )
            gaps = f"toInt256(greatest(countIf({_counts(figure, None)}), 2) - 1)"
            day = _DAY_MS if figure.property.type == "datetime" else 1
            units = f"intDiv(({last} - {first}) * toInt256({10**figure.places}), {gaps} * toInt256({day}))"
            return f"{units} * toInt256({10 ** (places - figure.places)})"
    total, number, own = _units(figure)
    if figure.fn == "sum":
        return f"{total} * toInt256({10 ** (places - own)})"
    widened = f"{total} * toInt256({10 ** (figure.places - own)})"
    return f"intDiv({widened}, toInt256(greatest({number}, 1))) * toInt256({10 ** (places - figure.places)})"


def _units(figure: Figure) -> tuple[str, str, int]:
    """Return the exact sum in whole units of a decimal place, the number of values, and the decimal places."""
    field = figure.property
    e = field.sql
    match field.type:
        case "integer":
            return f"toInt256(sum(toInt128({e})))", f"count({e})", 0
        case "float":
            fits = _countable(e)
            units = f"toInt128(round(if({fits}, assumeNotNull({e}), 0) * 1e6))"
            return f"toInt256(sumIf({units}, {fits}))", f"countIf({fits})", 6
        case _:
            scale = 10**field.places
            return f"toInt256(ifNull(sum({e}), 0) * {scale})", f"count({e})", field.places


def _countable(e: str) -> str:
    return f"ifNull(abs({e}) <= {FLOAT_LIMIT}, 0)"
