"""A plain reading of the operations, one person after another, written from the guide and sharing no code with them.

A person is a dict of fields, ``status`` and ``subs``: {(resource, channel, contact): status}.
"""

from __future__ import annotations

import copy
from typing import Any

LEVEL = {"subscribed": 3, "unconfirmed": 2, "suspended": 1}


class Refused(Exception):
    pass


def change(person: dict[str, Any], operations: list[dict[str, Any]], required: frozenset[str]) -> dict[str, Any] | None:
    """Return the person after the operations, ``None`` when one of them cannot be done."""
    after = copy.deepcopy(person)
    kinds = {"status": 1, "subscribe": 2, "unsubscribe": 2, "suspend": 2, "resume": 2}
    try:
        for operation in sorted(operations, key=lambda o: kinds.get(o["op"], 0)):
            _do(after, operation, required)
    except Refused:
        return None
    return after


def _do(person: dict[str, Any], o: dict[str, Any], required: frozenset[str]) -> None:
    match o["op"]:
        case "set":
            person[o["field"]] = o["value"]
        case "unset":
            person[o["field"]] = None
        case "increment":
            now = person[o["field"]] or 0
            if isinstance(o["by"], int):
                if not -(2**63) <= now + o["by"] < 2**63:
                    raise Refused
            elif abs(now + o["by"]) == float("inf"):
                raise Refused
            person[o["field"]] = now + o["by"]
        case "add":
            now = list(person[o["field"]] or [])
            fresh = [v for v in o["values"] if v not in now]
            if fresh and len(now + fresh) > (20 if o["field"] == "phones" else 1000):
                raise Refused
            person[o["field"]] = now + fresh
        case "remove":
            now = person[o["field"]]
            left = [v for v in now or [] if v not in o["values"]] or None
            if now is not None and left is None and o["field"] in required:
                raise Refused
            person[o["field"]] = left
        case "status":
            if o.get("raise_consent") or LEVEL.get(o["status"], 0) <= LEVEL.get(person["status"], 0):
                person["status"] = o["status"]
        case "subscribe":
            contact = person["email"] if o["channel"] == "email" else (person["phones"] or [None])[0]
            if contact is None:
                raise Refused
            key = (o["resource_id"], o["channel"], contact)
            now = person["subs"].get(key)
            rises = now is not None and LEVEL.get(o["status"], 0) > LEVEL.get(now, 0)
            if now is None or (rises and o.get("raise_consent")):
                person["subs"][key] = o["status"]
        case kind:
            turns = {
                "unsubscribe": ({"subscribed", "unconfirmed", "suspended"}, "unsubscribed"),
                "suspend": ({"subscribed"}, "suspended"),
                "resume": ({"suspended"}, "subscribed"),
            }
            before, becomes = turns[kind]
            for (resource, channel, contact), status in person["subs"].items():
                about = resource == o["resource_id"] and o.get("channel") in (None, channel)
                if about and status in before:
                    person["subs"][resource, channel, contact] = becomes
