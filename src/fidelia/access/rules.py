"""Rights, roles and limits: pure decisions about who may do what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from email_validator import EmailNotValidError, validate_email

from fidelia.kernel.errors import FieldError, invalid_field

VERBS: Mapping[str, str] = {
    "read": "see",
    "create": "create",
    "update": "change",
    "delete": "delete or archive",
    "run": "run",
    "cancel": "cancel",
}

_CRUD = ("read", "create", "update", "delete")
_ALL = (*_CRUD, "run")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the platform and the verbs that rights distinguish there."""

    title: str
    verbs: tuple[str, ...]


#: The one table of rights: a right is written ``area:verb``.
AREAS: Mapping[str, Area] = {
    "databases": Area("Profile databases and fields", _CRUD),
    "profiles": Area("Profiles", _ALL),
    "imports": Area("Imports of files", ("read", "create")),
    "lists": Area("Value lists and data tables", _CRUD),
    "consent": Area("Resources, subscriptions, stop lists", _CRUD),
    "events": Area("Events, event types, write keys", _CRUD),
    "hooks": Area("Outgoing hooks", _ALL),
    "market": Area("Products, categories, orders", _CRUD),
    "segments": Area("Segments", _ALL),
    "templates": Area("Templates", _CRUD),
    "mailings": Area("Mailings", _ALL),
    "policies": Area("Frequency policies", _CRUD),
    "senders": Area("Sending domains and mail servers", _CRUD),
    "channels": Area("Channels", _ALL),
    "mailbox": Area("Captured mails", ("read", "delete")),
    "loyalty": Area("Loyalty programs", _ALL),
    "campaigns": Area("Campaigns", _ALL),
    "scenarios": Area("Scenarios", _ALL),
    "analytics": Area("Reports", _ALL),
    "jobs": Area("Background jobs", ("read", "cancel")),
    "users": Area("Users and their sign-ins", _CRUD),
    "tokens": Area("API tokens", ("read", "create", "delete")),
    "audit": Area("Audit log", ("read",)),
    "settings": Area("Settings of the installation", ("read", "update")),
}

RIGHTS: Mapping[str, str] = {
    f"{name}:{verb}": f"{area.title}: {VERBS[verb]}" for name, area in AREAS.items() for verb in area.verbs
}
ALL_RIGHTS = frozenset(RIGHTS)

_WORK = frozenset(AREAS) - {"users", "tokens", "audit", "settings"}


def _grant(areas: Iterable[str], *verbs: str) -> frozenset[str]:
    """Return every right of the areas, limited to verbs when some are given."""
    return frozenset(f"{a}:{v}" for a in areas for v in AREAS[a].verbs if not verbs or v in verbs)


@dataclass(frozen=True, slots=True)
class Role:
    """A named bundle of rights."""

    title: str
    description: str
    rights: frozenset[str]


ROLES: Mapping[str, Role] = {
    "owner": Role("Owner", "Everything, also users, tokens and settings", ALL_RIGHTS),
    "marketer": Role(
        "Marketer",
        "Builds segments, mailings, campaigns and scenarios; brings data in",
        _grant(("imports", "lists", "consent", "segments", "templates", "mailings", "campaigns", "scenarios"))
        | _grant(("mailbox", "jobs"))
        | _grant(("profiles",), "read", "create", "update", "run")
        | _grant(("analytics",))
        | _grant(("databases", "events", "hooks", "market", "loyalty", "policies", "senders", "channels"), "read")
        | _grant(("settings",), "read"),
    ),
    "analyst": Role(
        "Analyst",
        "Sees everything people do with customers, counts segments, builds reports; changes no data and sends nothing",
        _grant(_WORK, "read") | _grant(("analytics", "segments")) | _grant(("jobs",)),
    ),
    "loyalty_manager": Role(
        "Loyalty manager",
        "Runs programs, promotions, products and orders",
        _grant(("loyalty", "market", "segments", "analytics", "jobs"))
        | _grant(("imports", "lists"))
        | _grant(
            ("databases", "profiles", "consent", "events", "templates", "mailings", "campaigns", "scenarios"), "read"
        ),
    ),
    "integrator": Role(
        "Integrator",
        "Connects shops, tills and apps: databases, fields, profiles, events, products and orders",
        _grant(("databases", "profiles", "imports", "lists", "consent", "events", "hooks", "market", "jobs", "mailbox"))
        | _grant(("channels",))
        | _grant(("segments", "loyalty"), "read", "run")
        | _grant(("templates", "mailings", "campaigns", "scenarios", "analytics", "settings"), "read"),
    ),
    "viewer": Role("Viewer", "Sees, changes nothing", _grant(_WORK, "read")),
}

