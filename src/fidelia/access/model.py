"""What callers see of users, sessions, tokens, roles and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec


class UserOut(msgspec.Struct, frozen=True, kw_only=True):
    """A user. ``disabled_at`` is null for those who may sign in; ``last_seen_at`` is exact to a minute."""

    id: int
    email: str
    name: str
    roles: list[str]
    disabled_at: datetime | None
    last_seen_at: datetime | None
    sessions: int
    created_at: datetime
    updated_at: datetime


class SessionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that is still open. ``current`` marks the one that asks."""

    id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None
    current: bool = False


class TokenOut(msgspec.Struct, frozen=True, kw_only=True):
    """An API token without its secret; ``prefix`` is how it starts. ``last_used_at`` is exact to a minute."""

    id: int
    name: str
    prefix: str
    roles: list[str]
    rights: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class AuditOut(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit log. ``before`` and ``after`` hold what differs; either is null where there is none."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: int | None
    actor_name: str
    address: str | None
    action: str
    kind: str
    object_id: str | None
    object_name: str | None
    before: Any
    after: Any


class ViewLook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a view shows of a list: search words, order, the values of each filter, and columns switched on or off."""

    filter: dict[str, list[str]]
    columns: dict[str, bool]
    q: Annotated[str, msgspec.Meta(max_length=500)] = ""
    sort: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ViewOut(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view of a list. ``mine`` is true for the caller's own; others appear because their owner shares them."""

    id: int
    list: str
    name: str
    look: ViewLook
    shared: bool
    mine: bool
    owner_name: str
    created_at: datetime
    updated_at: datetime
