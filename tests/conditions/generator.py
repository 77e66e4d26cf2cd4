"""Draws any condition the universe's vocabulary allows; see ``drawing.py`` for values."""

from __future__ import annotations

from collections.abc import Callable

from fidelia.conditions.check_figures import COMPARED, MEASURES, PLAIN, SUMMED, fitting
from fidelia.conditions.check_sources import CHOICES
from fidelia.conditions.moments import CALENDARS

from .drawing import (
    DAYS,
    EVENT_TYPES,
    ROW_TYPES,
    TIMES,
    WHOLE_DAYS,
    Draw,
    Node,
    compare,
    flip,
    operators,
    path,
    pick,
    some_field,
    undeclared,
    value_of,
)
from .pools import DURATIONS


def of_profile(draw: Draw) -> Node:
    match draw(0, 9):
        case 0:
            return member(draw)
        case 1:
            return undeclared(draw, "profile.extra" + path(draw, "city"))
        case 2:
            return some_field(draw, "loyalty.1", ROW_TYPES)
        case 3:
            return {"kind": "always"} if flip(draw) else of_moment(draw)
    return some_field(draw, "profile", ROW_TYPES)


def of_moment(draw: Draw) -> Node:
    name, type_ = pick(draw, [("now.weekday", "enum"), ("now.time", "time"), ("now.date", "date")])
    node = compare(draw, name, pick(draw, operators(type_)), type_)
    if type_ == "enum" and not isinstance(node.get("value", {}), dict):
        node["value"] = ["monday", "Sunday"] if isinstance(node["value"], list) else "Saturday"
    return node


def of_event(draw: Draw, event: str) -> Node:
    match draw(0, 5):
        case 0:
            return of_profile(draw)
        case 1 if event == "custom.quiz":
            return undeclared(draw, "event.free")
    return some_field(draw, "event", EVENT_TYPES)


def of_line(draw: Draw) -> Node:
    match draw(0, 6):
        case 0:
            return of_profile(draw)
        case 1 | 2:
            return some_field(draw, "product", ROW_TYPES)
        case 3:
            return occurred(draw)
    return some_field(draw, "line", ROW_TYPES)


def of_order_line(draw: Draw) -> Node:
    return some_field(draw, "order", ROW_TYPES) if draw(0, 3) == 0 else of_line(draw)


def of_order(draw: Draw) -> Node:
    match draw(0, 7):
        case 0:
            return of_profile(draw)
        case 1:
            return occurred(draw)
        case 2 | 3:
            return related(draw, "lines", of_order_line)
        case 4:
            return related(draw, "orders.lines", of_line)
    return some_field(draw, "order", ROW_TYPES)


def tree(draw: Draw, leaf: Callable[[Draw], Node], depth: int) -> Node:
    """Draw groups and complements over leaves."""
    shape = draw(0, 5) if depth else 5
    if shape <= 1:
        parts = [tree(draw, leaf, depth - 1) for _ in range(draw(1, 3))]
        return {"kind": "all" if shape else "any", "of": parts}
    return {"kind": "not", "of": tree(draw, leaf, depth - 1)} if shape == 2 else leaf(draw)


def window(draw: Draw, *, days: bool, home: bool) -> Node | None:
    """Draw a window; ``days`` says that rows have a day too, ``home`` that they are reached from the profile."""
    shape = draw(0, 8)
    by = {"by": "date"} if days and flip(draw) else {}
    if shape == 0:
        return {"last": pick(draw, WHOLE_DAYS if by else DURATIONS), **by}
    pool = DAYS if by else pick(draw, [TIMES, DAYS])
    if shape in (1, 2):
        return {"from" if shape == 1 else "to": pick(draw, pool), **by}
    if shape == 3:
        first, last = sorted((pick(draw, pool), pick(draw, pool)))
        return {"from": first, "to": last, **by} if first < last else {"from": first, **by}
    if shape == 4:
        offset = pick(draw, [0, 0, -1, -1, 1, -3, -1000])
        return {"calendar": pick(draw, CALENDARS), **({"offset": offset} if offset else {}), **by}
    if shape == 5 and home:
        event = pick(draw, ["message.opened", "custom.quiz"])
        where = {"where": of_event(draw, event)} if draw(0, 3) == 0 else {}
        return {"since": {"event": event, "which": pick(draw, ["last", "first"]), **where}}
    return None


def take(draw: Draw, leaf: Callable[[Draw], Node], *, days: bool) -> Node | None:
    """Draw a choice of rows."""
    if draw(0, 3):
        return None
    node: Node = {pick(draw, CHOICES): pick(draw, [1, 1, 2, 3, 5, 10_000])}
    if draw(0, 2) == 0:
        node["among"] = leaf(draw)
    if days and draw(0, 2) == 0:
        node["by"] = "date"
    return node


def counted(draw: Draw, types: dict[str, str], figures: list[Node]) -> Node | None:
    """Draw a count, of rows or of distinct values, beside a number or one of the figures."""
    op = pick(draw, [None, None, "eq", "ne", "gt", "gte", "lt", "lte", "between"])
    if op is None:
        return None
    low, high = sorted((draw(0, 4), draw(0, 4)))
    node: Node = {"op": op, "value": [low, high] if op == "between" else low}
    if types and draw(0, 3) == 0:
        node["distinct"] = pick(draw, [name for name, type_ in types.items() if type_ in PLAIN])
    if figures and op in COMPARED and flip(draw):
        node["value"] = {"figure": pick(draw, figures)}
    return node


