"""Definitions of channels as strict values: the same shape is read, written and kept.

Placeholders ``${…}`` stand for values in texts of a definition: ``${contact}``, ``${content.text}``,
``${settings.token}``, ``${message.id}``, ``${inbound.url}``. ``${content.sender or settings.sender}`` is the first of
them that is there, ``${contact|digits}`` the value without all else. ``$#{…}`` alone in a JSON text keeps the type of
its value. Where all of a member, header, parameter or field is a value that is missing, it is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Short = Annotated[str, msgspec.Meta(max_length=1_000)]
Help = Annotated[str, msgspec.Meta(max_length=500)]
Template = Annotated[str, msgspec.Meta(max_length=4_000)]
#: Where a value stands in JSON: ``result.message_id``, ``items[0].status``, ``["a key"].x``; empty: the whole.
Path = Annotated[str, msgspec.Meta(max_length=300)]
Scalar = str | int | float | bool

ContentType = Literal["text", "long_text", "url", "number", "boolean", "choice"]
SettingType = Literal["text", "secret", "url", "number", "boolean"]
BodyKind = Literal["none", "json", "form", "text"]
AuthKind = Literal["none", "basic", "bearer", "header", "oauth2"]
Test = Literal["eq", "ne", "contains", "starts_with", "gt", "lt", "is_present", "is_missing"]
#: ``failed``: this recipient gets none; ``later``: tried again; ``stop``: the run pauses until somebody has looked.
Outcome = Literal["sent", "failed", "later", "stop"]
InboundKind = Literal["delivered", "opened", "clicked", "failed", "replied", "unsubscribed", "blocked_by_user"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parts of a definition: every member has to be there, so that reading and writing are the same."""


class ContactSpec(_Part, frozen=True, kw_only=True):
    """What people are written to at: ``label`` for people, ``pattern`` a regular expression (RE2) for the whole of it,
    empty for any; ``example`` is shown where one is entered.
    """

    label: Label
    pattern: Annotated[str, msgspec.Meta(max_length=300)]
    example: Annotated[str, msgspec.Meta(max_length=100)]
    help: Help


class ContentOption(_Part, frozen=True, kw_only=True):
    """One of the values of a choice."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    label: Label


class ContentField(_Part, frozen=True, kw_only=True):
    """What a message consists of. A required one never becomes optional; an optional one becomes required only when
    every template of the channel fills it in. ``max_length`` in characters, null for no limit but that of all texts;
    ``options`` of a choice only.
    """

    key: Key
    label: Label
    type: ContentType
    required: bool
    max_length: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None
    options: Annotated[list[ContentOption], msgspec.Meta(max_length=100)]
    help: Help


class SettingField(_Part, frozen=True, kw_only=True):
    """What the administrator fills in once. Values of a ``secret`` are kept encrypted and never shown again; a ``url``
    may begin the request's address. ``default`` is not used for secrets.
    """

    key: Key
    label: Label
    type: SettingType
    required: bool
    default: Short
    help: Help


class NamedValue(_Part, frozen=True, kw_only=True):
    """A header, a parameter of the address or a field of a form; left out when all of it is a value that is missing."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: Template


class ChannelRequest(_Part, frozen=True, kw_only=True):
    """The request that sends a message. Of ``json``, ``form`` and ``text`` the one that ``body`` names is used.

    ``json`` is a tree whose texts may hold placeholders; ``content_type`` goes with ``text``. ``idempotent``: the
    provider takes two requests with the same ``${message.id}`` for one, so that one without an answer is repeated.
    ``allow_http``: the address may be one without encryption.
    """

    method: Literal["POST", "PUT", "PATCH", "GET"]
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    query: Annotated[list[NamedValue], msgspec.Meta(max_length=50)]
    headers: Annotated[list[NamedValue], msgspec.Meta(max_length=15)]
    body: BodyKind
    json: Any
    form: Annotated[list[NamedValue], msgspec.Meta(max_length=100)]
    text: Annotated[str, msgspec.Meta(max_length=50_000)]
    content_type: Annotated[str, msgspec.Meta(max_length=200)]
    idempotent: bool
    allow_http: bool


