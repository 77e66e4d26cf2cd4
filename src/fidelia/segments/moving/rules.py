"""One rule of the reference → one node of ours. Pure; what cannot be said here is put into ``lost``, never left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from . import words
from .model import LostRule, MapKind, Rule, SegmentImportMaps, UnknownReference

Node = dict[str, Any]
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")
_NUMBERS = frozenset({"integer", "float", "decimal"})
_TIMES = frozenset({"date", "datetime"})
_RELATIVE = frozenset({"in_last", "in_next", "anniversary_in", "days_ago", "days_from_now"})


class CannotCarry(Exception):
    """A rule has no meaning here; the text says why."""


class Translator:
    """Translates the rules of one block for one database.

    ``fields``: the names and types of the database's fields. ``segments``: old ids → ours, of those that exist by now;
    ``listed``: old ids of segments whose members are stored (the others can only be asked as of now).
    """

    def __init__(
        self, maps: SegmentImportMaps, fields: Mapping[str, str], segments: Mapping[int, int], listed: frozenset[int]
    ) -> None:
        self.maps = maps
        self.fields = fields
        self.segments = segments
        self.listed = listed
        self.lost: list[LostRule] = []
        self.notes: list[str] = []
        self.unknown: set[UnknownReference] = set()

    def group(self, rules: Sequence[Rule], how: str, where: str) -> Node | None:
        """Return rules joined by ``and`` or ``or``; ``None`` when not one of them could be read."""
        found = [node for n, rule in enumerate(rules) if (node := self.rule(rule, f"{where}[{n}]")) is not None]
        kind = "any" if words.plain(how) in ("or", "any", "oneof") else "all"
        if not found:
            return None
        return found[0] if len(found) == 1 else {"kind": kind, "of": found}

    def rule(self, rule: Rule, where: str) -> Node | None:
        """Return the node of a rule or of a group; ``None`` when it was lost."""
        if rule.child:
            return self.group(rule.child, rule.condition or "and", f"{where}.child")
        try:
            return self.one(rule)
        except CannotCarry as why:
            self.lost.append(LostRule(where, said(rule), str(why)))
            return None

    def one(self, rule: Rule) -> Node:
        """Return the node of a single rule; raise :class:`CannotCarry`."""
        operator = words.plain(rule.operator)
        if operator in words.ELSEWHERE:
            raise CannotCarry(words.ELSEWHERE[operator])
        kinds = [words.plain(word) for word in (rule.type, rule.name) if word]
        for kind in kinds:
            if kind in words.NOT_HERE:
                raise CannotCarry(words.NOT_HERE[kind])
        kind = kinds[0] if kinds else ""
        if kind in words.SEGMENT_TYPES:
            return self.membership(rule, operator)
        if kind == "controlgroup":
            return _turned({"kind": "member", "of": {"global_control": True}}, operator.startswith("not"))
        if kind in ("subscription", "subscriptions"):
            return self.subscription(rule, operator)
        if kind in ("goal", "pixel", "customevent", "event"):
            return self.happened(rule, operator, *self.event(rule, kind))
        activity = words.ACTIVITY.get(words.plain(rule.compo)) or words.ACTIVITY.get(words.plain(rule.name))
        if activity is not None and (kind in words.CHANNELS or kind in ("activity", "channel", "message", "mailing")):
            channel = kind if kind in words.CHANNELS else text(operand(rule, "channel"))
            extra = [_test("event.channel", "eq", channel)] if channel else []
            return self.happened(rule, operator, activity, [*extra, *self.mailings(rule)])
        if kind in words.FIELD_TYPES:
            return self.compare(rule, operator)
        raise CannotCarry(f"A rule of the type {rule.type or rule.name!r} is not known")

    # -- fields ----------------------------------------------------------------------------------------------------

    def compare(self, rule: Rule, operator: str) -> Node:
        """A rule over a field of the profile."""
        name = self.maps.fields.get(rule.name) or words.FIELDS.get(rule.name) or rule.name
        type_ = self.fields.get(name)
        if type_ is None:
            self.unknown.add(UnknownReference("fields", rule.name))
            raise CannotCarry(f"There is no field {name!r} in this database: make it first, or say which one it is")
        field = f"profile.{name}"
        path = text(operand(rule, "path", "submatch"))
        if type_ == "object" and path:
            field += "".join(f"[{msgspec.json.encode(part).decode()}]" for part in path.split("."))
            type_ = "any"
        if words.plain(rule.compo) == "domaingroup":
            return _turned(self.domains(rule, field), operator.startswith("not"))
        if operator not in words.OPERATORS:
            raise CannotCarry(f"The operator {rule.operator!r} is not known")
        op, turned = words.OPERATORS[operator]
        if type_ == "objects":
            return _turned(self.item(rule, name, path, op), turned)
        node = compared(field, type_, op, self.values(rule, name))
        if operator in ("empty", "isempty", "notempty", "nonempty"):
            self.note("Blank and absent are the same here: no blank values are kept")
        if turned:
            self.note("A rule with “not” also holds where the field has no value, as it did")
        return _turned(node, turned)

    def values(self, rule: Rule, name: str) -> list[Any]:
        """Return the operands of a rule over a field, in our words."""
        found = operands(rule)
        if name == "status":
            return [_known(words.STATUSES, value, "status") for value in found]
        if name == "gender":
            return [_known(words.GENDERS, value, "gender") for value in found]
        return found

    def domains(self, rule: Rule, field: str) -> Node:
        """A rule over a group of mail domains; who is in it must be told."""
        found: list[str] = []
        for name in map(text, operands(rule)):
            if name not in self.maps.domain_groups:
                self.unknown.add(UnknownReference("domain_groups", name))
                raise CannotCarry(f"Which domains are in the group {name!r} is not in the definition: say so")
            found += self.maps.domain_groups[name]
        return _any([_test(field, "ends_with", f"@{domain.lstrip('@')}") for domain in found])

    def item(self, rule: Rule, name: str, path: str, op: str) -> Node:
        """A rule over any element of an array of objects."""
        node: Node = {"kind": "related", "link": f"profile.{name}"}
        if op in ("is_present", "is_missing") and not path:
            return _turned(node, op == "is_missing")
        if not path:
            raise CannotCarry("Which property of the objects is compared is not said")
        return {**node, "where": compared(f"item.{path}", "any", op, operands(rule))}

    # -- other people, other objects -------------------------------------------------------------------------------

    def membership(self, rule: Rule, operator: str) -> Node:
        """Being in a segment, or having been."""
        old = segments_in(rule)
        found = [self.segment(id_) for id_ in old]
        nodes: list[Node] = []
        states = {
            "": ("now", False), "in": ("now", False), "isin": ("now", False), "nowin": ("now", False),
            "equal": ("now", False), "notin": ("now", True), "isnotin": ("now", True), "nownotin": ("now", True),
            "notnowin": ("now", True), "notequal": ("now", True),
            "enteredonce": ("ever", False), "entered": ("ever", False), "everentered": ("ever", False),
            "neverentered": ("ever", True), "enteredinthepast": ("left", False), "left": ("left", False),
        }  # fmt: skip
        counted = "atleast" in operator or operator in ("entries", "enteredtimes", "neverinlast", "neverinperiod")
        if not counted and operator not in states:
            raise CannotCarry(f"The operator {rule.operator!r} is not known")
        state, turned = ("ever", operator.startswith("never")) if counted else states[operator]
        for id_, new in zip(old, found, strict=True):
            if state != "now" and id_ not in self.listed:
                raise CannotCarry("Only lists remember who entered and left; a dynamic segment can be asked as of now")
            node: Node = {"kind": "member", "of": {"segment": new}}
            if state != "now":
                node["state"] = state
                self.note("Entries of the past are not here: who entered and left is counted from now on")
            if counted:
                node |= self.window(rule)
                if not turned:
                    node["count"] = {"op": "gte", "value": number(operand(rule, "n", "count", "times") or 1)}
            nodes.append(node)
        return _turned(_any(nodes), turned)

    def segment(self, id_: int) -> int:
        """Return our id of a segment."""
        found = self.maps.segments.get(str(id_), self.segments.get(id_))
        if found is None:
            self.unknown.add(UnknownReference("segments", str(id_)))
            raise CannotCarry(f"The segment {id_} that it refers to is not here")
        return found

    def subscription(self, rule: Rule, operator: str) -> Node:
        """Having a subscription."""
        tests: list[Node] = []
        for resource in operands(rule, "resource", "resource_id"):
            tests.append(_test("subscription.resource", "eq", self.ours("resources", resource, "resource")))
        channel = text(operand(rule, "channel"))
        if channel:
            tests.append(_test("subscription.channel", "eq", channel))
        statuses = [_known(words.STATUSES, v, "status") for v in operands(rule, "status", "statuses")]
        if statuses:
            tests.append(_test("subscription.status", "in", statuses))
        node: Node = {"kind": "related", "link": "subscriptions"}
        if tests:
            node["where"] = _all(tests)
        return _turned(node, operator in ("notexists", "notexist", "notequal", "isnot"))

    def event(self, rule: Rule, kind: str) -> tuple[str, list[Node]]:
        """Return our type of event for a goal, a page, an event of one's own, and what it must hold."""
        if kind == "goal":
            names = [text(v) for v in operands(rule, "goal", "goals", "name")]
            return "goal.reached", [_test("event.goal", "in", names)] if names else []
        if kind == "pixel":
            addresses = [text(v) for v in operands(rule, "url", "page")]
            return "page.viewed", [_any([_test("event.url", "contains", a) for a in addresses])] if addresses else []
        name = text(operand(rule, "event", "name", "kind")) or rule.name
        return f"custom.{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}", []

    def mailings(self, rule: Rule) -> list[Node]:
        """Return which mailings or templates a message must be of; several are alternatives."""
        of: list[Node] = []
        kinds: tuple[tuple[str, tuple[str, ...], MapKind], ...] = (
            ("mailing", ("mailing", "mailings", "mailing_id"), "mailings"),
            ("template", ("template", "templates", "template_id"), "templates"),
        )
        for what, names, maps in kinds:
            found = [self.ours(maps, value, what) for value in operands(rule, *names)]
            if found:
                of.append(_test(f"event.{what}", "in", found))
        links = [text(v) for v in operands(rule, "link", "url")]
        return [
            *([_any(of)] if of else []),
            *([_any([_test("event.link", "contains", link) for link in links])] if links else []),
        ]

    def happened(self, rule: Rule, operator: str, event: str, tests: Sequence[Node]) -> Node:
        """Something that happened, how often and when."""
        node: Node = {"kind": "occurred", "event": event, **self.window(rule)}
        if tests:
            node["where"] = _all(list(tests))
        n = operand(rule, "n", "count", "times")
        total = operand(rule, "sum", "value_sum")
        if total is not None:
            node["measure"] = {"fn": "sum", "of": "event.value", "op": "gte", "value": total}
        if operator in ("nothappened", "nothappen", "notexists", "notexist", "never"):
            return _turned(node, True)
        if operator in ("atleast", "atleastn", "atleastntimes", "count") or n is not None:
            node["count"] = {"op": "gte", "value": number(n if n is not None else 1)}
        elif operator not in ("", "exists", "exist", "happened", "equal"):
            raise CannotCarry(f"The operator {rule.operator!r} is not known")
        return node

    def window(self, rule: Rule) -> Node:
        """Return when it must have happened."""
        days = operand(rule, "days", "last_days", "x")
        start, end = operand(rule, "from", "date_from"), operand(rule, "to", "date_to")
        if days is not None:
            return {"within": {"last": f"P{number(days)}D"}}
        if start is None and end is None:
            return {}
        edges = {"from": start, "to": end}
        return {"within": {key: text(value) for key, value in edges.items() if value is not None}}

    def ours(self, kind: MapKind, value: Any, what: str) -> int:
        """Return our id of something else of theirs."""
        mapped: dict[str, int] = getattr(self.maps, kind)
        if text(value) not in mapped:
            self.unknown.add(UnknownReference(kind, text(value)))
            raise CannotCarry(f"Which {what} the number {value} is here is not known: say so")
        return mapped[text(value)]

    def note(self, sentence: str) -> None:
        """Say once what will be different."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def compared(field: str, type_: str, op: str, values: Sequence[Any]) -> Node:
    """Return the comparison of a field of a type; raise :class:`CannotCarry` for operands that do not fit."""
    if op in ("is_present", "is_missing"):
        return {"kind": "compare", "field": field, "op": op}
    if op in ("true", "false"):
        return _test(field, "eq", op == "true")
    if not values:
        raise CannotCarry("It compares with nothing")
    if op in _RELATIVE:
        return _relative(field, op, number(values[0]))
    if op == "domain":
        return _any([_test(field, "ends_with", f"@{text(v).lstrip('@')}") for v in values])
    return _compared(field, type_, op, [_typed(value, type_) for value in values])


def _compared(field: str, type_: str, op: str, values: list[Any]) -> Node:
    """Compare with literals: several are alternatives."""
    if op == "between" and len(values) != 2:
        raise CannotCarry("“Between” needs two values")
    if type_ == "tags" and op not in ("eq", "all_of"):
        raise CannotCarry("Items of a list are compared as a whole here: there is no such operator for lists")
    if type_ != "tags" and op == "all_of":
        raise CannotCarry("Only lists can hold all of several values")
    if op in ("between", "all_of") or (op == "eq" and (type_ == "tags" or len(values) > 1)):
        return _test(field, {"eq": "any_of" if type_ == "tags" else "in"}.get(op, op), values)
    return _any([_test(field, op, value) for value in values])


def _relative(field: str, op: str, days: int) -> Node:
    """Compare with a day that moves along; “n days ago” is that one day."""
    if op not in ("days_ago", "days_from_now"):
        return _test(field, op, f"P{days}D")
    toward = "in_last" if op == "days_ago" else "in_next"
    within = _test(field, toward, f"P{days}D")
    return within if days == 0 else _all([within, _turned(_test(field, toward, f"P{days - 1}D"), True)])


def operands(rule: Rule, *names: str) -> list[Any]:
    """Return the values of operands with one of these names (of all, without names), lists and lines taken apart."""
    found: list[Any] = []
    for given in rule.value:
        if names and given.name not in names:
            continue
        if not names and given.name in ("path", "submatch"):
            continue
        for value in given.value if isinstance(given.value, list) else [given.value]:
            if isinstance(value, str) and "\n" in value:
                found += [line.strip() for line in value.splitlines() if line.strip()]
            elif value is not None and value != "":
                found.append(value)
    return found


def operand(rule: Rule, *names: str) -> Any:
    """Return the one value of an operand, or ``None``."""
    found = operands(rule, *names)
    return found[0] if found else None


def segments_in(rule: Rule) -> list[int]:
    """Return the ids of the segments that a rule over segments names; raise :class:`CannotCarry`."""
    return [number(v) for v in operands(rule, "segment", "segments", "id") or operands(rule, "value", "")]


def said(rule: Rule) -> str:
    """Return a rule as short as a person would write it down."""
    values = ", ".join(str(v) for v in operands(rule)[:5])
    return " ".join(word for word in (rule.name or rule.type, rule.compo, rule.operator, values) if word)


def text(value: Any) -> str:
    """Return an operand as text; nothing is the empty text."""
    return "" if value is None else str(value)


def number(value: Any) -> int:
    """Return an operand as a whole number; raise :class:`CannotCarry`."""
    try:
        return int(str(value))
    except ValueError:
        raise CannotCarry(f"{value!r} is not a whole number") from None


def _typed(value: Any, type_: str) -> Any:
    """Read an operand, which may be text, as a literal of our type."""
    if type_ in _NUMBERS and isinstance(value, str):
        try:
            return msgspec.convert(value, int, strict=False)
        except msgspec.ValidationError:
            pass
        try:
            return msgspec.convert(value, float, strict=False)
        except msgspec.ValidationError:
            raise CannotCarry(f"{value!r} is not a number") from None
    if type_ in _TIMES:
        if not _DAY.match(text(value)):
            raise CannotCarry(f"{value!r} is not a date like 2026-01-31")
        return text(value)[:10] if type_ == "date" else text(value)
    if type_ in ("string", "enum", "tags", "ip"):
        return text(value)
    return value


def _known(table: Mapping[str, str], value: Any, what: str) -> str:
    found = table.get(words.plain(text(value)))
    if found is None:
        raise CannotCarry(f"{value!r} is no {what} that is known here")
    return found


def _test(field: str, op: str, value: Any) -> Node:
    return {"kind": "compare", "field": field, "op": op, "value": value}


def _turned(node: Node, turned: bool) -> Node:
    return {"kind": "not", "of": node} if turned else node


def _any(nodes: list[Node]) -> Node:
    if not nodes:
        raise CannotCarry("It names nothing")
    return nodes[0] if len(nodes) == 1 else {"kind": "any", "of": nodes}


def _all(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else {"kind": "all", "of": nodes}