def measured(draw: Draw, types: dict[str, str], figures: list[Node]) -> Node | None:
    """Draw a figure beside a value or one of the figures."""
    if draw(0, 2):
        return None
    fn, name, type_ = function(draw, types)
    operator = pick(draw, fitting(type_))
    node = {"fn": fn, "of": name, "op": operator.key}
    if figures and type_ in SUMMED and flip(draw):
        return {**node, "op": pick(draw, COMPARED), "value": {"figure": pick(draw, figures)}}
    return {**node, "value": value_of(draw, operator, type_)}


def function(draw: Draw, types: dict[str, str]) -> tuple[str, str, str]:
    """Draw a figure: its function, the property, the type of the result."""
    fn = pick(draw, MEASURES)
    known = [n for n, t in types.items() if t in MEASURES[fn] and "." not in n]
    if not known:
        fn, known = "sum", [n for n, t in types.items() if t in SUMMED]
    name = pick(draw, known)
    results = {"sum": "decimal", "avg": "decimal", "gap_avg": "decimal", "count_distinct": "integer"}
    return fn, name, results.get(fn, types[name])


def figure(
    draw: Draw, node: Node, leaf: Callable[[Draw], Node], types: dict[str, str], *, days: bool, home: bool
) -> Node:
    """Draw a figure that others of its owner are compared with: a number."""
    fn, name, type_ = function(draw, types)
    if type_ not in SUMMED or draw(0, 3) == 0:
        fn, name = "count", ""
    parts = {
        "within": window(draw, days=days, home=home),
        "take": take(draw, leaf, days=days),
        "where": leaf(draw) if flip(draw) else None,
        "fn": fn,
        "of": name or None,
    }
    return {**node, **{key: value for key, value in parts.items() if value is not None}}


def member(draw: Draw) -> Node:
    """Draw membership; segment 3 is worked out each time and has no past."""
    campaign = {"campaign": 1}  # twice: it has four groups
    of = pick(draw, [{"segment": 3}, {"segment": 1}, {"segment": 2}, {"global_control": True}, campaign, campaign])
    node: Node = {"kind": "member", "of": dict(of)}
    if draw(0, 3) == 0:
        node["subject"] = "profile"
    if "campaign" in of and (group := pick(draw, [None, "any", "test", "control"])):
        node["of"]["group"] = group
    if of != {"segment": 3} and flip(draw):
        node["state"] = pick(draw, ["ever", "left"])
    kind = next(iter(of))
    told = kind == "segment" and of != {"segment": 3}
    told = told or (kind == "campaign" and node["of"].get("group") in (None, "any"))  # of groups no entries are kept
    if told and flip(draw):
        figures = [figure(draw, {"event": "custom.quiz"}, of_moment, EVENT_TYPES, days=False, home=True)]
        parts = {
            "count": counted(draw, {kind: "integer", "at": "datetime"}, figures),
            "within": window(draw, days=False, home=True),
        }
        node |= {key: value for key, value in parts.items() if value is not None}
    return node


def of_item(draw: Draw) -> Node:
    if draw(0, 4) == 0:
        return of_profile(draw)
    return undeclared(draw, pick(draw, ["item.n", "item.deep.inside", "item" + path(draw, "age"), 'item.deep["a.b"]']))


def children(draw: Draw) -> Node:
    """Items of a list: without a time, and what is not declared."""
    types = {"n": "float", "age": "float"}
    parts = {
        "where": tree(draw, of_item, 2) if flip(draw) else None,
        "count": counted(draw, {}, []),
        "measure": None,
    }
    if draw(0, 2) == 0:
        fn = pick(draw, ["sum", "avg", "min", "max"])
        type_ = "float" if fn in ("min", "max") else "decimal"
        operator = pick(draw, fitting(type_))
        parts["measure"] = {
            "fn": fn,
            "of": pick(draw, types),
            "op": operator.key,
            "value": value_of(draw, operator, type_),
        }
    kept = {key: value for key, value in parts.items() if value is not None}
    return {"kind": "related", "link": "profile.children", **kept}


def rule(
    draw: Draw,
    node: Node,
    leaf: Callable[[Draw], Node],
    types: dict[str, str],
    *,
    days: bool = False,
    home: bool = True,
) -> Node:
    """Draw everything a rule on rows may have; ``home`` says that they are reached from the profile."""
    figures: list[Node] = []
    if draw(0, 2) == 0:
        own = {key: value for key, value in node.items() if key != "kind"}
        figures = [figure(draw, own, leaf, types, days=days, home=home)]
        if home:
            figures.append(figure(draw, {"event": "custom.quiz"}, of_profile, EVENT_TYPES, days=False, home=True))
            figures.append(figure(draw, {"link": "orders.lines"}, of_line, ROW_TYPES, days=True, home=True))
    parts = {
        "within": window(draw, days=days, home=home),
        "take": take(draw, leaf, days=days),
        "where": tree(draw, leaf, 2) if flip(draw) else None,
        "count": counted(draw, types, figures),
        "measure": measured(draw, types, figures),
    }
    return {**node, **{key: value for key, value in parts.items() if value is not None}}


def occurred(draw: Draw) -> Node:
    event = pick(draw, ["message.opened", "custom.quiz"])
    node = {"kind": "occurred", "event": event}
    return rule(draw, node, lambda d: of_event(d, event), EVENT_TYPES)


def related(draw: Draw, link: str, leaf: Callable[[Draw], Node]) -> Node:
    node = {"kind": "related", "link": link}
    return rule(draw, node, leaf, ROW_TYPES, days=True, home=link != "lines")


def any_rule(draw: Draw) -> Node:
    match draw(0, 9):
        case 0 | 1 | 2:
            return occurred(draw)
        case 3 | 4:
            return related(draw, "orders", of_order)
        case 5:
            return related(draw, "orders.lines", of_line)
        case 6:
            return children(draw)
    return of_profile(draw)


def condition(draw: Draw) -> Node:
    """Draw any condition on profiles."""
    return tree(draw, any_rule, 3)
