"""Words for fields and the values they are compared with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from ipaddress import IPv6Address
from typing import Any

from .against import FieldValue, SourceValue
from .moments import Duration
from .operators import Operator
from .pairs import LISTS
from .plan import NOW, Test
from .vocabulary import Field

_PLURAL = {"in": "one of ", "not_in": "one of ", "any_of": "one of "}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def test_text(test: Test, template: str) -> str:
    """Write a comparison."""
    field, value = label(test.field), value_text(test.operator, test.field, test.literal)
    if test.operator.shape == "when" and isinstance(test.literal, Duration):
        template, value = relative(test.operator, test.literal)
    return template.format(field=field, value=value)


def relative(operator: Operator, duration: Duration) -> tuple[str, str]:
    """``before -P60D`` is more than 60 days ago, ``after -P60D`` less than that; ahead the other way round."""
    past = min(duration.months, duration.days, duration.seconds) < 0
    span = duration_text(duration.negated() if past else duration)
    more = (operator.key == "before") == past
    return "{field} is " + ("more" if more else "less") + " than {value} " + ("ago" if past else "ahead"), span


def label(field: Field) -> str:
    """Write the name of a field within a sentence."""
    text = field.label or field.name
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def value_text(operator: Operator, field: Field, value: Any) -> str:  # noqa: PLR0911 one per kind
    """Write the value a field is compared with."""
    if isinstance(value, FieldValue):
        if value.depth == NOW:
            return label(value.field)
        several = value.field.type in LISTS and operator.shape == "list"
        return f"{_PLURAL.get(operator.key, '') if several else ''}the {label(value.field)}"
    if isinstance(value, SourceValue):
        return f"{'' if operator.key == 'none_of' else 'one of '}“{value.source.title}”"
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, tuple):
        texts = [one_text(v, field) for v in value[:5]]
        if operator.shape == "range":
            return " and ".join(texts)
        if len(value) > 5:
            return f"one of {len(value):,} values"
        last = " and " if operator.key == "all_of" else " or "
        return last.join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
    return "" if value is None else one_text(value, field)


def one_text(value: Any, field: Field | None = None) -> str:
    """Write one value."""
    options = {option.value: option.label for option in field.options} if field is not None else {}
    if not isinstance(value, bool) and (known := options.get(str(value))):
        return known
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}, {value:%H:%M} UTC"
        case date():
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
        case int() | float() | Decimal():
            number = f"{value:,}" if not isinstance(value, Decimal) else f"{value.normalize():,f}"
            return f"{number} {field.unit}" if field is not None and field.unit else number
    return str(value.ipv4_mapped or value) if isinstance(value, IPv6Address) else str(value)


def duration_text(duration: Duration) -> str:
    """Write a duration."""
    years, months = divmod(duration.months, 12)
    hours, seconds = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    named = ((years, "year"), (months, "month"), (duration.days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in (*named, (seconds, "second")) if n]
    return " and ".join(parts) if parts else "0 days"
