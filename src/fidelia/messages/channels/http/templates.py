"""Templates of a channel: what the compiler has to know of it, and what it cannot know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from fidelia.kernel.errors import FieldError

from ...markup.model import CompileReply, FieldShape, Rendered, TemplateProblem
from .content import content_values, field_fault
from .model import ChannelDefinition
from .request import CannotBuild


def shape_of(definition: ChannelDefinition) -> list[FieldShape]:
    """Return the fields of a channel's messages as the compiler takes them."""
    return [FieldShape(field.key, field.label, field.type, field.required) for field in definition.content]


def unknown_fields(definition: ChannelDefinition | None, fields: Iterable[str]) -> list[FieldError]:
    """Return what is given for fields that messages of a channel do not have; ``None`` stands for e-mail."""
    known = set() if definition is None else {field.key for field in definition.content}
    what = "A mail has no such field" if definition is None else "Messages of this channel have no such field"
    return [FieldError(f"/fields/{key}", what) for key in fields if key not in known]


def with_faults(definition: ChannelDefinition, content: Mapping[str, str], reply: CompileReply) -> CompileReply:
    """Add what is wrong with fields that hold no expression: they are the same for everybody."""
    bad = {problem.part for problem in reply.problems if problem.severity == "error"}
    faults = []
    for field in definition.content:
        text, part = content.get(field.key, ""), f"fields.{field.key}"
        if part in bad or "{{" in text or "{%" in text or "{#" in text:
            continue
        if fault := field_fault(field, text):
            faults.append(TemplateProblem("error", "value", fault, part))
    return CompileReply([*reply.problems, *faults], reply.compiled) if faults else reply


def finished(definition: ChannelDefinition, rendered: Rendered) -> Rendered:
    """Say why somebody would get no message although its fields can be rendered."""
    if rendered.error is not None:
        return rendered
    try:
        content_values(definition, rendered.fields)
    except CannotBuild as exc:
        return msgspec.structs.replace(rendered, error=str(exc))
    return rendered
