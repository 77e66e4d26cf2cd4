"""One rule of the reference → one node of ours. Pure; what cannot be said here is put into ``lost``, never left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from . import words
from .compare import (
    CannotCarry,
    Node,
    after,
    both,
    compared,
    either,
    inverse_if,
    known,
    number,
    operand,
    operands,
    said,
    segments_in,
    test,
    text,
)
from .model import LostRule, MapKind, Rule, SegmentImportMaps, UnknownReference


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
            return inverse_if({"kind": "member", "of": {"global_control": True}}, operator.startswith("not"))
        if kind in ("subscription", "subscriptions"):
            return self.subscription(rule, operator)
        if kind in ("goal", "pixel", "customevent", "event"):
            return self.happened(rule, operator, *self.event(rule, kind))
        activity = words.ACTIVITY.get(words.plain(rule.compo)) or words.ACTIVITY.get(words.plain(rule.name))
        if activity is not None and (kind in words.CHANNELS or kind in ("activity", "channel", "message", "mailing")):
            channel = kind if kind in words.CHANNELS else text(operand(rule, "channel"))
            extra = [test("event.channel", "eq", channel)] if channel else []
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
            return inverse_if(self.domains(rule, field), operator.startswith("not"))
        if operator not in words.OPERATORS:
            raise CannotCarry(f"The operator {rule.operator!r} is not known")
        op, turned = words.OPERATORS[operator]
        if type_ == "objects":
            return inverse_if(self.item(rule, name, path, op), turned)
        node = compared(field, type_, op, self.values(rule, name))
        if operator in ("empty", "isempty", "notempty", "nonempty"):
            self.note("Blank and absent are the same here: no blank values are kept")
        if turned:
            self.note("A rule with “not” also holds where the field has no value, as it did")
        return inverse_if(node, turned)

    def values(self, rule: Rule, name: str) -> list[Any]:
        """Return the operands of a rule over a field, in our words."""
        found = operands(rule)
        if name == "status":
            return [known(words.STATUSES, value, "status") for value in found]
        if name == "gender":
            return [known(words.GENDERS, value, "gender") for value in found]
        return found

    def domains(self, rule: Rule, field: str) -> Node:
        """A rule over a group of mail domains; who is in it must be told."""
        found: list[str] = []
        for name in map(text, operands(rule)):
            if name not in self.maps.domain_groups:
                self.unknown.add(UnknownReference("domain_groups", name))
                raise CannotCarry(f"Which domains are in the group {name!r} is not in the definition: say so")
            found += self.maps.domain_groups[name]
        return either([test(field, "ends_with", f"@{domain.lstrip('@')}") for domain in found])

    def item(self, rule: Rule, name: str, path: str, op: str) -> Node:
        """A rule over any element of an array of objects."""
        node: Node = {"kind": "related", "link": f"profile.{name}"}
        if op in ("is_present", "is_missing") and not path:
            return inverse_if(node, op == "is_missing")
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
        return inverse_if(either(nodes), turned)

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
            tests.append(test("subscription.resource", "eq", self.ours("resources", resource, "resource")))
        channel = text(operand(rule, "channel"))
        if channel:
            tests.append(test("subscription.channel", "eq", channel))
        statuses = [known(words.STATUSES, v, "status") for v in operands(rule, "status", "statuses")]
        if statuses:
            tests.append(test("subscription.status", "in", statuses))
        node: Node = {"kind": "related", "link": "subscriptions"}
        if tests:
            node["where"] = both(tests)
        return inverse_if(node, operator in ("notexists", "notexist", "notequal", "isnot"))

    def event(self, rule: Rule, kind: str) -> tuple[str, list[Node]]:
        """Return our type of event for a goal, a page, an event of one's own, and what it must hold."""
        if kind == "goal":
            names = [text(v) for v in operands(rule, "goal", "goals", "name")]
            return "goal.reached", [test("event.goal", "in", names)] if names else []
        if kind == "pixel":
            addresses = [text(v) for v in operands(rule, "url", "page")]
            return "page.viewed", [either([test("event.url", "contains", a) for a in addresses])] if addresses else []
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
                of.append(test(f"event.{what}", "in", found))
        links = [text(v) for v in operands(rule, "link", "url")]
        return [
            *([either(of)] if of else []),
            *([either([test("event.link", "contains", link) for link in links])] if links else []),
        ]

    def happened(self, rule: Rule, operator: str, event: str, tests: Sequence[Node]) -> Node:
        """Something that happened, how often and when."""
        node: Node = {"kind": "occurred", "event": event, **self.window(rule)}
        if tests:
            node["where"] = both(list(tests))
        n = operand(rule, "n", "count", "times")
        total = operand(rule, "sum", "value_sum")
        if total is not None:
            node["measure"] = {"fn": "sum", "of": "event.value", "op": "gte", "value": total}
        if operator in ("nothappened", "nothappen", "notexists", "notexist", "never"):
            return inverse_if(node, True)
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
        edges = {"from": start, "to": None if end is None else after(text(end))}
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
