"""Parts of SQL about rows: presence of a value, windows, counts and figures over groups."""

from __future__ import annotations

from .against import FieldValue
from .bind import Binder, Typed
from .moments import Moment
from .plan import NOW, Belonging, Group, Membership, Negation, Plan, Rows, Test, Window
from .types import TYPES
from .vocabulary import Field

NOWHERE = 1 << 30


def floor_of(plan: Plan) -> int:
    """Return by how many levels a plan can be moved outwards: the least depth it speaks of, or ``NOWHERE``."""
    match plan:
        case Group(of=of):
            return min(floor_of(part) for part in of)
        case Negation(of=inner):
            return floor_of(inner)
        case Test(depth=depth, literal=literal):
            depths = (depth, literal.depth) if isinstance(literal, FieldValue) else (depth,)
            return min((d for d in depths if d != NOW), default=NOWHERE)
        case Rows(depth=depth) | Membership(depth=depth) | Belonging(depth=depth):
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
