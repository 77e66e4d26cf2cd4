"""Whether operations fit a database, and what they are called. Pure, but for the resources that are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from fidelia.kernel.errors import FieldError

from .. import contacts, values
from ..fields import STATUSES, Database, Field, read_value
from ..model import OptIn
from ..validators import Misfit
from .bulk_model import (
    MAX_OPERATIONS,
    AddItems,
    BulkOperation,
    FieldOperation,
    IncrementField,
    PauseSubscriptions,
    RemoveItems,
    ResumeSubscriptions,
    SetField,
    SetGlobalStatus,
    Step,
    SubscribePeople,
    SubscriptionOperation,
    SuspendSubscriptions,
    UnsetField,
    UnsubscribePeople,
)

TOO_LARGE = "This number is too large"
_SHORT = 40
OWN_CHANNELS = ("email", "sms")
NEEDS_SOURCE = "Say how these people agreed (a form, a shop, a contract): consent is never raised silently"
_CHANNELS = {"email": "e-mail", "sms": "SMS", "push": "push", "webhook": "webhook"}


def read_steps(
    database: Database, operations: Sequence[BulkOperation], resources: Mapping[int, Any], pointer: str
) -> tuple[list[Step], list[FieldError]]:
    """Read operations; return them in the order in which they work, and everything that is wrong."""
    if not operations:
        return [], [FieldError(pointer, "Choose at least one operation")]
    if len(operations) > MAX_OPERATIONS:
        return [], [FieldError(pointer, f"A bulk update has {MAX_OPERATIONS} operations at most")]
    steps: list[Step] = []
    errors: list[FieldError] = []
    for n, operation in enumerate(operations):
        at = f"{pointer}/{n}"
        try:
            match operation:
                case SetGlobalStatus():
                    step = _status(operation)
                case _ if isinstance(operation, SubscriptionOperation):
                    step = _subscription(database, operation, resources)
                case _:
                    step = _field(database, operation)
            _not_twice(steps, step)
        except Unfit as exc:
            errors.append(FieldError(f"{at}/{exc.member}" if exc.member else at, str(exc)))
            continue
        steps.append(step)
    return steps, errors


class Unfit(ValueError):
    """Why an operation does not fit, and which of its members is at fault."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(reason)
        self.member = member


def _field(database: Database, operation: FieldOperation) -> Step:
    field = database.field(operation.field)
    if field is None:
        raise Unfit("field", f"There is no field {operation.field!r} in this database")
    if field.name == "status":
        raise Unfit("field", 'The status has an operation of its own: {"op": "status"}')
    if field.read_only:
        raise Unfit("field", "This field is kept by Fidelia and cannot be set")
    if field.unique and not isinstance(operation, UnsetField):
        raise Unfit("field", "No two people may share a value of this field, so many cannot get one at once")
    name = field.label or field.name
    match operation:
        case SetField(value=given):
            value = _read("value", lambda: read_value(field, given))
            if value is None:
                raise Unfit("value", 'A value is needed; to empty the field use {"op": "unset"}')
            return Step(operation=operation, title=f"Set {name} to {_short(value)}", field=field, value=value)
        case UnsetField():
            if field.required:
                raise Unfit("field", f"{name} is mandatory and cannot be emptied")
            return Step(operation=operation, title=f"Empty {name}", field=field)
        case IncrementField(by=by):
            if field.type not in ("integer", "float"):
                raise Unfit("field", "Only numbers can be incremented")
            value = _read("by", lambda: read_value(msgspec.structs.replace(field, validator=None), by))
            if not value:
                raise Unfit("by", "This changes nothing; a number other than 0 is needed")
            title = f"Add {value} to {name}" if value > 0 else f"Take {-value} from {name}"
            return Step(operation=operation, title=title, field=field, value=value, refusal=TOO_LARGE)
    return _list(operation, field, name)


def _list(operation: AddItems | RemoveItems, field: Field, name: str) -> Step:
    if field.type != "tags":
        raise Unfit("field", "Only lists of texts can be added to or removed from")
    items = _read("values", lambda: read_value(_loose(field, operation), operation.values))
    if not items:
        raise Unfit("values", "At least one item is needed")
    if isinstance(operation, AddItems):
        return Step(
            operation=operation,
            title=f"Add {_short(items)} to {name}",
            field=field,
            value=items,
            refusal=f"A list may have {most_items(field):,} items at most",
        )
    refusal = f"{name} is mandatory, and nothing would be left" if field.required else ""
    return Step(
        operation=operation, title=f"Take {_short(items)} out of {name}", field=field, value=items, refusal=refusal
    )


