"""What can be done to many profiles at once, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from pyroaring import BitMap

from ..fields import Database, Field
from ..model import Channel, OptIn

MAX_OPERATIONS = 20
_Name = Annotated[str, msgspec.Meta(max_length=100)]
_Items = Annotated[list[Annotated[str, msgspec.Meta(max_length=300)]], msgspec.Meta(min_length=1, max_length=1000)]
_Id = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
_Reason = Annotated[str, msgspec.Meta(max_length=500)]


class _Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", kw_only=True):
    pass


class SetField(_Operation, frozen=True, tag="set"):
    """Give a field the same value for everybody."""

    field: _Name
    value: Any


class UnsetField(_Operation, frozen=True, tag="unset"):
    """Empty a field."""

    field: _Name


class IncrementField(_Operation, frozen=True, tag="increment"):
    """Add ``by`` (negative: take away) to a number; an empty field counts as 0."""

    field: _Name
    by: int | float


class AddItems(_Operation, frozen=True, tag="add"):
    """Add items to a list (tags, phones); those that are there already stay where they are."""

    field: _Name
    values: _Items


class RemoveItems(_Operation, frozen=True, tag="remove"):
    """Take items out of a list (tags, phones)."""

    field: _Name
    values: _Items


class SetGlobalStatus(_Operation, frozen=True, tag="status"):
    """Give the profiles a global status.

    Nobody's status becomes more permissive unless ``raise_consent`` is set, which needs ``opt_in.source``.
    """

    status: str
    raise_consent: bool = False
    opt_in: OptIn = OptIn()


class SubscribePeople(_Operation, frozen=True, tag="subscribe"):
    """Subscribe people to a resource at their own address or first phone number.

    ``contact_of``: at the contact that they have in that other resource's subscription in the same channel instead.
    ``opt_in.source`` says how they agreed. Whoever has left stays away unless ``raise_consent`` is set; nobody is
    lowered.
    """

    resource_id: _Id
    channel: Channel = "email"
    status: Literal["subscribed", "unconfirmed"] = "subscribed"
    contact_of: _Id | None = None
    raise_consent: bool = False
    opt_in: OptIn = OptIn()


class UnsubscribePeople(_Operation, frozen=True, tag="unsubscribe"):
    """End subscriptions of a resource, in one channel or all."""

    resource_id: _Id
    channel: Channel | None = None
    reason: _Reason = ""


class SuspendSubscriptions(_Operation, frozen=True, tag="suspend"):
    """Suspend subscriptions of a resource that are subscribed, until they are resumed."""

    resource_id: _Id
    channel: Channel | None = None
    reason: _Reason = ""


class PauseSubscriptions(_Operation, frozen=True, tag="pause"):
    """Let subscriptions of a resource rest for some days; a longer rest that somebody has chosen stays."""

    resource_id: _Id
    days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    channel: Channel | None = None


class ResumeSubscriptions(_Operation, frozen=True, tag="resume"):
    """Resume suspended subscriptions of a resource; ``opt_in.source`` says why that is agreed to."""

    resource_id: _Id
    channel: Channel | None = None
    opt_in: OptIn = OptIn()


FieldOperation = SetField | UnsetField | IncrementField | AddItems | RemoveItems
SubscriptionOperation = (
    SubscribePeople | UnsubscribePeople | SuspendSubscriptions | PauseSubscriptions | ResumeSubscriptions
)
BulkOperation = (
    SetField
    | UnsetField
    | IncrementField
    | AddItems
    | RemoveItems
    | SetGlobalStatus
    | SubscribePeople
    | UnsubscribePeople
    | SuspendSubscriptions
    | PauseSubscriptions
    | ResumeSubscriptions
)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was read: ``value`` as it is stored, ``title`` for people, ``refusal`` why it may not fit."""

    operation: BulkOperation
    title: str
    field: Field | None = None
    value: Any = None
    refusal: str = ""


class BulkPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Operations that fit a database. Fields come first, then the status, then subscriptions."""

    database: Database
    steps: tuple[Step, ...]

    @property
    def fields(self) -> dict[str, Field]:
        """Return the fields that some step changes, by name."""
        return {step.field.name: step.field for step in self.steps if step.field is not None}


class StepCount(msgspec.Struct, frozen=True, kw_only=True):
    """Of one operation: how many people it changes, is refused for, and whose consent it leaves as it is."""

    title: str
    changed: int
    kept: int
    refused: int


class BulkReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why so many people are refused: by which operation (its place in the list), about which field."""

    operation: int
    field: str
    reason: str
    people: int


class ValueChange(msgspec.Struct, frozen=True, kw_only=True):
    """A value before and after, of a field, or of a subscription (``what`` names resource and channel)."""

    what: str
    before: Any
    after: Any


class BulkSample(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one person: the values that change, or why they are refused."""

    profile_id: int
    name: str
    changes: list[ValueChange]
    refused: str | None


class Refusal(msgspec.Struct, frozen=True):
    """Why one person stays as they are."""

    profile_id: int
    step: int
    field: str
    value: str
    reason: str


class Tally(msgspec.Struct, kw_only=True):
    """Figures over some people: ``changed + unchanged + refused + gone`` are all of them.

    ``steps`` has [changed, kept, refused] of each operation; ``events`` counts what goes into the history.
    """

    people: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    gone: int = 0
    events: int = 0
    steps: list[list[int]] = msgspec.field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the figures of others to these."""
        for name in ("people", "changed", "unchanged", "refused", "gone", "events"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if not self.steps:
            self.steps = [[0, 0, 0] for _ in other.steps]
        for mine, theirs in zip(self.steps, other.steps, strict=True):
            for n, value in enumerate(theirs):
                mine[n] += value


class BulkOutcome(msgspec.Struct, kw_only=True):
    """What was done to a chunk."""

    tally: Tally
    refusals: list[Refusal]
    changed: BitMap
    unchanged: BitMap


Properties = Mapping[str, Any]
