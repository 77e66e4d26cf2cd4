"""What an answer means, by the rules of a channel. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from .model import AnswerMapping, AnswerRule, AnswerVerdict
from .values import holds, joined, plain, text_at, value_at

MOST_REASON = 500


def tree_of(body: bytes, content_type: str = "") -> Any:
    """Return a body as a tree: JSON, a form's fields, or ``None`` for anything else. A text is no tree."""
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)
        return {name: found[0] if len(found) == 1 else found for name, found in fields.items()}
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None


def judge(mapping: AnswerMapping, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> AnswerVerdict:
    """Return what an answer means. ``headers`` are in lower case."""
    try:
        tree = tree_of(body, headers.get("content-type", ""))
    except ValueError:  # a form of more fields than anybody sends
        tree = None
    number, rule = next(((n, r) for n, r in enumerate(mapping.rules) if fits(r, status, tree)), (None, None))
    outcome = rule.outcome if rule is not None else mapping.otherwise
    said = text_at(tree, mapping.reason) if mapping.reason else ""
    reason = (rule.reason if rule is not None else "") or said
    if not reason and outcome != "sent":
        reason = f"The provider answers {status}"
    return AnswerVerdict(
        outcome=outcome,
        rule=number,
        reason=" ".join(reason.replace("\x00", "").split())[:MOST_REASON],
        message_id=joined(tree, mapping.message_id) if outcome == "sent" else None,
        retry_after=wait_of(mapping, headers, tree, now) if outcome == "later" else None,
        unsubscribes=rule is not None and rule.unsubscribes,
    )


def fits(rule: AnswerRule, status: int, tree: Any) -> bool:
    """Tell whether a rule is about an answer."""
    if rule.statuses and not any(_is_status(text, status) for text in rule.statuses):
        return False
    return all(holds(condition, tree) for condition in rule.conditions)


def wait_of(mapping: AnswerMapping, headers: Mapping[str, str], tree: Any, now: datetime) -> float | None:
    """Return the seconds that the other side asks to wait, the longest of what it says; ``None`` when it does not."""
    found = []
    if mapping.retry_after:
        found.append(_seconds(plain(value_at(tree, mapping.retry_after))))
    if header := headers.get("retry-after"):
        seconds = _seconds(header)
        if seconds is None:
            try:
                seconds = (parsedate_to_datetime(header) - now).total_seconds()
            except (TypeError, ValueError):
                seconds = None
        found.append(seconds)
    waits = [seconds for seconds in found if seconds is not None and seconds >= 0]
    return min(max(waits), 86_400.0) if waits else None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and abs(seconds) < 1e9 else None


def _is_status(text: str, status: int) -> bool:
    if text.endswith("xx"):
        return status // 100 == int(text[0])
    low, _, high = text.partition("-")
    return int(low) <= status <= int(high or low)
