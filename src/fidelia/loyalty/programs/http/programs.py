"""Routes of programs themselves: make, change, activate, copy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from ..model import Audience, ClawBack, Mode, PriceBase, Program, ProgramState
from ..service import manage
from ..service.manage import Settings
from ..store import parts
from ..store import programs as store

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Word = Annotated[str, msgspec.Meta(max_length=100)]


class ProgramIn(Body, frozen=True):
    """A new program. Database and external id stay as chosen here; the latter is made of the name if need be."""

    name: Text
    database_id: int
    external_id: Word | None = None
    description: Text = ""
    audience: Audience = "everybody"
    segment_id: int | None = None
    claw_back: ClawBack = "allow_negative"


class ProgramPatch(Body, frozen=True):
    """What is to be changed; ``version`` is the one that was read, to notice somebody else's change."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    segment_id: int | UnsetType | None = UNSET
    claw_back: ClawBack | UnsetType = UNSET
    version: int | UnsetType = UNSET


class ProgramClone(Body, frozen=True):
    """The name of the copy."""

    name: Text | None = None


class ProgramSetup(msgspec.Struct, frozen=True):
    """How far a program has been made: how many kinds of points, level groups and partners it has."""

    points: int
    level_groups: int
    partners: int


class ProgramOut(msgspec.Struct, frozen=True, kw_only=True):
    """A program as it stands. ``mode`` and ``base`` say how promotions are weighed."""

    id: int
    database_id: int
    database_name: str
    timezone: str
    external_id: str
    name: str
    description: str
    state: ProgramState
    audience: Audience
    segment_id: int | None
    segment_name: str | None
    mode: Mode
    base: PriceBase
    claw_back: ClawBack
    setup: ProgramSetup
    version: int
    activated_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ProgramActivated(msgspec.Struct, frozen=True):
    """The program at work, and the job that lets its members in."""

    program: ProgramOut
    job: JobRef


class ProgramController(Controller):
    """Loyalty programs: one active a database, with points, levels, partners and promotions."""

    path = "/loyalty/programs"
    tags = ("Loyalty",)

    @get("/", opt={"right": "loyalty:read"}, summary="List programs")
    async def list_programs(
        self,
        tx: Tx,
        page: PageRequest,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
    ) -> Page[ProgramOut]:
        """Return a page; sort by name, state, created_at, updated_at or id."""
        found = await manage.page(tx, page, archived=archived, database_id=database)
        return Page([await shown(tx, item) for item in found.items], found.next_cursor, found.total)

    @post("/", dto=Strict[ProgramIn], return_dto=None, opt={"right": "loyalty:create"}, summary="Make a program")
    async def create(self, tx: Tx, actor: Actor, data: ProgramIn) -> ProgramOut:
        """Store a draft; nobody is in it before it is activated."""
        settings = Settings(**{name: getattr(data, name) for name in Settings.__struct_fields__})
        return await shown(tx, await manage.create(tx, actor, data.database_id, settings, data.external_id))

    @get("/{program_id:int}", opt={"right": "loyalty:read"}, summary="Read a program")
    async def one(self, tx: Tx, program_id: FromPath[int]) -> ProgramOut:
        """Return a program."""
        return await shown(tx, await store.get(tx, program_id))

    @patch(
        "/{program_id:int}",
        dto=Strict[ProgramPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change a program",
    )
    async def change(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: ProgramPatch) -> ProgramOut:
        """Change what is given. A wider audience lets people in by a job; nobody leaves by a narrower one."""
        wanted = manage.Change(**{name: getattr(data, name) for name in ProgramPatch.__struct_fields__})
        return await shown(tx, await manage.change(tx, actor, program_id, wanted))

    @delete("/{program_id:int}", status_code=204, opt={"right": "loyalty:delete"}, summary="Archive a program")
    async def archive(self, tx: Tx, actor: Actor, program_id: FromPath[int]) -> None:
        """Put a program away with all it knows of its members. 409 while it is active."""
        await manage.archive(tx, actor, program_id)

    @post(
        "/{program_id:int}/restore",
        status_code=200,
        opt={"right": "loyalty:delete"},
        summary="Bring an archived program back",
    )
    async def restore(self, tx: Tx, actor: Actor, program_id: FromPath[int]) -> ProgramOut:
        """Bring a program back; it rests until it is activated."""
        return await shown(tx, await manage.restore(tx, actor, program_id))

    @post(
        "/{program_id:int}/clone",
        dto=Strict[ProgramClone],
        return_dto=None,
        opt={"right": "loyalty:create"},
        summary="Copy a program",
    )
    async def clone(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: ProgramClone) -> ProgramOut:
        """Copy a program as a draft with its points, levels and partners; members stay where they are."""
        return await shown(tx, await manage.clone(tx, actor, program_id, data.name))

    @post("/{program_id:int}/activate", status_code=200, opt={"right": "loyalty:run"}, summary="Activate a program")
    async def activate(self, tx: Tx, actor: Actor, program_id: FromPath[int]) -> ProgramActivated:
        """Set a program to work; a job lets its members in. 409 while another of the database is active."""
        found, job = await manage.activate(tx, actor, program_id)
        return ProgramActivated(await shown(tx, found), job)

    @post("/{program_id:int}/deactivate", status_code=200, opt={"right": "loyalty:run"}, summary="Deactivate a program")
    async def deactivate(self, tx: Tx, actor: Actor, program_id: FromPath[int]) -> ProgramOut:
        """Let a program rest: points and levels stay, nobody comes in, nothing is earned."""
        return await shown(tx, await manage.deactivate(tx, actor, program_id))


async def shown(tx: Tx, program: Program) -> ProgramOut:
    """Return a program as the API tells of it."""
    database = await profiles.get_database(tx, program.database_id)
    return ProgramOut(
        **{name: getattr(program, name) for name in Program.__struct_fields__},
        database_name=database.name,
        timezone=database.timezone,
        segment_name=await manage.segment_name(tx, program),
        setup=ProgramSetup(
            points=len(await parts.point_types(tx, program.id)),
            level_groups=len(await parts.level_groups(tx, program.id)),
            partners=len(await parts.partners(tx, program.id)),
        ),
    )