class ChannelAuth(_Part, frozen=True, kw_only=True):
    """How requests prove who they are from. Which members count depends on ``kind``: ``username`` and ``password``
    (basic), ``token`` (bearer, and header under the name ``header``), ``token_url``, ``client_id``, ``client_secret``
    and ``scope`` (oauth2, client credentials; ``client_in_body`` puts them in the form instead of a header).

    ``password``, ``token`` and ``client_secret`` name a secret setting and nothing else: ``${settings.token}``.
    """

    kind: AuthKind
    username: Short
    password: Short
    token: Short
    header: Short
    token_url: Annotated[str, msgspec.Meta(max_length=2_000)]
    client_id: Short
    client_secret: Short
    scope: Short
    client_in_body: bool


class ValueCondition(_Part, frozen=True, kw_only=True):
    """What must stand at a path. Numbers and texts that look alike are the same; ``value`` is null for is_present and
    is_missing.
    """

    path: Path
    op: Test
    value: Scalar | None


class AnswerRule(_Part, frozen=True, kw_only=True):
    """What an answer means that has one of the statuses (``200``, ``2xx``, ``400-499``; none: any) and meets every
    condition. ``reason`` is said in place of what stands at the answer's reason path. ``unsubscribes``: a message that
    failed so also ends the recipient's subscription.
    """

    statuses: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^([1-5]xx|[1-5]\d\d(-[1-5]\d\d)?)$")]], msgspec.Meta(max_length=20)
    ]
    conditions: Annotated[list[ValueCondition], msgspec.Meta(max_length=10)]
    outcome: Outcome
    reason: Help
    unsubscribes: bool


class AnswerMapping(_Part, frozen=True, kw_only=True):
    """What answers mean: the first rule that fits, else ``otherwise``. ``message_id`` are the paths of what the
    provider calls the message by (several together where one alone is not unique), ``retry_after`` that of the
    seconds to wait; the header Retry-After is heeded too.
    """

    rules: Annotated[list[AnswerRule], msgspec.Meta(max_length=50)]
    otherwise: Outcome
    reason: Path
    message_id: Annotated[list[Path], msgspec.Meta(max_length=4)]
    retry_after: Path


class ChannelLimits(_Part, frozen=True, kw_only=True):
    """How much the provider takes: connections at once of one sender, requests a second of all together (0: no
    limit), seconds that an answer may take.
    """

    connections: Annotated[int, msgspec.Meta(ge=1, le=100)]
    rate: Annotated[float, msgspec.Meta(ge=0, le=10_000)]
    timeout: Annotated[float, msgspec.Meta(ge=1, le=120)]


class EventRule(_Part, frozen=True, kw_only=True):
    """Which event an item tells of when it meets every condition. ``message_id`` and ``contact`` empty: those of the
    mapping.
    """

    conditions: Annotated[list[ValueCondition], msgspec.Meta(min_length=1, max_length=10)]
    event: InboundKind
    message_id: Annotated[list[Path], msgspec.Meta(max_length=4)]
    contact: Path


class InboundSignature(_Part, frozen=True, kw_only=True):
    """How the provider signs what it sends: an HMAC of the raw body in a header, with the secret setting ``secret``
    (its key). ``kind`` ``value``: the header holds the secret itself.
    """

    kind: Literal["none", "value", "sha1", "sha256", "sha512"]
    header: Annotated[str, msgspec.Meta(max_length=100)]
    encoding: Literal["hex", "base64"]
    prefix: Annotated[str, msgspec.Meta(max_length=40)]
    secret: Annotated[str, msgspec.Meta(max_length=40)]


