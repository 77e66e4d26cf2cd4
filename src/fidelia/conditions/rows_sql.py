"""Parts of SQL about rows: presence of a value, windows, counts and figures over groups."""

from __future__ import annotations

from .bind import Binder, Typed
from .moments import Moment
from .operands import resolve
from .plan import CountTest, Group, MeasureTest, Membership, Negation, Plan, Rows, Test, Window
from .types import TYPES
from .vocabulary import Field

NOWHERE = 1 << 30
FLOAT_LIMIT = "1e18"


def floor_of(plan: Plan) -> int:
    """Return by how many levels a plan can be moved outwards: the least depth it speaks of, or ``NOWHERE``."""
    match plan:
        case Group(of=of):
            return min(floor_of(part) for part in of)
        case Negation(of=inner):
            return floor_of(inner)
        case Test(depth=depth) if depth >= 0:
            return depth
        case Rows(depth=depth) | Membership(depth=depth):
            return depth
        case _:
            return NOWHERE


def present(field: Field) -> str:
    """Return the expression of "has a value"; ``1`` when it always has."""
    type_ = TYPES[field.type]
    if type_.many:
        return f"notEmpty({field.sql})"
    if field.type in ("object", "objects"):
        return f"{field.sql} NOT IN ('', '{{}}', '[]')"
    if field.nullable or field.type == "ip":
        return f"isNotNull({type_.column(field.sql)})"
    return "1"


def window_sql(window: Window, at: Moment, binder: Binder) -> list[str]:
    """Return the conditions of a window; NULL counts as outside."""
    bind = Typed(binder, window.field.type, 0)
    first, last = window.edges(at)
    parts = [present(window.field)]
    if first is not None:
        parts.append(f"{window.field.sql} >= {bind(first)}")
    if last is not None:
        parts.append(f"{window.field.sql} <= {bind(last)}")
    return [part for part in parts if part != "1"]


def count_sql(count: CountTest, at: Moment, binder: Binder) -> str:
    """Compare the number of rows in a group."""
    operand = resolve(count.operator, "integer", 0, count.literal, False, at)
    return count.operator.clickhouse("toInt64(count())", operand, Typed(binder, "integer", 0))


def holds_for_none(count: CountTest, at: Moment) -> bool:
    """Tell whether a count is right for a subject without any row."""
    return bool(count.operator.python(0, resolve(count.operator, "integer", 0, count.literal, False, at)))


def measure_sql(measure: MeasureTest, at: Moment, binder: Binder) -> str:
    """Compare a figure of a group; NULL or 0 where no row has the property."""
    operand = resolve(measure.operator, measure.type, measure.places, measure.literal, False, at)
    e, type_ = measure.field.sql, measure.field.type
    if measure.fn in ("min", "max"):
        if type_ == "float":
            sql = f"{measure.fn}If({e}, {_countable(e)})"
            compared = measure.operator.clickhouse(sql, operand, Typed(binder, type_, 0))
            return f"countIf({_countable(e)}) > 0 AND ({compared})"
        return measure.operator.clickhouse(f"{measure.fn}({e})", operand, Typed(binder, type_, measure.places))
    if measure.fn == "sum" and type_ == "decimal":
        return measure.operator.clickhouse(f"sum({e})", operand, Typed(binder, "decimal", measure.places))
    total, number, places = _units(measure)
    scaled = Typed(binder, "decimal", measure.places, scaled=True)
    if measure.fn == "sum":
        compared = measure.operator.clickhouse(total, operand, scaled)
    else:
        widened = f"{total} * toInt256({10 ** (measure.places - places)})"
        compared = measure.operator.clickhouse(f"intDiv({widened}, toInt256(greatest({number}, 1)))", operand, scaled)
    return f"{number} > 0 AND ({compared})"


def _units(measure: MeasureTest) -> tuple[str, str, int]:
    """Return the exact sum in whole units of a decimal place, the number of values, and the decimal places."""
    e = measure.field.sql
    match measure.field.type:
        case "integer":
            return f"toInt256(sum(toInt128({e})))", f"count({e})", 0
        case "float":
            fits = _countable(e)
            units = f"toInt128(round(if({fits}, assumeNotNull({e}), 0) * 1e6))"
            return f"toInt256(sumIf({units}, {fits}))", f"countIf({fits})", 6
        case _:
            scale = 10**measure.field.places
            return f"toInt256(ifNull(sum({e}), 0) * {scale})", f"count({e})", measure.field.places


def _countable(e: str) -> str:
    return f"ifNull(abs({e}) <= {FLOAT_LIMIT}, 0)"
