"""What conditions may say of people and their subscriptions. All of it is live: PostgreSQL knows it at once."""

from __future__ import annotations

from fidelia.conditions import Field, Link, Option, Subject, Vocabulary
from fidelia.platform.postgres import Tx

from . import channels, fields
from .model import SUBSCRIPTION_STATUSES
from .service.databases import get_database
from .store import consent

PROFILE = "Profile"
SUBSCRIPTIONS = "Subscriptions"
#: Every category of rules, in the order in which people look for them; other capabilities use the same words.
CATEGORIES = (
    PROFILE,
    SUBSCRIPTIONS,
    "Messages and mailings",
    "Campaigns and segments",
    "Orders and products",
    "Loyalty",
    "Events and pages",
    "Data tables",
)
_ALWAYS = frozenset({"status", "created_at", "updated_at"})
_EMPTY_NOT_NULL = frozenset({"tags", "object", "objects"})


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what profiles offer to conditions of a database; raise 404."""
    database = await get_database(tx, database_id)
    resources = await consent.every_resource(tx)
    known = await channels.known(tx)
    profile = Subject(
        name="profile",
        label="Profile",
        table=f"p_{database_id}",
        time="profile.created_at",
        one="profile",
        many="profiles",
        fields=tuple(_profile_field(field) for field in database.fields),
    )
    subscription = Subject(
        name="subscription",
        label="Subscription",
        table=f"s_{database_id}",
        time="subscription.created_at",
        one="subscription",
        many="subscriptions",
        fields=(
            _fact("resource", "integer", "Resource", options=tuple(Option(str(r.id), r.name) for r in resources)),
            _fact("channel", "enum", "Channel", options=tuple(Option(key, info.name) for key, info in known.items())),
            _fact("status", "enum", "Subscription status", options=_options(SUBSCRIPTION_STATUSES)),
            _fact("contact", "string", "Contact"),
            _fact("priority", "integer", "Priority"),
            _fact("source", "string", "Opt-in source", sql="opt_in_source", nullable=True),
            _fact("opt_in_at", "datetime", "Opted in at", nullable=True),
            _fact("paused_until", "datetime", "Paused until", nullable=True),
            _fact("created_at", "datetime", "Subscribed at"),
            _fact("updated_at", "datetime", "Last changed at"),
        ),
    )
    return Vocabulary(
        subjects=(profile, subscription),
        links=(
            Link(
                name="subscriptions",
                of="profile",
                to="subscription",
                key="profile",
                label="Subscription",
                live=True,
                category=SUBSCRIPTIONS,
            ),
        ),
        categories=CATEGORIES,
    )


def _profile_field(field: fields.Field) -> Field:
    return Field(
        name=f"profile.{field.name}",
        type=field.type,
        label=field.label or field.name.replace("_", " ").capitalize(),
        sql=field.column,
        category=SUBSCRIPTIONS if field.name == "status" else PROFILE,
        nullable=field.name not in _ALWAYS if field.builtin else field.type not in _EMPTY_NOT_NULL,
        options=_options(field.options),
        description=field.description,
    )


def _fact(name: str, type_: str, label: str, *, sql: str = "", nullable: bool = False, **more: object) -> Field:
    return Field(
        name=f"subscription.{name}",
        type=type_,
        label=label,
        sql=sql or name,
        category=SUBSCRIPTIONS,
        nullable=nullable,
        **more,  # type: ignore[arg-type]
    )


def _options(values: tuple[str, ...]) -> tuple[Option, ...]:
    return tuple(Option(value) for value in values)