def _short(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = ", ".join(value)
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, str):
        text = value
    else:
        text = msgspec.json.encode(value).decode().strip('"')
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _loose(field: Field, operation: AddItems | RemoveItems) -> Field:
    """What is taken out need not match the pattern of today: it may be older."""
    return field if isinstance(operation, AddItems) else msgspec.structs.replace(field, validator=None)


def most_items(field: Field) -> int:
    """Return how many items a list may have."""
    return contacts.MAX_PHONES if field.builtin and field.name == "phones" else values.MAX_ITEMS


def _status(operation: SetGlobalStatus) -> Step:
    if operation.status not in STATUSES:
        raise Unfit("status", f"The status must be one of: {', '.join(STATUSES)}")
    if operation.raise_consent:
        _agreed(operation.opt_in)
    return Step(operation=operation, title=f"Set status to {operation.status}")


def _subscription(database: Database, operation: SubscriptionOperation, resources: Mapping[int, Any]) -> Step:
    resource = resources.get(operation.resource_id)
    if resource is None or resource.archived_at is not None:
        raise Unfit("resource_id", f"There is no resource {operation.resource_id}")
    if resource.database_ids and database.id not in resource.database_ids:
        raise Unfit("resource_id", f"People of this database cannot subscribe to {resource.name}")
    if operation.channel is not None and operation.channel not in resource.channels:
        raise Unfit("channel", f"{resource.name} has no channel {operation.channel}")
    channel = "" if operation.channel is None else f", {_CHANNELS.get(operation.channel, operation.channel)}"
    match operation:
        case SubscribePeople():
            if operation.contact_of is not None and operation.contact_of not in resources:
                raise Unfit("contact_of", f"There is no resource {operation.contact_of}")
            if operation.contact_of is None and operation.channel not in OWN_CHANNELS:
                raise Unfit("contact_of", "A profile has no contact of its own in this channel: name another resource")
            if operation.status == "subscribed" or operation.raise_consent:
                _agreed(operation.opt_in)
            missing = "The profile has no e-mail" if operation.channel == "email" else "The profile has no phone number"
            if operation.contact_of is not None:
                missing = f"No subscription to {resources[operation.contact_of].name} has a contact in this channel"
            verb, refusal = "Subscribe to", missing
        case UnsubscribePeople():
            verb, refusal = "Unsubscribe from", ""
        case SuspendSubscriptions():
            verb, refusal = "Suspend", ""
        case PauseSubscriptions(days=days):
            verb, refusal = f"Pause for {days} {'day' if days == 1 else 'days'}:", ""
        case ResumeSubscriptions():
            _agreed(operation.opt_in)
            verb, refusal = "Resume", ""
    return Step(operation=operation, title=f"{verb} {resource.name}{channel}", value=resource.name, refusal=refusal)


def _agreed(proof: OptIn) -> None:
    """Check the proof of a raised consent."""
    if proof.source is None or not proof.source.strip():
        raise Unfit("opt_in/source", NEEDS_SOURCE)
    _read("opt_in/source", lambda: values.text(proof.source, 500))
    if proof.ip:
        _read("opt_in/ip", lambda: values.ip(proof.ip))
    if proof.at is not None and proof.at.tzinfo is None:
        raise Unfit("opt_in/at", 'This must be a moment with its time zone, like "2026-03-31T18:00:00Z"')


def _not_twice(steps: Sequence[Step], step: Step) -> None:
    """Two operations about the same thing would depend on their order; adding to and removing from a list do not."""
    for other in steps:
        if step.field is not None and other.field is not None and step.field.name == other.field.name:
            mine, theirs = step.operation, other.operation
            if {type(mine), type(theirs)} == {AddItems, RemoveItems} and not set(step.value) & set(other.value):
                continue
            raise Unfit("field", "Another operation changes this field already")
        if isinstance(step.operation, SetGlobalStatus) and isinstance(other.operation, SetGlobalStatus):
            raise Unfit("", "Another operation changes the status already")
        if isinstance(step.operation, SubscriptionOperation) and isinstance(other.operation, SubscriptionOperation):
            same = step.operation.resource_id == other.operation.resource_id
            a, b = step.operation.channel, other.operation.channel
            if same and (a is None or b is None or a == b):
                raise Unfit("resource_id", "Another operation is about these subscriptions already")


def _read(member: str, reader: Callable[[], Any]) -> Any:
    try:
        return reader()
    except ValueError as exc:
        raise Unfit(member + (exc.at if isinstance(exc, Misfit) else ""), str(exc)) from None
