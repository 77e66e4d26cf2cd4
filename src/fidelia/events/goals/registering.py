"""Goals that a program says were reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, invalid, invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID, random_id
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules as event_rules
from ..ingest.group import GroupCommit
from ..ingest.model import EventsResult, Incoming, Submission
from . import rules, store
from .model import MESSAGES, Goal, GoalMessage, Reached, ReadMessages

_encode = msgspec.json.Encoder(decimal_format="string").encode


class GoalsRegistered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of reached goals. ``message`` tells whether the token of a message was known."""

    accepted: int
    duplicates: int
    message: bool


class Whose(msgspec.Struct, frozen=True):
    """Whose goals they are: a profile, or whoever has a value in a field, or the recipient of the message."""

    profile: int | None = None
    match: Mapping[str, Any] | None = None


async def read_messages(tx: Tx, database_id: int, tokens: Collection[str]) -> Mapping[str, GoalMessage]:
    """Return the messages of a database by those of the tokens that are valid."""
    read: ReadMessages | None = tx.engines.ports.get(MESSAGES)
    wanted = {token for token in tokens if 0 < len(token) <= rules.MAX_TOKEN and token.isascii()}
    return await read(tx, database_id, wanted) if read is not None and wanted else {}


async def register(
    group: GroupCommit[Submission, EventsResult],
    engines: Engines,
    actor: Actor,
    database_id: int,
    whose: Whose,
    reached: Sequence[Reached],
    *,
    id_: str | None,
    at: datetime | None,
) -> GoalsRegistered:
    """Write that goals were reached, once for each id; raise 404, 422 with pointers.

    Without a profile or match they are the recipient's of the message that the token is of.
    """
    now = engines.clock.now()
    if id_ is not None and not 1 <= len(id_) <= rules.MAX_GOAL_ID:
        raise invalid_field("/id", f"An id has 1 to {rules.MAX_GOAL_ID} characters")
    try:
        moment = now if at is None else event_rules.check_moment(at, now)
    except event_rules.Refused as exc:
        raise invalid_field("/at", str(exc)) from exc
    async with engines.tx() as tx:
        await profiles.get_database(tx, database_id)
        goals = await store.of_database(tx, database_id)
        messages = await read_messages(tx, database_id, {one.message for one in reached})
    message = messages.get(reached[0].message)
    profile, match = _person(whose, message)
    limit = engines.settings.limits.event_bytes
    events = []
    for n, one in enumerate(reached):
        goal, properties = _one(goals, one, n if len(reached) > 1 else None, message, limit)
        name = None if id_ is None else rules.event_id(id_, goal.key)
        events.append(
            Incoming(
                index=n,
                type=rules.TYPE,
                at=moment,
                properties=properties,
                id=name or random_id(20),
                hash=None if name is None else event_rules.seen_hash(name),
                profile=profile,
                match=match,
            )
        )
    done = await group.submit(Submission(database_id, actor, events, [], now), len(events))
    if done.rejected:
        pointer = "/message" if whose == Whose() else "/profile" if whose.profile else "/match"
        raise invalid_field(pointer, done.rejected[0].reason)
    return GoalsRegistered(accepted=done.accepted, duplicates=done.duplicates, message=message is not None)


def _person(whose: Whose, message: GoalMessage | None) -> tuple[int, tuple[str, Any] | None]:
    if whose.profile is not None and whose.match is not None:
        raise invalid_field("/match", "Give either profile or match, not both")
    if whose.match is not None:
        if len(whose.match) != 1:
            raise invalid_field("/match", "match has one field and its value")
        return 0, next(iter(whose.match.items()))
    if whose.profile is not None:
        if not 0 < whose.profile <= MAX_PROFILE_ID:
            raise invalid_field("/profile", f"There is no profile {whose.profile}")
        return whose.profile, None
    if message is None:
        raise invalid_field("/profile", "Say who it was: a profile, a match, or the token of a message that was sent")
    return message.profile, None


def _one(
    goals: Mapping[str, Goal], one: Reached, n: int | None, message: GoalMessage | None, limit: int
) -> tuple[Goal, dict[str, Any]]:
    at = "" if n is None else f"/goals/{n}"
    goal = goals.get(one.goal)
    if goal is None:
        raise invalid(FieldError(f"{at}/goal", f"There is no active goal {one.goal[:80]!r} in this database"))
    try:
        value = rules.read_value(one.value)
    except rules.WrongValue as exc:
        raise invalid(FieldError(f"{at}/value", str(exc))) from exc
    properties = rules.properties_of(goal, one, value, message)
    if len(_encode(properties)) > limit:
        raise invalid_field("/properties", f"properties may have {limit:,} bytes at most")
    return goal, properties
