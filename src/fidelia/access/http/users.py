"""Routes of users and roles."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..model import UserOut
from ..rules import AREAS, ROLES, VERBS
from ..service import users as service
from ..store.users import role_counts
from .auth import SessionList, Text
from .guards import current_session


class UserIn(Body, frozen=True):
    """A new user. Without a name the address is shown; without a password one is generated and returned once."""

    email: Text
    roles: list[str]
    name: Text | None = None
    password: Text | None = None


class UserPatch(Body, frozen=True):
    """What to change of a user."""

    email: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    roles: list[str] | UnsetType = UNSET


class PasswordIn(Body, frozen=True):
    """A new password; null generates one and returns it once."""

    password: Text | None = None


class UserCreated(msgspec.Struct, frozen=True):
    """A user, and the generated password if none was given; it is not shown again."""

    user: UserOut
    password: str | None


class RoleOut(msgspec.Struct, frozen=True):
    """A role, what it may do, and how many users hold it."""

    name: str
    title: str
    description: str
    rights: list[str]
    users: int


class AreaOut(msgspec.Struct, frozen=True):
    """A part of the platform and the verbs its rights distinguish: a right is written ``area:verb``."""

    name: str
    title: str
    verbs: list[str]


class RolesOut(msgspec.Struct, frozen=True):
    """The whole table of rights."""

    items: list[RoleOut]
    areas: list[AreaOut]
    verbs: dict[str, str]


class RoleController(Controller):
    """The table of rights."""

    path = "/roles"
    tags = ("Users",)

    @get("/", opt={"signed_in": True}, summary="Roles and their rights")
    async def list_roles(self, tx: Tx, actor: Actor) -> RolesOut:
        """Return every role with its rights; how many hold it is told to those who may see users."""
        counts = await role_counts(tx) if actor.may("users:read") else {}
        roles = [
            RoleOut(name, role.title, role.description, sorted(role.rights), counts.get(name, 0))
            for name, role in ROLES.items()
        ]
        areas = [AreaOut(name, area.title, list(area.verbs)) for name, area in AREAS.items()]
        return RolesOut(roles, areas, dict(VERBS))


class UserController(Controller):
    """Users and their sessions."""

    path = "/users"
    tags = ("Users",)

    @get("/", opt={"right": "users:read"}, summary="List users")
    async def list_users(
        self,
        tx: Tx,
        page: PageRequest,
        role: Annotated[str | None, QueryParameter(name="role", description="Only holders of this role")] = None,
        disabled: Annotated[
            bool | None, QueryParameter(name="disabled", description="Only disabled ones, or none")
        ] = None,
    ) -> Page[UserOut]:
        """Return a page of users."""
        return await service.list_users(tx, page, role=role, disabled=disabled)

    @post(
        "/",
        dto=Strict[UserIn],
        return_dto=None,
        opt={"right": "users:create", "secret": "password"},
        summary="Add a user",
    )
    async def create_user(self, tx: Tx, actor: Actor, data: UserIn) -> UserCreated:
        """Add a user; a generated password is in this reply only."""
        user, password = await service.create_user(
            tx, actor, email=data.email, name=data.name, roles=data.roles, password=data.password
        )
        return UserCreated(user, password)

    @get("/{user_id:int}", opt={"right": "users:read"}, summary="Read a user")
    async def get_user(self, tx: Tx, user_id: FromPath[int]) -> UserOut:
        """Return one user."""
        return await service.get_user(tx, user_id)

    @patch(
        "/{user_id:int}", dto=Strict[UserPatch], return_dto=None, opt={"right": "users:update"}, summary="Change a user"
    )
    async def change_user(self, tx: Tx, actor: Actor, user_id: FromPath[int], data: UserPatch) -> UserOut:
        """Change address, name or roles."""
        return await service.change_user(
            tx,
            actor,
            user_id,
            email=None if data.email is UNSET else data.email,
            name=None if data.name is UNSET else data.name,
            roles=None if data.roles is UNSET else data.roles,
        )

    @post("/{user_id:int}/disable", opt={"right": "users:delete"}, status_code=200, summary="Close a sign-in")
    async def disable_user(self, tx: Tx, actor: Actor, user_id: FromPath[int]) -> UserOut:
        """Close a user's sign-in and end the sessions; what the user made stays."""
        return await service.disable_user(tx, actor, user_id)

    @post("/{user_id:int}/enable", opt={"right": "users:update"}, status_code=200, summary="Open a closed sign-in")
    async def enable_user(self, tx: Tx, actor: Actor, user_id: FromPath[int]) -> UserOut:
        """Let a disabled user sign in again."""
        return await service.enable_user(tx, actor, user_id)

    @post(
        "/{user_id:int}/password",
        dto=Strict[PasswordIn],
        return_dto=None,
        opt={"right": "users:update", "secret": "password"},
        status_code=200,
        summary="Set a user's password",
    )
    async def set_password(self, tx: Tx, actor: Actor, user_id: FromPath[int], data: PasswordIn) -> UserCreated:
        """Set or generate a password and end the user's sessions."""
        user, password = await service.set_password(tx, actor, user_id, data.password)
        return UserCreated(user, password)

    @get("/{user_id:int}/sessions", opt={"right": "users:read"}, summary="A user's open sessions")
    async def list_sessions(self, request: Request[Any, Any, Any], tx: Tx, user_id: FromPath[int]) -> SessionList:
        """List where a user is signed in."""
        return SessionList(await service.list_sessions(tx, user_id, current_session(request)))

    @delete("/{user_id:int}/sessions", opt={"right": "users:update"}, status_code=204, summary="End a user's sessions")
    async def end_sessions(self, tx: Tx, actor: Actor, user_id: FromPath[int]) -> None:
        """Sign a user out everywhere."""
        await service.end_sessions(tx, actor, user_id)

    @delete(
        "/{user_id:int}/sessions/{session_id:int}",
        opt={"right": "users:update"},
        status_code=204,
        summary="End one session of a user",
    )
    async def end_session(self, tx: Tx, actor: Actor, user_id: FromPath[int], session_id: FromPath[int]) -> None:
        """Sign a user out in one place."""
        await service.end_sessions(tx, actor, user_id, only=session_id)
