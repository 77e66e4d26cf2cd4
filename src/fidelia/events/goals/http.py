"""Routes of goals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, PageParams, Strict
from fidelia.platform.postgres import Tx

from ..http.events import own_events
from . import rules, service
from .model import Goal, GoalCondition, GoalFigures, Reached
from .registering import GoalsRegistered, Whose, register

Value = int | float | str | None


class GoalIn(Body, frozen=True):
    """A new goal. ``key`` is its name in code; with a ``currency`` its values count as money."""

    database_id: int
    key: str
    name: str
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    default_value: str | None = None
    currency: str | None = None
    conditions: tuple[GoalCondition, ...] = ()
    active: bool = True


class GoalPatch(Body, frozen=True):
    """What to change; a key stays as it is, since pages and programs use it."""

    name: str | UnsetType = UNSET
    description: Annotated[str, msgspec.Meta(max_length=2000)] | UnsetType = UNSET
    default_value: str | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    conditions: tuple[GoalCondition, ...] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class GoalReached(Body, frozen=True):
    """One of several goals; without a value the goal's own."""

    goal: str
    value: Value = None


class GoalsIn(Body, frozen=True):
    """That somebody has reached a goal, or several.

    ``profile`` or ``match`` say who; with neither it is the recipient of the ``message``, the token that the address of
    a landing page carries as ``fm``. A repeat with the same ``id`` within seven days counts once.
    """

    database: int
    goal: str | None = None
    value: Value = None
    goals: tuple[GoalReached, ...] = ()
    profile: int | None = None
    match: dict[str, Any] | None = None
    at: datetime | None = None
    id: str | None = None
    message: str = ""
    url: str = ""
    properties: dict[str, Any] = {}


class GoalFiguresOut(msgspec.Struct, frozen=True):
    """What happened with each goal of a database lately."""

    items: list[GoalFigures]


def _sent(data: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}


class GoalController(Controller):
    """What visitors and customers shall do, and that they did."""

    path = "/goals"
    tags = ("Goals",)

    @get("/", opt={"right": "events:read"}, summary="List goals")
    async def list_goals(
        self,
        tx: Tx,
        page: PageParams,
        database: Annotated[int | None, QueryParameter(name="database")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="Those that are archived")] = False,
    ) -> Page[Goal]:
        """Return a page of goals, sorted by ``name``, ``key`` or ``created_at``."""
        return await service.list_goals(tx, page, database_id=database, archived=archived)

    @post("/", dto=Strict[GoalIn], return_dto=None, opt={"right": "events:create"}, summary="Define a goal")
    async def create_goal(self, tx: Tx, actor: Actor, data: GoalIn) -> Goal:
        """Define a goal of a database."""
        values = _sent(data)
        return await service.create_goal(tx, actor, values.pop("database_id"), values)

    @get("/figures", opt={"right": "events:read"}, summary="How often goals were reached lately")
    async def figures(self, tx: Tx, database: Annotated[int, QueryParameter(name="database")]) -> GoalFiguresOut:
        """Return how often each goal of a database was reached in the last 7 and 30 days."""
        return GoalFiguresOut(await service.figures(tx, database))

    @post(
        "/register",
        dto=Strict[GoalsIn],
        return_dto=None,
        status_code=202,
        opt={"right": "events:create"},
        summary="Say that a goal was reached",
    )
    async def register(self, engines: Engines, actor: Actor, data: GoalsIn) -> GoalsRegistered:
        """Write ``goal.reached`` for one goal or several, at once; the answer comes when it is durable."""
        if (data.goal is None) == (not data.goals):
            raise invalid_field("/goal", "Give either goal or goals")
        if len(data.goals) > 100 or len({one.goal for one in data.goals}) < len(data.goals):
            raise invalid_field("/goals", "100 goals at most, each once")
        if len(data.message) > rules.MAX_TOKEN or len(data.url) > rules.MAX_URL:
            raise invalid_field("/message" if len(data.message) > rules.MAX_TOKEN else "/url", "This is too long")
        reached = [
            Reached(goal=goal, value=value, message=data.message, url=data.url, properties=data.properties)
            for goal, value in [(one.goal, one.value) for one in data.goals] or [(data.goal or "", data.value)]
        ]
        whose = Whose(data.profile, data.match)
        return await register(
            own_events(engines), engines, actor, data.database, whose, reached, id_=data.id, at=data.at
        )

    @get("/{goal_id:int}", opt={"right": "events:read"}, summary="Read a goal")
    async def get_goal(self, tx: Tx, goal_id: FromPath[int]) -> Goal:
        """Return a goal, archived or not."""
        return await service.get_goal(tx, goal_id)

    @patch(
        "/{goal_id:int}",
        dto=Strict[GoalPatch],
        return_dto=None,
        opt={"right": "events:update"},
        summary="Change a goal",
    )
    async def change_goal(self, tx: Tx, actor: Actor, goal_id: FromPath[int], data: GoalPatch) -> Goal:
        """Change what is sent; it holds from now on."""
        return await service.change_goal(tx, actor, goal_id, _sent(data))

    @post("/{goal_id:int}/archive", opt={"right": "events:delete"}, status_code=200, summary="Archive a goal")
    async def archive(self, tx: Tx, actor: Actor, goal_id: FromPath[int]) -> Goal:
        """It cannot be reached any more; its history and its place in reports stay."""
        return await service.archive_goal(tx, actor, goal_id, archived=True)

    @post("/{goal_id:int}/restore", opt={"right": "events:delete"}, status_code=200, summary="Restore a goal")
    async def restore(self, tx: Tx, actor: Actor, goal_id: FromPath[int]) -> Goal:
        """Take an archived goal back."""
        return await service.archive_goal(tx, actor, goal_id, archived=False)