#: Rights without an endpoint in this release; listed so that roles need not change when theirs comes.
RESERVED: frozenset[str] = (
    _grant(("scenarios",))
    | _grant(("analytics",), "create", "update", "delete", "run")
    | _grant(("settings",), "update")
    | _grant(("profiles",), "run")
)

PASSWORD_MIN, PASSWORD_MAX = 10, 200
SESSION_MAX = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=1)
TOKEN_PREFIX = "fid_"  # noqa: S105 (what every token starts with, no secret)
TOKEN_SHOWN = 10
ADDRESS_FACTOR = 5

_SECRET_KEY = re.compile(r"password|secret|private_key|hash", re.IGNORECASE)


def rights_of(roles: Iterable[str], extra: Iterable[str] = ()) -> frozenset[str]:
    """Return the rights of some roles and single rights; names that no longer exist grant nothing."""
    found: frozenset[str] = frozenset().union(*(ROLES[r].rights for r in roles if r in ROLES))
    return found | (frozenset(extra) & ALL_RIGHTS)


def granting(right: str) -> list[str]:
    """Return the titles of the roles that hold a right."""
    return [role.title for role in ROLES.values() if right in role.rights]


def check_roles(roles: Collection[str], pointer: str = "/roles") -> list[str]:
    """Return the roles in the table's order, each once; raise 422 for an unknown one."""
    for n, name in enumerate(roles):
        if name not in ROLES:
            raise invalid_field(f"{pointer}/{n}", f"There is no role {name!r}; there are: {', '.join(ROLES)}")
    return [name for name in ROLES if name in set(roles)]


def check_rights(rights: Collection[str], pointer: str = "/rights") -> list[str]:
    """Return the rights sorted, each once; raise 422 for an unknown one."""
    for n, name in enumerate(rights):
        if name not in RIGHTS:
            raise invalid_field(f"{pointer}/{n}", f"There is no right {name!r}; GET /roles lists them")
    return sorted(set(rights))


def check_email(text: str, pointer: str = "/email") -> str:
    """Return an address in lower case; raise 422 when it is none. ``name@localhost`` is allowed for the first user."""
    text = text.strip().lower()
    name, _, host = text.rpartition("@")
    try:
        if host == "localhost":
            validate_email(f"{name}@example.com", check_deliverability=False, test_environment=True)
            return text
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as exc:
        raise invalid_field(pointer, f"This is not an e-mail address: {exc}") from None


def check_name(text: str, pointer: str = "/name") -> str:
    """Return a name without outer spaces; raise 422 for an empty, long or unprintable one."""
    text = text.strip()
    if not text or len(text) > 200 or not text.isprintable():
        raise invalid_field(pointer, "A name has 1 to 200 printable characters")
    return text


def password_fault(password: str, email: str) -> str | None:
    """Return why a password is not acceptable, or ``None``."""
    if len(password) < PASSWORD_MIN:
        return f"A password has {PASSWORD_MIN} characters at least"
    if len(password) > PASSWORD_MAX:
        return f"A password has {PASSWORD_MAX} characters at most"
    if "\x00" in password or not password.isprintable():
        return "A password holds printable characters only"
    if password.lower() in {email, email.partition("@")[0]} or len(set(password)) < 4:
        return "This password is too easy to guess"
    return None


def password_error(password: str, email: str, pointer: str = "/password") -> FieldError | None:
    """Return the fault of a password as a field error, or ``None``."""
    fault = password_fault(password, email)
    return FieldError(pointer, fault) if fault else None


def session_end(created: datetime, now: datetime, hours: int) -> datetime:
    """Return when a session that was used now ends: after so many idle hours, and never later than a week."""
    return min(now + timedelta(hours=hours), created + SESSION_MAX)


def changes(before: Any, after: Any) -> tuple[Any, Any]:
    """Return plain, redacted forms of two states; of two objects only the members that differ are kept."""
    old, new = _plain(before), _plain(after)
    if isinstance(old, dict) and isinstance(new, dict):
        names = [n for n in {**old, **new} if old.get(n) != new.get(n) or (n in old) != (n in new)]
        old, new = {n: old[n] for n in names if n in old}, {n: new[n] for n in names if n in new}
    return _redact(old), _redact(new)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, str_keys=True) if value is not None else None


def _redact(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "•••" if _SECRET_KEY.search(str(k)) and v else _redact(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_redact(v) for v in value]
    return value