class InboundMapping(_Part, frozen=True, kw_only=True):
    """What the provider tells afterwards, by requests of its own (JSON or a form) to the channel's address.

    ``items`` is the path of a list of events, empty when a request tells one. Within an item: ``message_id`` (``whose``
    says whether it is the provider's or ours, ``${message.id}``), ``contact`` where events have no message, ``at`` (a
    time, or seconds since 1970), ``reason``, ``event_id`` (by which a repeated event is known; without it its content).
    The first rule that fits says what happened; items that no rule fits are passed over.
    """

    active: bool
    items: Path
    message_id: Annotated[list[Path], msgspec.Meta(max_length=4)]
    whose: Literal["provider", "ours"]
    contact: Path
    at: Path
    reason: Path
    event_id: Path
    rules: Annotated[list[EventRule], msgspec.Meta(max_length=50)]
    signature: InboundSignature


class ChannelDefinition(_Part, frozen=True, kw_only=True):
    """Everything that makes a channel, but its name and the values of its settings."""

    contact: ContactSpec
    content: Annotated[list[ContentField], msgspec.Meta(min_length=1, max_length=50)]
    settings: Annotated[list[SettingField], msgspec.Meta(max_length=50)]
    request: ChannelRequest
    auth: ChannelAuth
    answer: AnswerMapping
    limits: ChannelLimits
    inbound: InboundMapping


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel. ``key`` is what subscriptions, templates, mailings and events call it and never changes.

    ``settings`` are the values that may be seen, ``secrets`` the keys of those that are set and may not; ``missing``
    those that are required and not set: nothing can be sent until they are. Its inbound address is shown when it is
    made and rotated, at no other time.
    """

    id: int
    key: str
    name: str
    icon: str
    description: str
    definition: ChannelDefinition
    settings: dict[str, Scalar]
    secrets: list[str]
    missing: list[str]
    revision: int
    last_inbound_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ChannelMade(msgspec.Struct, frozen=True, kw_only=True):
    """A channel with the address that its provider tells it events at; it is shown this once."""

    channel: Channel
    inbound_url: str | None


class ChannelPreset(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that is ready to be used or changed; ``guide`` says in plain words what to enter."""

    preset: str
    key: str
    name: str
    icon: str
    description: str
    guide: str
    definition: ChannelDefinition


class ChannelUse(msgspec.Struct, frozen=True, kw_only=True):
    """Something that uses a channel. ``holds``: the channel cannot be archived while it does."""

    kind: Literal["mailing", "template", "resource"]
    id: int
    name: str
    state: str
    holds: bool


class HeaderLine(msgspec.Struct, frozen=True):
    """A header of a request or an answer."""

    name: str
    value: str


class RequestShown(msgspec.Struct, frozen=True, kw_only=True):
    """A request with dots in place of every secret."""

    method: str
    url: str
    headers: list[HeaderLine]
    body: str


class AnswerShown(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of an answer, dots in place of secrets that it repeats."""

    status: int
    headers: list[HeaderLine]
    body: str
    duration_ms: int


class AnswerVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer means: ``rule`` is the position of the rule that fitted, null for none of them."""

    outcome: Literal["sent", "failed", "later", "stop", "unknown"]
    rule: int | None
    reason: str
    message_id: str | None
    retry_after: float | None
    unsubscribes: bool


class ChannelPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The request that would be made; ``error`` says why none could be. ``verdict`` is that of the given answer."""

    request: RequestShown | None
    error: str | None
    verdict: AnswerVerdict | None


class ChannelTry(msgspec.Struct, frozen=True, kw_only=True):
    """One message sent: what was asked, what was answered, what that means. ``error`` says why there is no answer."""

    request: RequestShown | None
    answer: AnswerShown | None
    error: str | None
    verdict: AnswerVerdict | None


class InboundShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from one item; ``event`` null: no rule fits and it is passed over."""

    event: InboundKind | None
    rule: int | None
    message_id: str | None
    contact: str | None
    at: datetime | None
    reason: str
    problem: str | None


class InboundPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from a request of the provider."""

    items: list[InboundShown]
